/**
 * The time axis above the canvas. Dragging along it moves the playhead, as on a video's ruler; the
 * keyboard does the same with the arrows, page-wide.
 */
import { AxisTop } from '@visx/axis'
import { scaleLinear } from '@visx/scale'
import { memo, useMemo, useRef, type PointerEvent } from 'react'
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
  const pxPerS = widthPx / (endS - startS)
  const anchorS = ticks[0]?.timeS ?? startS
  const anchorPx = (anchorS - startS) * pxPerS
  const labels = ticks.map(({ timeS, label }): Label => {
    const fromAnchorPx = (timeS - anchorS) * pxPerS
    // Half a label says nothing.
    const fits = anchorPx + fromAnchorPx + LABEL_LEFT_PX + label.length * CHAR_PX <= widthPx
    return [timeS - originS, fits ? label : '']
  })
  const dragging = useRef(false)
  const seek = (event: PointerEvent<HTMLElement>): void => {
    const left = event.currentTarget.getBoundingClientRect().left
    const fraction = Math.min(Math.max((event.clientX - left) / Math.max(widthPx, 1), 0), 1)
    onSeek(startS + fraction * (endS - startS))
  }
  return (
    <div
      className="timeline-axis"
      style={{ width: widthPx }}
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
      <div className="timeline-ticks" style={{ transform: `translateX(${anchorPx}px)` }}>
        <Ticks labels={labels} pxPerS={pxPerS} widthPx={widthPx} />
      </div>
      {playheadS !== undefined && playheadS >= startS && playheadS <= endS ? (
        <svg width={widthPx} height={HEIGHT_PX}>
          <path className="timeline-playhead" d={handlePath((playheadS - startS) * pxPerS)} />
        </svg>
      ) : null}
    </div>
  )
}

/** Seconds since the run's start (Unix seconds would lose microseconds), and what stands there. */
type Label = readonly [sinceOriginS: number, text: string]

interface TicksProps {
  readonly labels: readonly Label[]
  readonly pxPerS: number
  readonly widthPx: number
}

/**
 * The ticks as seen from the first one: a view that slides moves them as a picture, which lays out
 * and paints nothing again.
 */
const Ticks = memo(function Ticks({ labels, pxPerS, widthPx }: TicksProps) {
  const anchorS = labels[0]?.[0] ?? 0
  const scale = useMemo(
    () => scaleLinear<number>({ domain: [anchorS, anchorS + 1], range: [0, pxPerS] }),
    [anchorS, pxPerS],
  )
  return (
    <svg width={widthPx} height={HEIGHT_PX}>
      <AxisTop
        top={HEIGHT_PX}
        scale={scale}
        tickValues={labels.map(([timeS]) => timeS)}
        tickFormat={(_, at) => labels[at]?.[1] ?? ''}
        tickLength={8}
        hideAxisLine
        tickLabelProps={TICK_LABEL}
        tickLineProps={TICK_LINE}
      />
    </svg>
  )
}, areSame)

/** A width that only rounding has changed is the same: it moves no tick by a thousandth of a pixel. */
const SAME_WIDTH = 1e-7

function areSame(before: TicksProps, after: TicksProps): boolean {
  if (Math.abs(before.pxPerS - after.pxPerS) > after.pxPerS * SAME_WIDTH) return false
  if (before.widthPx !== after.widthPx || before.labels.length !== after.labels.length) return false
  return after.labels.every(([timeS, text], at) => {
    const label = before.labels[at]
    return label !== undefined && label[0] === timeS && label[1] === text
  })
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
