/** What bars are painted with, and which way of painting a bar goes: as pixels, plainly, or with an ornament. */
import { BarState, type BarList } from '../layout/bar-list.ts'
import type { TextWidths } from '../layout/labels.ts'
import type { Strips } from './paint-strips.ts'
import type { Scene } from '../layout/scene.ts'
import type { Theme } from './theme.ts'

export interface Brush {
  readonly context: CanvasRenderingContext2D
  readonly theme: Theme
  readonly hatch: CanvasPattern | undefined
  readonly font: string
  readonly widths: TextWidths
  /** Undefined = there is no canvas for them, and narrow bars are filled one by one. */
  readonly strips: Strips | undefined
  /** The bars that are not done with as strips; replaced, as the scratch is, when too small. */
  apart: Int32Array
  /** Scratch of the sort by style. */
  buckets: Int32Array
  order: Int32Array
}

export const RADIUS_PX = 3
/** Corners are not seen on narrower bars. */
export const ROUND_FROM_PX = 7
export const DIMMED_ALPHA = 0.25
const FADE_PX = 72
const SOFT_PX = 18
/** So much of an open bar is never soft: one that has just begun is seen at once. */
const FIRM_PX = 3

/** Where these end is not known: they fade out. */
export const SOFT = BarState.OPEN | BarState.FADES
/** These are drawn one by one: they have an edge, a pattern or an outline of their own. */
export const ORNATE = SOFT | BarState.AMBIGUOUS | BarState.CLOCK

/**
 * Whether a bar is drawn with the strips: it has no corners, no hatch and no ornament. The bars of a
 * collapsed group lie over each other, and must be drawn in the order of their rows: an open one
 * painted after the strips would hide all that has ended below it.
 */
export function isStrip(brush: Brush, scene: Scene, bars: BarList, bar: number): boolean {
  const state = bars.state[bar] as number
  if (brush.strips === undefined || state & (BarState.AMBIGUOUS | BarState.CLOCK)) return false
  const isCollapsed = (state & BarState.STRIP) !== 0
  if (isCollapsed && scene.inks[bars.kind[bar] as number] !== 'wait') return true
  return (state & ORNATE) === 0 && widthPxOf(bars, bar) < ROUND_FROM_PX
}

export function widthPxOf(bars: BarList, bar: number): number {
  return (bars.rightPx[bar] as number) - (bars.leftPx[bar] as number)
}

/** Over how much of its right end a bar fades out, CSS px. */
export function softPxOf(bars: BarList, bar: number): number {
  const state = bars.state[bar] as number
  const widthPx = widthPxOf(bars, bar)
  if (state & BarState.OPEN) return Math.min(SOFT_PX, Math.max(0, widthPx - FIRM_PX) / 2)
  return state & BarState.FADES ? Math.min(FADE_PX, widthPx * 0.75) : 0
}
