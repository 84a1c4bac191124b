/**
 * The whole run in one strip: how dense each kind is, where errors are, and which part is seen.
 * The window is a brush: drag it, drag its edges, or focus an edge and use the arrow keys. Its parts
 * are as wide as the strip and moved by transforms: a view that pans or zooms renders nothing here.
 *
 * ```
 *   before  ░░░░░░░░░░░░░░░│                 shade up to the view
 *   after                  │        │░░░░░   shade from its end on
 *   start, end             ▐        ▐        an edge each, with its grip
 *   window                 ▕▔▔▔▔▔▔▔▔▏        what is dragged, not seen
 * ```
 */
import {
  memo,
  useLayoutEffect,
  useRef,
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
} from 'react'
import type { Frames } from '../../base/frame.ts'
import type { Viewport } from '../../model/view-state.ts'
import type { Density } from './density.ts'
import { DensityPicture } from './DensityPicture.tsx'
import { panViewport, type Extent } from '../layout/coordinates.ts'
import { exactTime } from '../layout/ticks.ts'
import { useSettledValue } from '../../base/use-scheduled.ts'
import type { MinimapView } from './use-overview.ts'

export interface MinimapProps {
  readonly density: Density
  /** What the strip shows: the whole run; while that grows, in steps. */
  readonly extent: Extent
  /** The same and the view in it, now. */
  readonly read: () => MinimapView
  readonly frames: Frames
  readonly playheadS: number | undefined
  readonly clock: 'relative' | 'absolute'
  readonly onChange: (viewport: Viewport) => void
}

/** The window's edges never come closer than this share of the strip. */
const NARROWEST_SHARE = 0.002
/** A view that is narrower still is drawn as wide as this: its two grips lie beside each other. */
const NARROWEST_SEEN_SHARE = 0.004
const KEY_SHARE = 0.01
const FAST = 10

type Grip = 'start' | 'end' | 'window'

export const Minimap = memo(function Minimap(props: MinimapProps) {
  const { density, extent, read, frames, playheadS, clock, onChange } = props
  const box = useRef<HTMLDivElement>(null)
  const { before, after, window: seen, start, end } = useWindowParts(read, frames)
  /** What the edges say of themselves, which nobody reads sixty times a second. */
  const said = useSettledValue(frames, read)
  const drag = useRef<{ grip: Grip; fromX: number; from: Viewport } | undefined>(undefined)
  const wholeS = lengthS(extent)

  const timePerPx = (): number => wholeS / Math.max(box.current?.clientWidth ?? 1, 1)

  const begin = (grip: Grip, event: PointerEvent, from = read().viewport): void => {
    event.stopPropagation()
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { grip, fromX: event.clientX, from }
  }
  const beginOutside = (event: PointerEvent<HTMLDivElement>): void => {
    const { left } = event.currentTarget.getBoundingClientRect()
    const timeS = extent.firstS + (event.clientX - left) * timePerPx()
    const { viewport } = read()
    const halfS = (viewport.endS - viewport.startS) / 2
    const centred = { startS: timeS - halfS, endS: timeS + halfS }
    onChange(centred)
    begin('window', event, centred)
  }
  const move = (event: PointerEvent): void => {
    if (drag.current === undefined) return
    const { grip, fromX, from } = drag.current
    onChange(moved(from, grip, (event.clientX - fromX) * timePerPx(), extent))
  }
  const drop = (): void => {
    drag.current = undefined
  }
  const onKey = (grip: Grip, event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0) return
    // The page's own arrows move the playhead.
    event.preventDefault()
    event.stopPropagation()
    const byS = step * wholeS * KEY_SHARE * (event.shiftKey ? FAST : 1)
    onChange(moved(read().viewport, grip, byS, extent))
  }
  const edge = (grip: 'start' | 'end', timeS: number) => (
    <div ref={grip === 'start' ? start : end} className="timeline-minimap-edge">
      <div
        className="timeline-minimap-grip"
        role="slider"
        tabIndex={0}
        aria-label={grip === 'start' ? 'Start of the view' : 'End of the view'}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shareOf(said.extent, timeS) * 100)}
        aria-valuetext={exactTime(timeS, clock, extent.firstS)}
        onPointerDown={(event) => begin(grip, event)}
        onKeyDown={(event) => onKey(grip, event)}
      />
    </div>
  )
  return (
    <div
      ref={box}
      className="timeline-minimap"
      role="group"
      aria-label="MinimapView of the run"
      onPointerDown={beginOutside}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={drop}
    >
      <DensityPicture density={density} firstS={extent.firstS} wholeS={wholeS} />
      {playheadS === undefined ? null : (
        <i
          className="timeline-minimap-playhead"
          style={{ left: percent((playheadS - extent.firstS) / wholeS) }}
        />
      )}
      <div ref={before} className="timeline-minimap-shade" />
      <div ref={after} className="timeline-minimap-shade" />
      <div
        ref={seen}
        className="timeline-minimap-window"
        onPointerDown={(event) => begin('window', event)}
      />
      {edge('start', said.viewport.startS)}
      {edge('end', said.viewport.endS)}
    </div>
  )
})

type WindowParts = Readonly<
  Record<'before' | 'after' | 'window' | 'start' | 'end', RefObject<HTMLDivElement | null>>
>

/** Refs of the window's parts, which stand where the view is in each frame. */
function useWindowParts(read: () => MinimapView, frames: Frames): WindowParts {
  const parts: WindowParts = {
    before: useRef(null),
    after: useRef(null),
    window: useRef(null),
    start: useRef(null),
    end: useRef(null),
  }
  const { before, after, window, start, end } = parts
  useLayoutEffect(() => {
    const place = (): void => {
      const { extent, viewport } = read()
      const from = shareOf(extent, viewport.startS)
      const to = Math.max(shareOf(extent, viewport.endS), from + NARROWEST_SEEN_SHARE)
      setTransform(before.current, `translateX(${percent(from - 1)})`)
      setTransform(after.current, `translateX(${percent(to)})`)
      setTransform(window.current, `translateX(${percent(from)}) scaleX(${(to - from).toFixed(4)})`)
      setTransform(start.current, `translateX(${percent(from)})`)
      setTransform(end.current, `translateX(${percent(to)})`)
    }
    place()
    return frames.onFrame(place)
  }, [read, frames, before, after, window, start, end])
  return parts
}

function lengthS({ firstS, lastS }: Extent): number {
  return Math.max(lastS - firstS, 1e-6)
}

/** Where a time is seen in the strip: outside of it, at its end. */
function shareOf(extent: Extent, timeS: number): number {
  return Math.min(Math.max((timeS - extent.firstS) / lengthS(extent), 0), 1)
}

function moved(from: Viewport, grip: Grip, byS: number, extent: Extent): Viewport {
  const widthS = from.endS - from.startS
  const narrowestS = Math.min((extent.lastS - extent.firstS) * NARROWEST_SHARE, widthS)
  if (grip === 'window') return panViewport(from, byS / widthS, extent)
  // An edge outside of the strip is seen at its end, and is moved from where it is seen.
  if (grip === 'start') {
    const startS = Math.max(from.startS, extent.firstS) + byS
    return { startS: Math.min(startS, from.endS - narrowestS), endS: from.endS }
  }
  const endS = Math.min(from.endS, extent.lastS) + byS
  return { startS: from.startS, endS: Math.max(endS, from.startS + narrowestS) }
}

function percent(share: number): string {
  // A hundredth of a percent is less than half a pixel of a strip that fills a large screen.
  return `${(share * 100).toFixed(2)}%`
}

/** Moves an element on its own compositor layer; skips equal values, so nothing is laid out or painted. */
function setTransform(element: HTMLElement | null, transform: string): void {
  if (element !== null && element.style.transform !== transform) element.style.transform = transform
}
