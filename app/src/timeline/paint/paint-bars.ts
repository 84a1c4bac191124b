/** Bars: narrow ones as pixels, plain ones style by style, then those with an ornament, then errors, then text. */
import { BarState, COVERS, type BarList } from '../layout/bar-list.ts'
import {
  DIMMED_ALPHA,
  isStrip,
  ORNATE,
  RADIUS_PX,
  ROUND_FROM_PX,
  softPxOf,
  type Brush,
} from './brush.ts'
import type { MergedSink } from '../layout/collect.ts'
import { BAR_PX } from '../layout/group-layout.ts'
import { hasCross, placeLabel } from '../layout/labels.ts'
import { paintOrnate } from './paint-ornate.ts'
import type { Scene } from '../layout/scene.ts'
import { ERROR_EDGE_PX } from './strip-pixels.ts'

/** From the thinnest cover of a merged bar to a full one. */
const COVER_ALPHA = [0, 0.45, 0.65, 0.85, 1] as const
const HATCH_ALPHA = 0.4
const FLAG_SHARE = 0.4
const BASELINE_PX = 12

/** Where the frame's merged bars go; undefined = into the list with the others. */
export function beginStrips({ strips, theme }: Brush, scene: Scene): MergedSink | undefined {
  strips?.begin(scene, { theme, alphaOf: stripAlpha, flagShare: FLAG_SHARE })
  return strips
}

/** @param bars all but the merged ones that {@link beginStrips} has taken */
export function paintBars(brush: Brush, scene: Scene, bars: BarList, nowMs: number): void {
  const apart = paintNarrow(brush, scene, bars)
  paintPlain(brush, scene, bars, sortByStyle(brush, scene, bars, apart))
  paintOrnate(brush, scene, bars, apart, nowMs)
  paintErrors(brush, scene, bars, apart)
  paintLabels(brush, scene, bars, apart)
  brush.context.globalAlpha = 1
}

/** Draws the strips. Gives the other bars, and those that may have a label beside them. */
function paintNarrow(brush: Brush, scene: Scene, bars: BarList): Int32Array {
  if (brush.apart.length < bars.count) brush.apart = new Int32Array(bars.leftPx.length)
  const { apart, strips } = brush
  let count = 0
  for (let bar = 0; bar < bars.count; bar++) {
    if (strips !== undefined && isStrip(brush, scene, bars, bar)) {
      strips.row(bars.topPx[bar] as number, bars.heightPx[bar] as number)
      strips.add(
        bars.leftPx[bar] as number,
        bars.rightPx[bar] as number,
        bars.kind[bar] as number,
        bars.state[bar] as number,
        bars.cover[bar] as number,
        softPxOf(bars, bar),
      )
    }
    apart[count++] = bar
  }
  strips?.draw(brush.context)
  return apart.subarray(0, count)
}

/** A wait is hatched; where that cannot be seen it is as pale as a hatch is from afar. */
function stripAlpha(kind: string, cover: number, isDimmed: boolean): number {
  const alpha = coverAlpha(cover, isDimmed)
  return kind === 'wait' ? alpha * HATCH_ALPHA : alpha
}

/** A style is a kind, a cover and dimmed or not; a counting sort, so no comparison a bar. */
function styleOf(bars: BarList, bar: number): number {
  const dimmed = ((bars.state[bar] as number) & BarState.DIMMED) !== 0 ? 1 : 0
  return (((bars.kind[bar] as number) * COVERS + (bars.cover[bar] as number) - 1) << 1) | dimmed
}

/** Sorts what is not a strip, and says how many that are. */
function sortByStyle(brush: Brush, scene: Scene, bars: BarList, apart: Int32Array): number {
  const styles = scene.inks.length * COVERS * 2
  if (brush.buckets.length < styles + 1) brush.buckets = new Int32Array(styles * 2 + 1)
  if (brush.order.length < apart.length) brush.order = new Int32Array(brush.apart.length)
  const { buckets, order } = brush
  buckets.fill(0)
  let count = 0
  for (const bar of apart) {
    if (isStrip(brush, scene, bars, bar)) continue
    const after = styleOf(bars, bar) + 1
    buckets[after] = (buckets[after] as number) + 1
    count++
  }
  for (let style = 1; style < buckets.length; style++) {
    buckets[style] = (buckets[style] as number) + (buckets[style - 1] as number)
  }
  for (const bar of apart) {
    if (isStrip(brush, scene, bars, bar)) continue
    const style = styleOf(bars, bar)
    const at = buckets[style] as number
    order[at] = bar
    buckets[style] = at + 1
  }
  return count
}

/** @param count bars in the brush's order */
function paintPlain(brush: Brush, scene: Scene, bars: BarList, count: number): void {
  const { context, order } = brush
  for (let from = 0; from < count;) {
    const first = order[from] as number
    const style = styleOf(bars, first)
    let to = from + 1
    while (to < count && styleOf(bars, order[to] as number) === style) to++
    const kind = scene.inks[bars.kind[first] as number] ?? ''
    if (kind !== 'wait' || brush.hatch === undefined) {
      context.fillStyle = brush.theme.ink(kind).fill
      context.globalAlpha = alphaOf(bars, first)
      fillBars(context, bars, order, from, to)
    } else {
      context.globalAlpha = alphaOf(bars, first)
      paintWaits(brush, bars, from, to)
    }
    from = to
  }
}

function alphaOf(bars: BarList, bar: number): number {
  const isDimmed = ((bars.state[bar] as number) & BarState.DIMMED) !== 0
  return coverAlpha(bars.cover[bar] as number, isDimmed)
}

function coverAlpha(cover: number, isDimmed: boolean): number {
  const alpha = COVER_ALPHA[cover] ?? 1
  return isDimmed ? alpha * DIMMED_ALPHA : alpha
}

/** Narrow bars are filled at once; rounded ones are gathered in one path. */
function fillBars(
  context: CanvasRenderingContext2D,
  bars: BarList,
  order: Int32Array,
  from: number,
  to: number,
): void {
  let rounded = false
  for (let at = from; at < to; at++) {
    const bar = order[at] as number
    const state = bars.state[bar] as number
    if (state & ORNATE) continue
    const leftPx = bars.leftPx[bar] as number
    const widthPx = (bars.rightPx[bar] as number) - leftPx
    const topPx = bars.topPx[bar] as number
    const heightPx = bars.heightPx[bar] as number
    if (widthPx < ROUND_FROM_PX || state & (BarState.MERGED | BarState.STRIP)) {
      context.fillRect(leftPx, topPx, widthPx, heightPx)
      continue
    }
    if (!rounded) context.beginPath()
    rounded = true
    context.roundRect(leftPx, topPx, widthPx, heightPx, RADIUS_PX)
  }
  if (rounded) context.fill()
}

/** Waiting is not work: hatched, within a thin outline. */
function paintWaits(brush: Brush, bars: BarList, from: number, to: number): void {
  const { context, theme, hatch, order } = brush
  if (hatch === undefined) return
  context.fillStyle = hatch
  fillBars(context, bars, order, from, to)
  context.strokeStyle = theme.ink('wait').fill
  context.lineWidth = 1
  context.beginPath()
  for (let at = from; at < to; at++) {
    const bar = order[at] as number
    const state = bars.state[bar] as number
    const leftPx = bars.leftPx[bar] as number
    const widthPx = (bars.rightPx[bar] as number) - leftPx
    if (widthPx < ROUND_FROM_PX || state & (ORNATE | BarState.MERGED | BarState.STRIP)) continue
    const topPx = bars.topPx[bar] as number
    const heightPx = bars.heightPx[bar] as number
    context.roundRect(leftPx + 0.5, topPx + 0.5, widthPx - 1, heightPx - 1, RADIUS_PX)
  }
  context.stroke()
}

/** A red left edge; it is never narrower than itself, so one failed span shows in a day's view. */
function paintErrors(brush: Brush, scene: Scene, bars: BarList, apart: Int32Array): void {
  const { context, theme } = brush
  for (const bar of apart) {
    const state = bars.state[bar] as number
    if ((state & BarState.ERROR) === 0 || isStrip(brush, scene, bars, bar)) continue
    const leftPx = bars.leftPx[bar] as number
    const rightPx = bars.rightPx[bar] as number
    const topPx = bars.topPx[bar] as number
    const heightPx = bars.heightPx[bar] as number
    const isPlain = (state & BarState.STRIP) === 0
    context.globalAlpha = state & BarState.DIMMED ? DIMMED_ALPHA : 1
    context.fillStyle = theme.error
    if (state & BarState.MERGED) {
      // One of many in there: a flag on top, or a few failures would paint a whole row red.
      context.fillRect(
        leftPx,
        topPx,
        Math.max(ERROR_EDGE_PX, rightPx - leftPx),
        heightPx * FLAG_SHARE,
      )
      continue
    }
    context.fillRect(leftPx, topPx, ERROR_EDGE_PX, heightPx)
    if (!isPlain) continue
    if (rightPx - leftPx > ERROR_EDGE_PX + 2) {
      context.fillStyle = theme.surface
      context.fillRect(leftPx + ERROR_EDGE_PX, topPx, 1, heightPx)
    }
    if (hasCross(leftPx, Math.min(rightPx, scene.widthPx))) {
      const kind = scene.inks[bars.kind[bar] as number] ?? ''
      const colour = isPale(kind, state) ? theme.text : theme.ink(kind).text
      paintCross(context, colour, Math.max(leftPx, 0) + 12, topPx + heightPx / 2)
    }
  }
}

function paintCross(
  context: CanvasRenderingContext2D,
  colour: string,
  xPx: number,
  yPx: number,
): void {
  const halfPx = 3
  context.strokeStyle = colour
  context.lineWidth = 1.75
  context.beginPath()
  context.moveTo(xPx - halfPx, yPx - halfPx)
  context.lineTo(xPx + halfPx, yPx + halfPx)
  context.moveTo(xPx + halfPx, yPx - halfPx)
  context.lineTo(xPx - halfPx, yPx + halfPx)
  context.stroke()
}

function paintLabels(brush: Brush, scene: Scene, bars: BarList, apart: Int32Array): void {
  const { context, theme, widths } = brush
  const without = BarState.MERGED | BarState.STRIP | BarState.DIMMED | BarState.CLOCK
  context.font = brush.font
  context.textBaseline = 'alphabetic'
  context.globalAlpha = 1
  for (const bar of apart) {
    const state = bars.state[bar] as number
    if (state & without || bars.heightPx[bar] !== BAR_PX) continue
    const label = placeLabel(scene, bars, bar, widths)
    if (label === undefined) continue
    const kind = scene.inks[bars.kind[bar] as number] ?? ''
    context.fillStyle = !label.inside || isPale(kind, state) ? theme.text : theme.ink(kind).text
    if (kind === 'wait' && label.inside) {
      // Text on a hatch is not readable: it stands on a plain patch.
      context.fillStyle = theme.surface
      const patchPx = widths.of(label.text) + 6
      context.fillRect(label.xPx - 3, (bars.topPx[bar] as number) + 1, patchPx, BAR_PX - 2)
      context.fillStyle = theme.text
    }
    context.fillText(label.text, label.xPx, (bars.topPx[bar] as number) + BASELINE_PX)
  }
}

/** Whether the ground shows through, so that the page's text colour is the readable one. */
function isPale(kind: string, state: number): boolean {
  return kind === 'wait' || (state & BarState.AMBIGUOUS) !== 0
}
