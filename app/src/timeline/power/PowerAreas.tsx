/** The power of the sources as stacked areas inside the band of lowest to highest, and utilization as a line. */
import { AreaClosed, AreaStack, LinePath } from '@visx/shape'
import { scaleLinear } from '@visx/scale'
import { memo, useMemo } from 'react'
import type { Viewport } from '../../model/view-state.ts'
import type { PowerAnswer } from '../../model/answers.ts'
import { powerPicture, type PowerPoint } from './power-picture.ts'

const HEIGHT_PX = 72
/** Room for the label of the scale. */
const TOP_PX = 4

export interface PowerAreasProps {
  readonly power: PowerAnswer
  readonly viewport: Viewport
  readonly topW: number
  /** Share of the view before the playhead, from the left. */
  readonly knownShare: number
}

/** The paths have parts of the answer as units and are stretched, so that panning redraws nothing. */
export function PowerAreas({ power, viewport, topW, knownShare }: PowerAreasProps) {
  const parts = power.sources[0]?.meanW.length ?? 0
  const partS = (power.endS - power.startS) / Math.max(parts, 1)
  const from = (viewport.startS - power.startS) / partS
  const width = (viewport.endS - viewport.startS) / partS
  if (parts === 0 || !(width > 0)) return null
  return (
    <svg
      aria-hidden="true"
      viewBox={`${from} 0 ${width} ${HEIGHT_PX}`}
      preserveAspectRatio="none"
      style={knownShare < 1 ? { clipPath: `inset(0 ${(1 - knownShare) * 100}% 0 0)` } : undefined}
    >
      <PowerShapes power={power} topW={topW} />
    </svg>
  )
}

const PowerShapes = memo(function PowerShapes({
  power,
  topW,
}: Pick<PowerAreasProps, 'power' | 'topW'>) {
  const picture = useMemo(() => powerPicture(power), [power])
  const keys = useMemo(() => power.sources.map((_, at) => at), [power])
  const yScale = scaleLinear<number>({ domain: [0, topW], range: [HEIGHT_PX, TOP_PX] })
  const pctScale = scaleLinear<number>({ domain: [0, 100], range: [HEIGHT_PX - 1, TOP_PX] })
  const xOf = ({ part }: { readonly part: number }): number => part + 0.5
  return (
    <>
      {picture.pieces.map((piece) => (
        <g key={piece[0]!.part}>
          <AreaClosed<PowerPoint>
            data={widened(piece)}
            x={xOf}
            y0={({ lowestW }) => yScale(lowestW)}
            y1={({ highestW }) => yScale(highestW)}
            yScale={yScale}
            className="power-band"
          />
          <AreaStack<PowerPoint, number>
            data={widened(piece)}
            keys={keys}
            value={(point, key) => point.watts[key] || 0}
            x={(point) => xOf(point.data)}
            y0={(point) => yScale(point[0])}
            y1={(point) => yScale(point[1])}
          >
            {({ stacks, path }) =>
              stacks.map((stack) => (
                <path
                  key={stack.key}
                  d={path(stack) ?? ''}
                  className={`power-area source-${stack.index % 4}`}
                />
              ))
            }
          </AreaStack>
        </g>
      ))}
      {picture.utilization.map((piece) => (
        <LinePath
          key={piece[0]!.part}
          data={[...piece]}
          x={xOf}
          y={({ pct }) => pctScale(pct)}
          className="power-load"
        />
      ))}
    </>
  )
})

/** Extends a piece to the edges of its parts, so that a single part is visible, too. */
function widened(piece: readonly PowerPoint[]): PowerPoint[] {
  const first = piece[0]!
  const last = piece.at(-1)!
  return [{ ...first, part: first.part - 0.5 }, ...piece, { ...last, part: last.part + 0.5 }]
}
