/**
 * The three spaces of the timeline, named once. Every variable carries its space in its name:
 *
 * - data: Unix seconds (`…S`). They are about 1.8e9, where a float64 has 0.24 µs of resolution, so
 *   a time is never multiplied as it is: the viewport's start is subtracted first (exact for near
 *   numbers), and only the difference is scaled.
 * - CSS px (`…Px`): x from the canvas's left edge, y from its top edge, or from the top of all
 *   groups where the name says `content`.
 * - device px: CSS px × devicePixelRatio; only `snapPx` and the canvas's transform know them.
 */
import type { Viewport } from '../../model/view-state.ts'

export interface TimeScale {
  /** Time at x = 0, Unix seconds. */
  readonly originS: number
  readonly pxPerS: number
  readonly widthPx: number
}

export function timeScale(viewport: Viewport, widthPx: number): TimeScale {
  const spanS = viewport.endS - viewport.startS
  return { originS: viewport.startS, pxPerS: widthPx / spanS, widthPx }
}

export function timeToPx(scale: TimeScale, timeS: number): number {
  return (timeS - scale.originS) * scale.pxPerS
}

export function pxToTime(scale: TimeScale, xPx: number): number {
  return scale.originS + xPx / scale.pxPerS
}

/** The nearest edge between two device pixels, in CSS px: what is drawn there is crisp. */
export function snapPx(valuePx: number, deviceRatio: number): number {
  return Math.round(valuePx * deviceRatio) / deviceRatio
}

/** Narrower than this, ticks of 10 µs would be a screen apart and float64 runs out of digits. */
const NARROWEST_S = 2e-5

/** What the view may show: the extent of the trace and room around it. */
export interface Extent {
  readonly firstS: number
  readonly lastS: number
}

/** Steps in which a growing run grows where the whole of it is drawn small: about two pixels each. */
const WHOLE_STEPS = 512
/** A run that has just begun would grow by two pixels in every frame, and be drawn anew in each. */
const SHORTEST_STEP_S = 0.25

/**
 * What a strip shows of a growing run and of the view that follows it: both move in steps, since
 * nobody sees them move by less, and every move is drawn.
 */
export function snapToSteps(
  extent: Extent,
  viewport: Viewport,
): { extent: Extent; viewport: Viewport } {
  const wholeS = extent.lastS - extent.firstS
  if (!(wholeS > 0)) return { extent, viewport }
  const stepS = Math.max(SHORTEST_STEP_S, 2 ** Math.floor(Math.log2(wholeS / WHOLE_STEPS)))
  const { firstS } = extent
  const snap = (timeS: number): number => firstS + Math.ceil((timeS - firstS) / stepS) * stepS
  return {
    extent: { firstS, lastS: snap(extent.lastS) },
    viewport: { startS: snap(viewport.startS), endS: snap(viewport.endS) },
  }
}

function clampViewport(startS: number, widthS: number, extent: Extent): Viewport {
  const extentS = Math.max(extent.lastS - extent.firstS, NARROWEST_S)
  const width = Math.min(Math.max(widthS, NARROWEST_S), Math.max(extentS * 4, 1))
  // A tenth of the view keeps touching the trace, so that nobody gets lost in emptiness.
  const lowest = extent.firstS - width * 0.9
  const highest = extent.lastS - width * 0.1
  const start = Math.min(Math.max(startS, lowest), Math.max(highest, lowest))
  return { startS: start, endS: start + width }
}

/** Zooms by `factor` (> 1 shows less time). The time at `fraction` of the width stays where it is. */
export function zoomViewport(
  viewport: Viewport,
  factor: number,
  fraction: number,
  extent: Extent,
): Viewport {
  const widthS = viewport.endS - viewport.startS
  const extentS = Math.max(extent.lastS - extent.firstS, NARROWEST_S)
  const nextS = Math.min(Math.max(widthS / factor, NARROWEST_S), Math.max(extentS * 4, 1))
  const startS = viewport.startS + (widthS - nextS) * fraction
  return { startS, endS: startS + nextS }
}

/** Moves the view by a part of its width; it cannot leave the trace. */
export function panViewport(viewport: Viewport, fraction: number, extent: Extent): Viewport {
  const widthS = viewport.endS - viewport.startS
  return clampViewport(viewport.startS + widthS * fraction, widthS, extent)
}

/** All of `fromS…toS` with a margin of `margin` of the width on both sides. */
export function fitViewport(fromS: number, toS: number, margin = 0.03): Viewport {
  const widthS = Math.max(toS - fromS, NARROWEST_S)
  return { startS: fromS - widthS * margin, endS: fromS + widthS * (1 + margin) }
}

/** Same scale, with `timeS` at `fraction` of the width. */
export function placeTime(viewport: Viewport, timeS: number, fraction: number): Viewport {
  const widthS = viewport.endS - viewport.startS
  const startS = timeS - widthS * fraction
  return { startS, endS: startS + widthS }
}
