/**
 * Power under the Gantt, on the same time: an area a source, stacked, with the band between the
 * lowest and the highest around it, and utilisation as a line. Resting on it reads an instant,
 * dragging selects a range.
 */
import { formatWatts } from '@wattline/trace'
import { AreaStack, AreaClosed, LinePath } from '@visx/shape'
import { scaleLinear } from '@visx/scale'
import { memo, useMemo, useRef, useState, type PointerEvent } from 'react'
import type { Viewport } from '../store/view-state.ts'
import { exactTime } from '../timeline/ticks.ts'
import { visible } from '../ui/visible.ts'
import type { EnergyFacts, PowerAnswer } from '../worker/protocol.ts'
import { powerPicture, readingAt, scaleTopW, type PowerPoint } from './power-picture.ts'
import { usePower, type AskPower } from './use-power.ts'
import './power.css'

const HEIGHT_PX = 72
/** Room for the figure of the scale's top. */
const TOP_PX = 4
/** A shorter drag is a click. */
const DRAG_PX = 3

export interface PowerTrackProps {
  readonly energy: EnergyFacts
  readonly ask: AskPower
  readonly viewport: Viewport
  readonly widthPx: number
  readonly playheadS: number | undefined
  readonly clock: 'relative' | 'absolute'
  readonly originS: number
  readonly onRange: (range: Viewport | undefined) => void
  readonly onOffset: (file: number, offsetS: number) => void
}

export function PowerTrack(props: PowerTrackProps) {
  const { energy, viewport, widthPx, playheadS, clock, originS } = props
  const power = usePower(props.ask, viewport, widthPx, energy)
  const [pointerS, setPointer] = useState<number>()
  const drag = useRef<{ fromS: number; fromX: number } | undefined>(undefined)
  const wholeS = viewport.endS - viewport.startS
  const topW = scaleTopW(energy.sources.map(({ peakW }) => peakW))

  const timeOf = (event: PointerEvent): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return viewport.startS + ((event.clientX - left) / Math.max(width, 1)) * wholeS
  }
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { fromS: timeOf(event), fromX: event.clientX }
  }
  const move = (event: PointerEvent): void => {
    const timeS = timeOf(event)
    setPointer(timeS)
    if (drag.current === undefined || Math.abs(event.clientX - drag.current.fromX) < DRAG_PX) return
    const { fromS } = drag.current
    props.onRange({ startS: Math.min(fromS, timeS), endS: Math.max(fromS, timeS) })
  }
  const end = (event: PointerEvent): void => {
    const isClick = Math.abs(event.clientX - (drag.current?.fromX ?? 0)) < DRAG_PX
    if (drag.current !== undefined && isClick) props.onRange(undefined)
    drag.current = undefined
  }

  const atS = pointerS ?? playheadS
  const reading = power === undefined || atS === undefined ? undefined : readingAt(power, atS)
  const at = atS === undefined ? undefined : (atS - viewport.startS) / wholeS
  return (
    <>
      <PowerRail {...props} power={power} reading={reading} />
      <div
        className="power-track"
        role="img"
        aria-label={spoken(energy, reading?.totalW)}
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={() => (drag.current = undefined)}
        onPointerLeave={() => setPointer(undefined)}
      >
        {power !== undefined && <PowerSvg power={power} viewport={viewport} topW={topW} />}
        <span className="power-top" aria-hidden="true">
          {formatWatts(topW)}
        </span>
        {at !== undefined && at >= 0 && at <= 1 && (
          <>
            <i className="power-cursor" style={{ left: `${at * 100}%` }} />
            <output
              className={`power-reading ${at > 0.7 ? 'before' : ''}`}
              style={{ left: `${at * 100}%` }}
            >
              <strong>
                {reading?.totalW === undefined ? 'not known' : formatWatts(reading.totalW)}
              </strong>
              {reading?.utilizationPct !== undefined &&
                ` · ${Math.round(reading.utilizationPct)} %`}
              {atS !== undefined && <span> {exactTime(atS, clock, originS)}</span>}
            </output>
          </>
        )}
      </div>
    </>
  )
}

function spoken({ sources }: EnergyFacts, totalW: number | undefined): string {
  const names = sources.map(({ name }) => visible(name)).join(', ')
  const now = totalW === undefined ? '' : `, ${formatWatts(totalW)} at the cursor`
  return `Power of ${names}${now}`
}

interface RailProps extends PowerTrackProps {
  readonly power: PowerAnswer | undefined
  readonly reading: { readonly watts: readonly number[] } | undefined
}

/** Which source is which, what each uses at the cursor, and how far a file's clock is off. */
function PowerRail({ energy, reading, onOffset }: RailProps) {
  return (
    <div className="power-rail">
      <h2 className="power-title">Power</h2>
      <ul>
        {energy.sources.map(({ name, peakW }, at) => {
          const watts = reading?.watts[at]
          const isKnown = watts !== undefined && !Number.isNaN(watts)
          return (
            <li key={name} title={`${name}: up to ${formatWatts(peakW)}`}>
              <i className={`power-swatch source-${at % 4}`} aria-hidden="true" />
              <span className="power-name">{visible(name)}</span>
              <span className="power-watts">{isKnown ? formatWatts(watts) : ''}</span>
            </li>
          )
        })}
        {energy.files.map(({ name, offsetS }, file) => (
          <li key={`${name} ${file}`} className="power-file">
            <label>
              <span className="power-name" title={name}>
                {visible(name)} shifted by
              </span>
              <input
                type="number"
                step={0.1}
                value={offsetS}
                onChange={(event) => {
                  const next = event.target.valueAsNumber
                  if (Number.isFinite(next)) onOffset(file, next)
                }}
              />
              s
            </label>
          </li>
        ))}
      </ul>
    </div>
  )
}

interface SvgProps {
  readonly power: PowerAnswer
  readonly viewport: Viewport
  readonly topW: number
}

/** Drawn in the answer's own parts; the box stretches it, so that panning redraws nothing. */
function PowerSvg({ power, viewport, topW }: SvgProps) {
  const parts = power.sources[0]?.meanW.length ?? 0
  const partS = (power.endS - power.startS) / Math.max(parts, 1)
  const from = (viewport.startS - power.startS) / partS
  const width = (viewport.endS - viewport.startS) / partS
  if (parts === 0 || !(width > 0)) return null
  return (
    <svg aria-hidden="true" viewBox={`${from} 0 ${width} ${HEIGHT_PX}`} preserveAspectRatio="none">
      <PowerShapes power={power} topW={topW} />
    </svg>
  )
}

const PowerShapes = memo(function PowerShapes({ power, topW }: Omit<SvgProps, 'viewport'>) {
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

/** A piece reaches from edge to edge of its parts, so that a single part is seen, too. */
function widened(piece: readonly PowerPoint[]): PowerPoint[] {
  const first = piece[0]!
  const last = piece.at(-1)!
  return [{ ...first, part: first.part - 0.5 }, ...piece, { ...last, part: last.part + 0.5 }]
}
