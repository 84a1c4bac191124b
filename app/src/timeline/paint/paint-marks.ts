/**
 * Marks: a diamond for a point, a bar torn at its left for an end without a start, and a small tick
 * for each mark that is crowded.
 */
import { MarkFlag } from '../../model/patch.ts'
import type { MarkList } from '../layout/bar-list.ts'
import { TICK_FROM_PX } from '../layout/collect-marks.ts'
import { snapPx } from '../layout/coordinates.ts'
import type { Scene } from '../layout/scene.ts'
import type { PixelTicks } from './paint-pixels.ts'
import type { Theme } from './theme.ts'

const DIAMOND_PX = 4.5
const ORPHAN_PX = 9
const TICK_PX = 2
const TICK_HEIGHT_PX = 6
const DIMMED_ALPHA = 0.25
/** Width of the outline in the page's color that separates a mark from the bar below it. */
const RIM_PX = 1.5

type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/**
 * Diamonds as small images, one per color: copying is faster than tracing each. They are bitmaps,
 * because browsers re-examine a source canvas at every copy.
 */
export class DiamondStamps {
  readonly #stamps = new Map<string, ImageBitmap>()
  #deviceRatio = Number.NaN

  /** An image of device pixels with the diamond at its center. */
  get(fill: string, rim: string, deviceRatio: number): ImageBitmap | undefined {
    if (deviceRatio !== this.#deviceRatio) this.#stamps.clear()
    this.#deviceRatio = deviceRatio
    const known = this.#stamps.get(fill)
    if (known !== undefined) return known
    const stamp = this.#draw(fill, rim)
    if (stamp !== undefined) this.#stamps.set(fill, stamp)
    return stamp
  }

  #draw(fill: string, rim: string): ImageBitmap | undefined {
    const ratio = this.#deviceRatio
    const sizePx = Math.ceil(2 * (DIAMOND_PX + RIM_PX) * ratio)
    const canvas = new OffscreenCanvas(sizePx, sizePx)
    const context = canvas.getContext('2d')
    if (context === null) return undefined
    context.scale(ratio, ratio)
    const centerPx = sizePx / ratio / 2
    setRim(context, rim)
    context.fillStyle = fill
    context.beginPath()
    traceDiamond(context, centerPx, centerPx)
    context.stroke()
    context.fill()
    return canvas.transferToImageBitmap()
  }
}

function setRim(context: Context2D, rim: string): void {
  context.strokeStyle = rim
  context.lineWidth = RIM_PX
  context.lineJoin = 'round'
  context.imageSmoothingEnabled = false
}

/** Draws many marks fast. Without one of them, its marks are drawn one by one. */
export interface MarkTools {
  readonly stamps?: DiamondStamps | undefined
  readonly ticks?: PixelTicks | undefined
}

export function paintMarks(
  context: CanvasRenderingContext2D,
  theme: Theme,
  scene: Scene,
  marks: MarkList,
  { stamps, ticks }: MarkTools = {},
): void {
  const colors = markColors(theme, scene)
  paintTicks(context, colors, scene, marks, ticks)
  const { deviceRatio } = scene
  setRim(context, theme.surface)
  for (let mark = 0; mark < marks.count; mark++) {
    if (marks.crowded[mark] === 1) continue
    const slot = marks.slot[mark]!
    const fill = colors[colorIndex(scene, slot)]!
    const alpha = isDimmed(scene, slot) ? DIMMED_ALPHA : 1
    const xPx = marks.xPx[mark]!
    const yPx = marks.yPx[mark]!
    const isOrphan = (scene.columns.markFlags.at(slot) & MarkFlag.ORPHAN) !== 0
    if (context.globalAlpha !== alpha) context.globalAlpha = alpha
    const stamp = isOrphan ? undefined : stamps?.get(fill, theme.surface, deviceRatio)
    if (stamp !== undefined) {
      const sizePx = stamp.width / deviceRatio
      const leftPx = snapPx(xPx - sizePx / 2, deviceRatio)
      const topPx = snapPx(yPx - sizePx / 2, deviceRatio)
      context.drawImage(stamp, leftPx, topPx, sizePx, sizePx)
      continue
    }
    context.fillStyle = fill
    context.beginPath()
    if (isOrphan) traceOrphan(context, xPx, yPx)
    else traceDiamond(context, xPx, yPx)
    context.stroke()
    context.fill()
  }
  context.globalAlpha = 1
}

/** Painted before the other marks: crowded marks must not hide one that stands alone. */
function paintTicks(
  context: CanvasRenderingContext2D,
  colors: readonly string[],
  scene: Scene,
  marks: MarkList,
  ticks: PixelTicks | undefined,
): void {
  ticks?.begin(scene, {
    widthPx: TICK_PX,
    heightPx: TICK_HEIGHT_PX,
    colors,
    dimmedAlpha: DIMMED_ALPHA,
  })
  for (let mark = 0; mark < marks.count; mark++) {
    if (marks.crowded[mark] === 0) continue
    const slot = marks.slot[mark]!
    const color = colorIndex(scene, slot)
    const xPx = marks.xPx[mark]! - TICK_PX / 2
    const yPx = marks.yPx[mark]! + TICK_FROM_PX
    if (ticks === undefined) {
      context.globalAlpha = isDimmed(scene, slot) ? DIMMED_ALPHA : 1
      context.fillStyle = colors[color]!
      context.fillRect(xPx, yPx, TICK_PX, TICK_HEIGHT_PX)
    } else {
      ticks.add(xPx, yPx, color, isDimmed(scene, slot))
    }
  }
  ticks?.draw(context)
}

/** The error color first, for failed marks of any kind; then a color per kind. */
function markColors(theme: Theme, { columns }: Scene): string[] {
  return [theme.error, ...columns.kinds.map((kind) => theme.barColors(kind).fill)]
}

function colorIndex({ columns }: Scene, slot: number): number {
  return columns.markFlags.at(slot) & MarkFlag.ERROR ? 0 : 1 + columns.markKind.at(slot)
}

function isDimmed({ markMatches }: Scene, slot: number): boolean {
  return markMatches !== undefined && markMatches[slot] !== 1
}

function traceDiamond(context: Context2D, xPx: number, yPx: number): void {
  context.moveTo(xPx, yPx - DIAMOND_PX)
  context.lineTo(xPx + DIAMOND_PX, yPx)
  context.lineTo(xPx, yPx + DIAMOND_PX)
  context.lineTo(xPx - DIAMOND_PX, yPx)
  context.closePath()
}

/** The end of a bar whose start is unknown: straight at its time, torn to the left of it. */
function traceOrphan(context: CanvasRenderingContext2D, xPx: number, yPx: number): void {
  const topPx = yPx - 7
  const bottomPx = yPx + 7
  const tornPx = xPx - ORPHAN_PX
  context.moveTo(xPx, topPx)
  context.lineTo(xPx, bottomPx)
  context.lineTo(tornPx, bottomPx)
  context.lineTo(tornPx + 4, bottomPx - 4.5)
  context.lineTo(tornPx, yPx)
  context.lineTo(tornPx + 4, topPx + 4.5)
  context.lineTo(tornPx, topPx)
  context.closePath()
}
