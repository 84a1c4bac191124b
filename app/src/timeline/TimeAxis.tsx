/**
 * The time axis above the canvas. Dragging along it moves the playhead, as on a video's ruler; the
 * keyboard does the same with the arrows, page-wide.
 */
import { AxisTop } from '@visx/axis'
import { scaleLinear } from '@visx/scale'
import { useMemo, useRef, type PointerEvent } from 'react'
import type { Viewport } from '../store/view-state.ts'
import { CHAR_PX, type Tick } from './ticks.ts'

export interface TimeAxisProps {
  readonly ticks: readonly Tick[]
  readonly viewport: Viewport
  /** The run's start, Unix seconds. */
  readonly originS: number
  readonly widthPx: number
  readonly playheadS: number | undefined
  readonly onSeek: (timeS: number) => void
}

const HEIGHT_PX = 24
const LABEL_LEFT_PX = 5

export function TimeAxis(props: TimeAxisProps) {
  const { ticks, viewport, widthPx, playheadS, onSeek } = props
  const { startS, endS } = viewport
  const originS = Number.isNaN(props.originS) ? startS : props.originS
  // visx sees seconds since the run's start: Unix seconds would lose microseconds, and seconds
  // from the left edge would make every tick a new one in every frame.
  const scale = useMemo(
    () => scaleLinear<number>({ domain: [startS - originS, endS - originS], range: [0, widthPx] }),
    [startS, endS, originS, widthPx],
  )
  const labels = new Map(
    ticks.map(({ timeS, label }) => {
      const xPx = scale(timeS - originS)
      // Half a label says nothing.
      const fits = xPx + LABEL_LEFT_PX + label.length * CHAR_PX <= widthPx
      return [timeS - originS, fits ? label : '']
    }),
  )
  const dragging = useRef(false)
  const seek = (event: PointerEvent<SVGSVGElement>): void => {
    const left = event.currentTarget.getBoundingClientRect().left
    const fraction = Math.min(Math.max((event.clientX - left) / Math.max(widthPx, 1), 0), 1)
    onSeek(startS + fraction * (endS - startS))
  }
  return (
    <svg
      className="timeline-axis"
      width={widthPx}
      height={HEIGHT_PX}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        dragging.current = true
        seek(event)
      }}
      onPointerMove={(event) => {
        if (dragging.current) seek(event)
      }}
      onPointerUp={() => {
        dragging.current = false
      }}
      onPointerCancel={() => {
        dragging.current = false
      }}
    >
      <AxisTop
        top={HEIGHT_PX}
        scale={scale}
        tickValues={[...labels.keys()]}
        tickFormat={(value) => labels.get(Number(value)) ?? ''}
        tickLength={8}
        hideAxisLine
        tickLabelProps={TICK_LABEL}
        tickLineProps={TICK_LINE}
      />
      {playheadS !== undefined && playheadS >= startS && playheadS <= endS ? (
        <path className="timeline-playhead" d={handlePath(scale(playheadS - originS))} />
      ) : null}
    </svg>
  )
}

/** Beside the tick, not centred on it: the label's left edge stands still while its digits change. */
const TICK_LABEL = {
  dx: LABEL_LEFT_PX,
  dy: '-0.05em',
  fontSize: 'var(--text-axis)',
  fontFamily: 'var(--font)',
  textAnchor: 'start',
  fill: 'var(--text-muted)',
} as const

const TICK_LINE = {
  stroke: 'var(--line-strong)',
  strokeWidth: 1,
  shapeRendering: 'crispEdges',
} as const

/** A pentagon that points down at the playhead. */
function handlePath(xPx: number): string {
  const x = Math.round(xPx)
  return `M${x - 5} ${HEIGHT_PX - 13}h10v7l-5 6l-5 -6z`
}
