/** The picture in the minimap: work by kind as stacked areas, and a line for each bin with errors. */
import { AreaStack } from '@visx/shape'
import { memo, useMemo } from 'react'
import type { Density } from './density.ts'

const HEIGHT_PX = 56
/** Height of the error lines at the top. */
const ERRORS_PX = 6

interface PictureProps {
  readonly density: Density
  readonly firstS: number
  readonly wholeS: number
}

/** The paths have bins as units and are stretched, so that a growing extent redraws nothing. */
export const DensityPicture = memo(function DensityPicture({
  density,
  firstS,
  wholeS,
}: PictureProps) {
  const fromBin = (firstS - density.originS) / density.binS
  const bins = wholeS / density.binS
  if (!Number.isFinite(fromBin) || density.bins.length === 0) return null
  return (
    <svg
      aria-hidden="true"
      viewBox={`${fromBin} 0 ${bins} ${HEIGHT_PX}`}
      preserveAspectRatio="none"
    >
      <DensityAreas density={density} />
    </svg>
  )
})

const DensityAreas = memo(function DensityAreas({ density }: { density: Density }) {
  const { bins, series, highest } = density
  const keys = useMemo(() => series.map((_, at) => at), [series])
  const heightPx = HEIGHT_PX - ERRORS_PX - 2
  // Rounded to a tenth of a pixel: the digits of the path are most of its cost.
  const yOf = (value: number): number =>
    Math.round((HEIGHT_PX - (value / highest) * heightPx) * 10) / 10
  const errors = density.errorBins.map((bin) => `M${bin + 0.5} 0v${ERRORS_PX}`).join('')
  return (
    <>
      <g className="timeline-minimap-density">
        <AreaStack<number, number>
          data={[...bins]}
          keys={keys}
          value={(bin, key) => series[key]?.values[bin] ?? 0}
          x={(point) => point.data + 0.5}
          y0={(point) => yOf(point[0])}
          y1={(point) => yOf(point[1])}
        >
          {({ stacks, path }) =>
            stacks.map((stack) => (
              <path
                key={stack.key}
                d={path(stack) ?? ''}
                fill={`var(${series[stack.key]?.variable ?? '--text-muted'})`}
              />
            ))
          }
        </AreaStack>
      </g>
      <path className="timeline-minimap-error" d={errors} />
    </>
  )
})
