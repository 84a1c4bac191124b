/**
 * The time axis above the canvas. Dragging along it moves the playhead, as on a video's ruler; the
 * keyboard does the same with the arrows, page-wide.
 */
import { AxisTop, type TickRendererProps } from '@visx/axis'
import { scaleLinear } from '@visx/scale'
import { memo, useEffect, useLayoutEffect, useMemo, useRef, type PointerEvent } from 'react'
import type { Frames } from '../store/frame.ts'
import type { TimelineEngine } from './engine.ts'
import { snapPx, timeToPx } from './space.ts'
import { CHAR_PX } from './ticks.ts'
import { useFramed } from './use-framed.ts'

export interface TimeAxisProps {
  readonly engine: TimelineEngine
  readonly frames: Frames
  readonly onSeek: (timeS: number) => void
}

const HEIGHT_PX = 24
const LABEL_LEFT_PX = 5

export function TimeAxis({ engine, frames, onSeek }: TimeAxisProps) {
  const picture = useFramed(frames, () => pictureOf(engine), areSame)
  const ticks = useRef<HTMLDivElement>(null)
  // The picture of the ticks keeps its place in time; to slide it, nothing is rendered or painted.
  const slide = (): void => {
    // On whole device pixels, or the text would be blurred.
    const anchorPx = snapPx(timeToPx(engine.scale(), picture.anchorS), engine.deviceRatio)
    if (ticks.current !== null) ticks.current.style.transform = `translateX(${anchorPx}px)`
  }
  useLayoutEffect(slide)
  useEffect(() => frames.onFrame(slide))
  const dragging = useRef(false)
  const seek = (event: PointerEvent<HTMLElement>): void => {
    const left = event.currentTarget.getBoundingClientRect().left
    onSeek(engine.timeAt(Math.min(Math.max(event.clientX - left, 0), engine.widthPx)))
  }
  return (
    <div
      className="timeline-axis"
      style={{ width: picture.widthPx }}
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
      <div ref={ticks} className="timeline-ticks">
        <Ticks {...picture} />
      </div>
      <PlayheadHandle engine={engine} frames={frames} />
    </div>
  )
}

/** Seconds since the run's start (Unix seconds would lose microseconds), and what stands there. */
type Label = readonly [sinceOriginS: number, text: string]

/** The ticks as seen from the first one, which a view that slides moves as a whole. */
interface Picture {
  readonly labels: readonly Label[]
  readonly pxPerS: number
  readonly widthPx: number
  /** Where the first tick stands, Unix seconds. */
  readonly anchorS: number
}

function pictureOf(engine: TimelineEngine): Picture {
  const scale = engine.scale()
  const { pxPerS, widthPx } = scale
  const { firstS } = engine.columns
  const originS = Number.isNaN(firstS) ? scale.originS : firstS
  const ticks = engine.ticks()
  const labels = ticks.map(({ timeS, label }): Label => {
    const rightPx = timeToPx(scale, timeS) + LABEL_LEFT_PX + label.length * CHAR_PX
    // Half a label says nothing.
    return [timeS - originS, rightPx <= widthPx ? label : '']
  })
  return { labels, pxPerS, widthPx, anchorS: ticks[0]?.timeS ?? scale.originS }
}

/** A width that only rounding has changed is the same: it moves no tick by a thousandth of a pixel. */
const SAME_WIDTH = 1e-7

function areSame(before: Picture, now: Picture): boolean {
  if (Math.abs(before.pxPerS - now.pxPerS) > now.pxPerS * SAME_WIDTH) return false
  if (before.widthPx !== now.widthPx || before.labels.length !== now.labels.length) return false
  return now.labels.every(([timeS, text], at) => {
    const label = before.labels[at]
    return label !== undefined && label[0] === timeS && label[1] === text
  })
}

const Ticks = memo(function Ticks({ labels, pxPerS, widthPx }: Picture) {
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
        tickComponent={TickLabel}
        tickLineProps={TICK_LINE}
      />
    </svg>
  )
})

/**
 * Beside the tick, not centred on it: the label's left edge stands still while its digits change.
 * A plain text, since visx's own measures itself, for which the whole page is laid out.
 */
function TickLabel({ x, y, formattedValue }: TickRendererProps) {
  return (
    <text className="timeline-tick-label" x={x + LABEL_LEFT_PX} y={y}>
      {formattedValue}
    </text>
  )
}

const TICK_LINE = {
  stroke: 'var(--line-strong)',
  strokeWidth: 1,
  shapeRendering: 'crispEdges',
} as const

function PlayheadHandle({ engine, frames }: Pick<TimeAxisProps, 'engine' | 'frames'>) {
  const atPx = useFramed(frames, () => playheadPx(engine))
  if (atPx === undefined) return null
  return (
    <svg width={engine.widthPx} height={HEIGHT_PX}>
      <path className="timeline-playhead" d={handlePath(atPx)} />
    </svg>
  )
}

/** Where the playhead stands; undefined while it is not seen. */
function playheadPx(engine: TimelineEngine): number | undefined {
  const { playheadS } = engine.facts
  if (playheadS === undefined) return undefined
  const atPx = Math.round(timeToPx(engine.scale(), playheadS))
  return atPx >= 0 && atPx <= engine.widthPx ? atPx : undefined
}

/** A pentagon that points down at the playhead. */
function handlePath(x: number): string {
  return `M${x - 5} ${HEIGHT_PX - 13}h10v7l-5 6l-5 -6z`
}
