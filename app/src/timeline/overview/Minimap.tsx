/**
 * The minimap: the density of the whole run, its errors, and a brush over the visible part. Drag the
 * brush or its edges, or focus an edge and use the arrow keys. All parts of the brush are as wide as
 * the minimap and moved by CSS transforms, so that panning and zooming render nothing here.
 *
 * ```
 *   before  ░░░░░░░░░░░░░░░│                 shade before the view
 *   after                  │        │░░░░░   shade after the view
 *   start, end             ▐        ▐        an edge with a grip each
 *   window                 ▕▔▔▔▔▔▔▔▔▏        transparent; takes the drag
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
import { arrowKeyShare } from '../layout/arrow-keys.ts'
import { panViewport, type Extent } from '../layout/coordinates.ts'
import { formatTime } from '../../base/format.ts'
import { useSettledValue } from '../../base/use-scheduled.ts'
import type { MinimapView } from './use-overview.ts'

export interface MinimapProps {
  readonly density: Density
  /** The whole run; grows in steps. */
  readonly extent: Extent
  /** The current extent and view. */
  readonly read: () => MinimapView
  readonly frames: Frames
  readonly playheadS: number | undefined
  readonly clock: 'relative' | 'absolute'
  readonly onChange: (viewport: Viewport) => void
}

/** The least width of the view that the brush can set, as a share of the minimap. */
const NARROWEST_SHARE = 0.002
/** A narrower view is drawn this wide, so that its grips do not overlap. */
const NARROWEST_DRAWN_SHARE = 0.004

type Grip = 'start' | 'end' | 'window'

export const Minimap = memo(function Minimap(props: MinimapProps) {
  const { density, extent, read, frames, playheadS, clock, onChange } = props
  const box = useRef<HTMLDivElement>(null)
  const { before, after, window: visible, start, end } = useWindowParts(read, frames)
  /** For the accessible values of the grips, which need not change in every frame. */
  const rested = useSettledValue(frames, read)
  const drag = useRef<{ grip: Grip; fromX: number; from: Viewport } | undefined>(undefined)
  const wholeS = lengthOf(extent)

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
    const centered = { startS: timeS - halfS, endS: timeS + halfS }
    onChange(centered)
    begin('window', event, centered)
  }
  const move = (event: PointerEvent): void => {
    if (event.buttons === 0) drop()
    if (drag.current === undefined) return
    const { grip, fromX, from } = drag.current
    onChange(moved(from, grip, (event.clientX - fromX) * timePerPx(), extent))
  }
  const drop = (): void => {
    drag.current = undefined
  }
  const onKey = (grip: Grip, event: KeyboardEvent): void => {
    const byS = arrowKeyShare(event) * wholeS
    if (byS !== 0) onChange(moved(read().viewport, grip, byS, extent))
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
        aria-valuenow={Math.round(shareOf(rested.extent, timeS) * 100)}
        aria-valuetext={formatTime(timeS, extent, clock)}
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
      aria-label="Overview of the run"
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
        ref={visible}
        className="timeline-minimap-window"
        onPointerDown={(event) => begin('window', event)}
      />
      {edge('start', rested.viewport.startS)}
      {edge('end', rested.viewport.endS)}
    </div>
  )
})

type WindowParts = Readonly<
  Record<'before' | 'after' | 'window' | 'start' | 'end', RefObject<HTMLDivElement | null>>
>

/** Refs of the parts of the brush, which are moved to the view in each frame. */
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
      const to = Math.max(shareOf(extent, viewport.endS), from + NARROWEST_DRAWN_SHARE)
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

function lengthOf({ firstS, lastS }: Extent): number {
  return Math.max(lastS - firstS, 1e-6)
}

/** Position of a time in the minimap, from 0 to 1. */
function shareOf(extent: Extent, timeS: number): number {
  return Math.min(Math.max((timeS - extent.firstS) / lengthOf(extent), 0), 1)
}

function moved(from: Viewport, grip: Grip, byS: number, extent: Extent): Viewport {
  const widthS = from.endS - from.startS
  const narrowestS = Math.min((extent.lastS - extent.firstS) * NARROWEST_SHARE, widthS)
  if (grip === 'window') return panViewport(from, byS / widthS, extent)
  // An edge outside of the run is drawn at the end of the minimap, and moves from there.
  if (grip === 'start') {
    const startS = Math.max(from.startS, extent.firstS) + byS
    return { startS: Math.min(startS, from.endS - narrowestS), endS: from.endS }
  }
  const endS = Math.min(from.endS, extent.lastS) + byS
  return { startS: from.startS, endS: Math.max(endS, from.startS + narrowestS) }
}

function percent(share: number): string {
  // A hundredth of a percent is less than half a pixel on a large screen.
  return `${(share * 100).toFixed(2)}%`
}

/** Moves an element on its compositor layer, without layout or paint; skips equal values. */
function setTransform(element: HTMLElement | null, transform: string): void {
  if (element !== null && element.style.transform !== transform) element.style.transform = transform
}
