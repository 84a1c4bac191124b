/**
 * Paints the bars of a frame in five passes: narrow bars as pixels, plain bars sorted by style, bars
 * with an outline or a soft end one by one, errors, labels. Sorting by style makes the context
 * change its color a few times per frame instead of once per bar.
 *
 * ```
 *   ▌▐▌▐▐▌        pixels: narrower than 7 px, or in a collapsed group
 *   (███████)     plain: rounded; waits are hatched
 *   (█████▓▒░     open, or did not end: fades out where the end is unknown
 *   (┄┄┄┄┄┄┄)     ambiguous: pale, dotted outline
 *   ⧗             ends before it starts
 * ```
 */
import { BarState, type BarList } from '../layout/bar-list.ts'
import type { MergedBarSink } from '../layout/collect.ts'
import { BAR_PX } from '../layout/group-layout.ts'
import { hasCross, placeLabel, type TextWidths } from '../layout/labels.ts'
import type { Scene } from '../layout/scene.ts'
import { COVERS } from '../rows/cover.ts'
import type { PixelBars } from './paint-pixels.ts'
import { ERROR_EDGE_PX } from './pixel-rows.ts'
import type { BarColors, Theme } from './theme.ts'

/** What bars are painted with; kept from frame to frame. */
export interface BarTools {
  readonly context: CanvasRenderingContext2D
  readonly theme: Theme
  readonly hatch: CanvasPattern | undefined
  readonly font: string
  readonly widths: TextWidths
  /** Undefined = no offscreen canvas; narrow bars are then filled one by one. */
  readonly pixels: PixelBars | undefined
  /** Buffers, replaced when too small: bars not drawn as pixels, the same sorted by style. */
  shapes: Int32Array
  sorted: Int32Array
  /** Scratch of the counting sort. */
  buckets: Int32Array
}

const RADIUS_PX = 3
/** Corners are invisible on narrower bars. */
const ROUND_FROM_PX = 7
const DIMMED_ALPHA = 0.25
/** Opacity by cover of a merged bar, from 0 to 4 quarters. */
const COVER_ALPHA = [0, 0.45, 0.65, 0.85, 1] as const
const HATCH_ALPHA = 0.4
const AMBIGUOUS_ALPHA = 0.45
/** Height of the flag of a merged bar that contains an error, as a share of the bar. */
const FLAG_SHARE = 0.4
const BASELINE_PX = 12
/** How long the soft end of a bar is at most: one that did not end, and an open one. */
const FADE_PX = 72
const SOFT_PX = 18
/** The part of an open bar that is never soft, so that one that just began is visible. */
const FIRM_PX = 3
const SLICE_PX = 2
const STRIPE_PX = 7
const STRIPE_TRAVEL_PX = 96
const STRIPE_ALPHA = 0.45
const OPEN_RADII = [RADIUS_PX, 0, 0, RADIUS_PX]

/** Bars whose end is unknown: it fades out. */
const SOFT = BarState.OPEN | BarState.DID_NOT_END
/** Bars that are drawn one by one. */
const ORNATE = SOFT | BarState.AMBIGUOUS | BarState.CLOCK

/** Prepares the pixels of a frame; returns the sink for its merged bars, if there is one. */
export function beginPixelBars(
  { pixels, theme }: BarTools,
  scene: Scene,
): MergedBarSink | undefined {
  pixels?.begin(scene, { theme, alphaOf: pixelAlpha })
  return pixels
}

/** @param bars all bars, without the merged ones that {@link beginPixelBars} has taken */
export function paintBars(tools: BarTools, scene: Scene, bars: BarList, nowMs: number): void {
  const shapes = paintPixels(tools, scene, bars)
  sortByStyle(tools, scene, bars, shapes)
  paintPlain(tools, scene, bars, shapes.length)
  paintOrnate(tools, scene, bars, shapes, nowMs)
  paintErrors(tools, scene, bars, shapes)
  paintLabels(tools, scene, bars)
  tools.context.globalAlpha = 1
}

/** Draws the narrow bars as pixels; returns the other ones. */
function paintPixels(tools: BarTools, scene: Scene, bars: BarList): Int32Array {
  const { pixels } = tools
  if (tools.shapes.length < bars.count) tools.shapes = new Int32Array(bars.leftPx.length)
  const { shapes } = tools
  let count = 0
  for (let bar = 0; bar < bars.count; bar++) {
    if (pixels === undefined || !fitsPixels(tools.theme, scene, bars, bar)) {
      shapes[count++] = bar
      continue
    }
    pixels.beginRow(bars.topPx[bar]!, bars.heightPx[bar]!)
    pixels.add(
      bars.leftPx[bar]!,
      bars.rightPx[bar]!,
      bars.kind[bar]!,
      bars.state[bar]!,
      bars.cover[bar]!,
      softPxOf(bars, bar),
    )
  }
  pixels?.draw(tools.context, FLAG_SHARE)
  return shapes.subarray(0, count)
}

/**
 * Whether a bar can be drawn as pixels: it has no corners, hatch or ornament. The rows of a
 * collapsed group overlap and must be drawn in their order: an open bar painted after the pixels
 * would hide all ended bars below it.
 */
function fitsPixels(theme: Theme, scene: Scene, bars: BarList, bar: number): boolean {
  const state = bars.state[bar]!
  if (state & (BarState.AMBIGUOUS | BarState.CLOCK)) return false
  if ((state & ORNATE) === 0 && widthPxOf(bars, bar) < ROUND_FROM_PX) return true
  return (state & BarState.COLLAPSED) !== 0 && !colorsOf(theme, scene, bars, bar).isHatched
}

function colorsOf(theme: Theme, scene: Scene, bars: BarList, bar: number): BarColors {
  return theme.barColors(scene.colorNames[bars.kind[bar]!] ?? '')
}

function widthPxOf(bars: BarList, bar: number): number {
  return bars.rightPx[bar]! - bars.leftPx[bar]!
}

/** How much of a bar's right end fades out, CSS px. */
function softPxOf(bars: BarList, bar: number): number {
  const state = bars.state[bar]!
  const widthPx = widthPxOf(bars, bar)
  if (state & BarState.OPEN) return Math.min(SOFT_PX, Math.max(0, widthPx - FIRM_PX) / 2)
  return state & BarState.DID_NOT_END ? Math.min(FADE_PX, widthPx * 0.75) : 0
}

/** Pixels cannot be hatched: such bars are as pale as their hatch looks from afar. */
function pixelAlpha(isHatched: boolean, cover: number, isDimmed: boolean): number {
  const alpha = coverAlpha(cover, isDimmed)
  return isHatched ? alpha * HATCH_ALPHA : alpha
}

/** A style is a kind, a cover, and dimmed or not, as one number. */
function styleOf(bars: BarList, bar: number): number {
  const dimmed = bars.state[bar]! & BarState.DIMMED ? 1 : 0
  return ((bars.kind[bar]! * COVERS + bars.cover[bar]! - 1) << 1) | dimmed
}

/** Fills `tools.sorted` by a counting sort, which needs no comparisons. */
function sortByStyle(tools: BarTools, scene: Scene, bars: BarList, shapes: Int32Array): void {
  const styles = scene.colorNames.length * COVERS * 2
  if (tools.buckets.length < styles + 1) tools.buckets = new Int32Array(styles * 2 + 1)
  if (tools.sorted.length < shapes.length) tools.sorted = new Int32Array(tools.shapes.length)
  const { buckets, sorted } = tools
  buckets.fill(0)
  for (const bar of shapes) buckets[styleOf(bars, bar) + 1]!++
  for (let style = 1; style < buckets.length; style++) buckets[style]! += buckets[style - 1]!
  for (const bar of shapes) sorted[buckets[styleOf(bars, bar)]!++] = bar
}

/** Fills the first `count` sorted bars, style by style. */
function paintPlain(tools: BarTools, scene: Scene, bars: BarList, count: number): void {
  const { context, sorted } = tools
  for (let from = 0; from < count;) {
    const first = sorted[from]!
    const style = styleOf(bars, first)
    let to = from + 1
    while (to < count && styleOf(bars, sorted[to]!) === style) to++
    const colors = colorsOf(tools.theme, scene, bars, first)
    const isDimmed = (bars.state[first]! & BarState.DIMMED) !== 0
    context.globalAlpha = coverAlpha(bars.cover[first]!, isDimmed)
    if (colors.isHatched && tools.hatch !== undefined) {
      paintHatched(tools, tools.hatch, colors, bars, from, to)
    } else {
      context.fillStyle = colors.fill
      fillBars(tools, bars, from, to)
    }
    from = to
  }
}

function coverAlpha(cover: number, isDimmed: boolean): number {
  const alpha = COVER_ALPHA[cover] ?? 1
  return isDimmed ? alpha * DIMMED_ALPHA : alpha
}

/** Fills the sorted bars [from, to): narrow ones immediately, rounded ones as one path. */
function fillBars({ context, sorted }: BarTools, bars: BarList, from: number, to: number): void {
  let hasPath = false
  for (let at = from; at < to; at++) {
    const bar = sorted[at]!
    const state = bars.state[bar]!
    if (state & ORNATE) continue
    const leftPx = bars.leftPx[bar]!
    const widthPx = bars.rightPx[bar]! - leftPx
    const topPx = bars.topPx[bar]!
    const heightPx = bars.heightPx[bar]!
    if (widthPx < ROUND_FROM_PX || state & (BarState.MERGED | BarState.COLLAPSED)) {
      context.fillRect(leftPx, topPx, widthPx, heightPx)
      continue
    }
    if (!hasPath) context.beginPath()
    hasPath = true
    context.roundRect(leftPx, topPx, widthPx, heightPx, RADIUS_PX)
  }
  if (hasPath) context.fill()
}

/** Fills the sorted bars [from, to) with a hatch inside a thin outline. */
function paintHatched(
  tools: BarTools,
  hatch: CanvasPattern,
  colors: BarColors,
  bars: BarList,
  from: number,
  to: number,
): void {
  const { context, sorted } = tools
  context.fillStyle = hatch
  fillBars(tools, bars, from, to)
  context.strokeStyle = colors.fill
  context.lineWidth = 1
  context.beginPath()
  for (let at = from; at < to; at++) {
    const bar = sorted[at]!
    const plain = (bars.state[bar]! & (ORNATE | BarState.MERGED | BarState.COLLAPSED)) === 0
    if (plain && widthPxOf(bars, bar) >= ROUND_FROM_PX) traceOutline(context, bars, bar)
  }
  context.stroke()
}

/** Adds the bar to the path, half a pixel inside, so that a line of 1 px covers its edge. */
function traceOutline(context: CanvasRenderingContext2D, bars: BarList, bar: number): void {
  const leftPx = bars.leftPx[bar]! + 0.5
  const topPx = bars.topPx[bar]! + 0.5
  const widthPx = widthPxOf(bars, bar) - 1
  context.roundRect(leftPx, topPx, widthPx, bars.heightPx[bar]! - 1, RADIUS_PX)
}

/** Bars that are open, did not end, are ambiguous, or end before they start. */
function paintOrnate(
  tools: BarTools,
  scene: Scene,
  bars: BarList,
  shapes: Int32Array,
  nowMs: number,
): void {
  const { context } = tools
  for (const bar of shapes) {
    const state = bars.state[bar]!
    if ((state & ORNATE) === 0) continue
    const colors = colorsOf(tools.theme, scene, bars, bar)
    const hatch = colors.isHatched ? tools.hatch : undefined
    const alpha = state & BarState.DIMMED ? DIMMED_ALPHA : 1
    if (state & BarState.CLOCK) {
      context.globalAlpha = alpha
      paintHourglass(context, colors, bars, bar)
      continue
    }
    context.globalAlpha = state & BarState.AMBIGUOUS ? alpha * AMBIGUOUS_ALPHA : alpha
    if (hatch !== undefined && state & SOFT) paintSoftHatched(context, bars, bar, hatch, colors)
    else if (state & SOFT) paintFading(context, bars, bar, colors)
    else fillBar(context, bars, bar, hatch ?? colors.fill, RADIUS_PX)
    if (state & BarState.OPEN && scene.live) paintStripe(tools, bars, bar, (nowMs % 1000) / 1000)
    context.globalAlpha = alpha
    if (state & BarState.AMBIGUOUS) paintDottedOutline(context, bars, bar, colors)
  }
}

function fillBar(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  fill: string | CanvasPattern | CanvasGradient,
  radii: number | number[],
): void {
  const leftPx = bars.leftPx[bar]!
  context.fillStyle = fill
  context.beginPath()
  context.roundRect(leftPx, bars.topPx[bar]!, widthPxOf(bars, bar), bars.heightPx[bar]!, radii)
  context.fill()
}

/** Solid, then soft towards the right edge. A narrow bar that did not end is solid. */
function paintFading(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  { fill }: BarColors,
): void {
  const rightPx = bars.rightPx[bar]!
  const softPx = softPxOf(bars, bar)
  const isOpen = (bars.state[bar]! & BarState.OPEN) !== 0
  const isWide = isOpen || widthPxOf(bars, bar) >= ROUND_FROM_PX
  if (softPx === 0 || !isWide) {
    fillBar(context, bars, bar, fill, isWide ? OPEN_RADII : 0)
    return
  }
  const gradient = context.createLinearGradient(rightPx - softPx, 0, rightPx, 0)
  gradient.addColorStop(0, fill)
  gradient.addColorStop(1, transparent(fill))
  fillBar(context, bars, bar, gradient, OPEN_RADII)
}

/** Hatched and outlined, with a soft end. A pattern has no gradient, so its soft end is sliced. */
function paintSoftHatched(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  hatch: CanvasPattern,
  { fill }: BarColors,
): void {
  const leftPx = bars.leftPx[bar]!
  const rightPx = bars.rightPx[bar]!
  const topPx = bars.topPx[bar]!
  const heightPx = bars.heightPx[bar]!
  const softPx = softPxOf(bars, bar)
  const { globalAlpha } = context
  const slice = (fromPx: number, toPx: number): void => {
    context.fillStyle = hatch
    context.fillRect(fromPx, topPx, toPx - fromPx, heightPx)
    context.fillStyle = fill
    context.fillRect(fromPx, topPx, toPx - fromPx, 1)
    context.fillRect(fromPx, topPx + heightPx - 1, toPx - fromPx, 1)
  }
  slice(leftPx, rightPx - softPx)
  context.fillRect(leftPx, topPx, 1, heightPx)
  for (let xPx = rightPx - softPx; xPx < rightPx; xPx += SLICE_PX) {
    context.globalAlpha = (globalAlpha * (rightPx - xPx)) / softPx
    slice(xPx, Math.min(rightPx, xPx + SLICE_PX))
  }
  context.globalAlpha = globalAlpha
}

/** A stripe that runs along the last part of an open bar once per second. `share` is 0 to 1. */
function paintStripe(
  { context, theme }: BarTools,
  bars: BarList,
  bar: number,
  share: number,
): void {
  const rightPx = bars.rightPx[bar]!
  const topPx = bars.topPx[bar]!
  const heightPx = bars.heightPx[bar]!
  const leanPx = heightPx / 2
  // The stripe stays within the bar: clipping would cost more than drawing the bar.
  const travelPx = Math.min(widthPxOf(bars, bar), STRIPE_TRAVEL_PX) - leanPx - STRIPE_PX
  if (travelPx <= 0) return
  const xPx = rightPx - leanPx - STRIPE_PX - travelPx * (1 - share)
  const { globalAlpha } = context
  context.globalAlpha = globalAlpha * STRIPE_ALPHA * Math.sin(share * Math.PI)
  context.fillStyle = theme.surface
  context.beginPath()
  context.moveTo(xPx, topPx + heightPx)
  context.lineTo(xPx + leanPx, topPx)
  context.lineTo(xPx + leanPx + STRIPE_PX, topPx)
  context.lineTo(xPx + STRIPE_PX, topPx + heightPx)
  context.fill()
  context.globalAlpha = globalAlpha
}

function paintDottedOutline(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  { fill }: BarColors,
): void {
  if (widthPxOf(bars, bar) < 3) return
  context.strokeStyle = fill
  context.lineWidth = 1
  context.setLineDash([2, 2])
  context.beginPath()
  traceOutline(context, bars, bar)
  context.stroke()
  context.setLineDash([])
}

/** The span ends before it starts, so it has no length and gets a shape of its own. */
function paintHourglass(
  context: CanvasRenderingContext2D,
  { fill }: BarColors,
  bars: BarList,
  bar: number,
): void {
  const xPx = bars.leftPx[bar]!
  const topPx = bars.topPx[bar]!
  const bottomPx = topPx + bars.heightPx[bar]!
  const halfPx = 4
  context.fillStyle = fill
  context.beginPath()
  context.moveTo(xPx - halfPx, topPx)
  context.lineTo(xPx + halfPx, topPx)
  context.lineTo(xPx - halfPx, bottomPx)
  context.lineTo(xPx + halfPx, bottomPx)
  context.closePath()
  context.fill()
}

/** `#rrggbb` with an alpha of 0. */
function transparent(color: string): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? `${color}00` : 'transparent'
}

/** A red left edge of fixed width, so that one failed span is visible in a day's view. */
function paintErrors(tools: BarTools, scene: Scene, bars: BarList, shapes: Int32Array): void {
  const { context, theme } = tools
  for (const bar of shapes) {
    const state = bars.state[bar]!
    if ((state & BarState.ERROR) === 0) continue
    const leftPx = bars.leftPx[bar]!
    const rightPx = bars.rightPx[bar]!
    const topPx = bars.topPx[bar]!
    const heightPx = bars.heightPx[bar]!
    context.globalAlpha = state & BarState.DIMMED ? DIMMED_ALPHA : 1
    context.fillStyle = theme.error
    if (state & BarState.MERGED) {
      // Only a flag: full edges of a few failures would paint the whole row red.
      const flagWidthPx = Math.max(ERROR_EDGE_PX, rightPx - leftPx)
      context.fillRect(leftPx, topPx, flagWidthPx, heightPx * FLAG_SHARE)
      continue
    }
    context.fillRect(leftPx, topPx, ERROR_EDGE_PX, heightPx)
    if (state & BarState.COLLAPSED) continue
    if (rightPx - leftPx > ERROR_EDGE_PX + 2) {
      context.fillStyle = theme.surface
      context.fillRect(leftPx + ERROR_EDGE_PX, topPx, 1, heightPx)
    }
    if (hasCross(leftPx, Math.min(rightPx, scene.widthPx))) {
      const colors = colorsOf(theme, scene, bars, bar)
      const color = isPale(colors, state) ? theme.text : colors.text
      paintCross(context, color, Math.max(leftPx, 0) + 12, topPx + heightPx / 2)
    }
  }
}

function paintCross(
  context: CanvasRenderingContext2D,
  color: string,
  xPx: number,
  yPx: number,
): void {
  const halfPx = 3
  context.strokeStyle = color
  context.lineWidth = 1.75
  context.beginPath()
  context.moveTo(xPx - halfPx, yPx - halfPx)
  context.lineTo(xPx + halfPx, yPx + halfPx)
  context.moveTo(xPx + halfPx, yPx - halfPx)
  context.lineTo(xPx - halfPx, yPx + halfPx)
  context.stroke()
}

/** Labels of all bars: a bar drawn as pixels may have its label beside it. */
function paintLabels(tools: BarTools, scene: Scene, bars: BarList): void {
  const { context, theme, widths } = tools
  const unlabeled = BarState.MERGED | BarState.COLLAPSED | BarState.DIMMED | BarState.CLOCK
  context.font = tools.font
  context.textBaseline = 'alphabetic'
  context.globalAlpha = 1
  for (let bar = 0; bar < bars.count; bar++) {
    const state = bars.state[bar]!
    if (state & unlabeled || bars.heightPx[bar] !== BAR_PX) continue
    const label = placeLabel(scene, bars, bar, widths)
    if (label === undefined) continue
    const colors = colorsOf(theme, scene, bars, bar)
    const topPx = bars.topPx[bar]!
    if (colors.isHatched && label.inside) {
      // Text on a hatch is not readable: put a plain patch under it.
      context.fillStyle = theme.surface
      context.fillRect(label.xPx - 3, topPx + 1, widths.of(label.text) + 6, BAR_PX - 2)
    }
    context.fillStyle = !label.inside || isPale(colors, state) ? theme.text : colors.text
    context.fillText(label.text, label.xPx, topPx + BASELINE_PX)
  }
}

/** Whether the page shows through the bar, so that the page's text color is the readable one. */
function isPale({ isHatched }: BarColors, state: number): boolean {
  return isHatched || (state & BarState.AMBIGUOUS) !== 0
}
