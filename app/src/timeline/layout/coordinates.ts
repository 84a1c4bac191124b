/**
 * The coordinates of the timeline, and the moves of the viewport. A variable's name ends in its unit:
 *
 * - `…S`: Unix seconds. At 1.8e9 a float64 has a resolution of 0.24 µs, so the viewport's start is
 *   subtracted first (exact for near numbers), and only the difference is scaled.
 * - `…Px`: CSS px. x is from the left edge of the canvas; y is from its top edge, or from the top of
 *   all groups in names with `content`.
 *
 * Device px are CSS px × devicePixelRatio; only `snapPx` and the canvas transform use them.
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

/** The nearest edge between two device pixels, in CSS px: lines and edges there are sharp. */
export function snapPx(valuePx: number, deviceRatio: number): number {
  return Math.round(valuePx * deviceRatio) / deviceRatio
}

/** In a narrower view, float64 has too few digits and ticks of 10 µs are a screen apart. */
const NARROWEST_S = 2e-5

/** First and last time of the run, Unix seconds. */
export interface Extent {
  readonly firstS: number
  readonly lastS: number
}

/** The most steps that a growing run has in the minimap: about two pixels each. */
const STEPS = 512
/** With shorter steps, a run that has just begun would be redrawn in every frame. */
const SHORTEST_STEP_S = 0.25

/**
 * Rounds the end of a growing run and the view that follows it up to steps. The minimap shows both;
 * smaller moves are invisible there, but would be drawn. A run of 0 to 1000.1 s has steps of 1 s:
 * it ends at 1001 s until it is longer.
 */
export function snapToSteps(
  extent: Extent,
  viewport: Viewport,
): { extent: Extent; viewport: Viewport } {
  const wholeS = extent.lastS - extent.firstS
  if (!(wholeS > 0)) return { extent, viewport }
  const stepS = Math.max(SHORTEST_STEP_S, 2 ** Math.floor(Math.log2(wholeS / STEPS)))
  const { firstS } = extent
  const snap = (timeS: number): number => firstS + Math.ceil((timeS - firstS) / stepS) * stepS
  return {
    extent: { firstS, lastS: snap(extent.lastS) },
    viewport: { startS: snap(viewport.startS), endS: snap(viewport.endS) },
  }
}

function clampWidth(widthS: number, { firstS, lastS }: Extent): number {
  return Math.min(Math.max(widthS, NARROWEST_S), Math.max((lastS - firstS) * 4, 1))
}

function clampViewport(startS: number, widthS: number, extent: Extent): Viewport {
  const width = clampWidth(widthS, extent)
  // A tenth of the view always overlaps the run.
  const lowest = extent.firstS - width * 0.9
  const highest = extent.lastS - width * 0.1
  const start = Math.min(Math.max(startS, lowest), Math.max(highest, lowest))
  return { startS: start, endS: start + width }
}

/** Zooms by `factor` (> 1 zooms in). The time at `fraction` of the width keeps its place. */
export function zoomViewport(
  viewport: Viewport,
  factor: number,
  fraction: number,
  extent: Extent,
): Viewport {
  const widthS = viewport.endS - viewport.startS
  const nextS = clampWidth(widthS / factor, extent)
  const startS = viewport.startS + (widthS - nextS) * fraction
  return { startS, endS: startS + nextS }
}

/** Moves the view by a fraction of its width, but not away from the run. */
export function panViewport(viewport: Viewport, fraction: number, extent: Extent): Viewport {
  const widthS = viewport.endS - viewport.startS
  return clampViewport(viewport.startS + widthS * fraction, widthS, extent)
}

/** The view of `fromS` to `toS` with a margin on both sides, as a share of the width. */
export function fitViewport(fromS: number, toS: number, margin = 0.03): Viewport {
  const widthS = Math.max(toS - fromS, NARROWEST_S)
  return { startS: fromS - widthS * margin, endS: fromS + widthS * (1 + margin) }
}

/** The view of the same width with `timeS` at `fraction` of it. */
export function placeTime(viewport: Viewport, timeS: number, fraction: number): Viewport {
  const widthS = viewport.endS - viewport.startS
  const startS = timeS - widthS * fraction
  return { startS, endS: startS + widthS }
}
