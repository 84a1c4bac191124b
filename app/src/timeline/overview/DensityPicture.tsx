/** How dense each kind is along the whole run, and where errors are: the picture in the overview. */
import { AreaStack } from '@visx/shape'
import { memo, useMemo } from 'react'
import type { Density } from './density.ts'

const STRIP_HEIGHT_PX = 56
/** Errors have the top of the strip, density the rest. */
const ERRORS_PX = 6

interface PictureProps {
  readonly density: Density
  readonly firstS: number
  readonly wholeS: number
}

/** Drawn in bins; the strip's box stretches it, so that a growing run redraws nothing. */
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
      viewBox={`${fromBin} 0 ${bins} ${STRIP_HEIGHT_PX}`}
      preserveAspectRatio="none"
    >
      <DensityAreas density={density} />
    </svg>
  )
})

const DensityAreas = memo(function DensityAreas({ density }: { density: Density }) {
  const { bins, series, highest } = density
  const keys = useMemo(() => series.map((_, at) => at), [series])
  const heightPx = STRIP_HEIGHT_PX - ERRORS_PX - 2
  // To a tenth of a pixel: a path is text, and its digits are most of what the strip costs.
  const yOf = (value: number): number =>
    Math.round((STRIP_HEIGHT_PX - (value / highest) * heightPx) * 10) / 10
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
