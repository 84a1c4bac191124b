/**
 * Marks: a diamond for a point, the broken left half of a bar for an end without a start; a tick
 * for each where they are many.
 */
import { MarkFlag } from '../../model/trace-columns.ts'
import type { Theme } from './theme.ts'
import type { MarkList } from '../layout/bar-list.ts'
import { TICK_FROM_PX } from '../layout/collect-marks.ts'
import type { BoxStrips } from './paint-strips.ts'
import type { Scene } from '../layout/scene.ts'
import { snapPx } from '../layout/space.ts'

const DIAMOND_PX = 4.5
const ORPHAN_PX = 9
const TICK_PX = 2
const TICK_HEIGHT_PX = 6
const DIMMED_ALPHA = 0.25

type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** A rim of the ground's colour sets a mark off from the bar it lies on. */
const RIM_PX = 1.5

/**
 * Diamonds as small pictures, one a colour: many are copied sooner than they are traced. They are
 * bitmaps, since a canvas that is copied from is looked at anew each time.
 */
export class DiamondStamps {
  private readonly stamps = new Map<string, ImageBitmap>()
  private deviceRatio = Number.NaN

  /** With the diamond in its middle; as large as it is in device px. */
  get(fill: string, rim: string, deviceRatio: number): ImageBitmap | undefined {
    if (deviceRatio !== this.deviceRatio) this.stamps.clear()
    this.deviceRatio = deviceRatio
    const known = this.stamps.get(fill)
    if (known !== undefined) return known
    const stamp = this.draw(fill, rim)
    if (stamp !== undefined) this.stamps.set(fill, stamp)
    return stamp
  }

  private draw(fill: string, rim: string): ImageBitmap | undefined {
    const sizePx = Math.ceil(2 * (DIAMOND_PX + RIM_PX) * this.deviceRatio)
    const canvas = new OffscreenCanvas(sizePx, sizePx)
    const context = canvas.getContext('2d')
    if (context === null) return undefined
    context.scale(this.deviceRatio, this.deviceRatio)
    const middlePx = sizePx / this.deviceRatio / 2
    beginMarks(context, rim)
    context.fillStyle = fill
    context.beginPath()
    traceDiamond(context, middlePx, middlePx)
    context.stroke()
    context.fill()
    return canvas.transferToImageBitmap()
  }
}

function beginMarks(context: Context2D, rim: string): void {
  context.strokeStyle = rim
  context.lineWidth = RIM_PX
  context.lineJoin = 'round'
  context.imageSmoothingEnabled = false
}

/** What draws many marks fast; without one of them, all are drawn stroke by stroke. */
export interface MarkTools {
  readonly stamps?: DiamondStamps | undefined
  readonly ticks?: BoxStrips | undefined
}

export function paintMarks(
  context: CanvasRenderingContext2D,
  theme: Theme,
  scene: Scene,
  marks: MarkList,
  { stamps, ticks }: MarkTools = {},
): void {
  const colours = coloursOf(theme, scene)
  paintTicks(context, colours, scene, marks, ticks)
  const { deviceRatio } = scene
  beginMarks(context, theme.surface)
  for (let mark = 0; mark < marks.count; mark++) {
    if (marks.crowded[mark] === 1) continue
    const slot = marks.slot[mark] as number
    const fill = colours[colourOf(scene, slot)] as string
    const alpha = isDimmed(scene, slot) ? DIMMED_ALPHA : 1
    const xPx = marks.xPx[mark] as number
    const yPx = marks.yPx[mark] as number
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

/** Below the other marks: what is crowded must not hide what stands alone. */
function paintTicks(
  context: CanvasRenderingContext2D,
  colours: readonly string[],
  scene: Scene,
  marks: MarkList,
  ticks: BoxStrips | undefined,
): void {
  ticks?.begin(scene, {
    widthPx: TICK_PX,
    heightPx: TICK_HEIGHT_PX,
    colours,
    dimmedAlpha: DIMMED_ALPHA,
  })
  for (let mark = 0; mark < marks.count; mark++) {
    if (marks.crowded[mark] === 0) continue
    const slot = marks.slot[mark] as number
    const colour = colourOf(scene, slot)
    const xPx = (marks.xPx[mark] as number) - TICK_PX / 2
    const yPx = (marks.yPx[mark] as number) + TICK_FROM_PX
    if (ticks === undefined) {
      context.globalAlpha = isDimmed(scene, slot) ? DIMMED_ALPHA : 1
      context.fillStyle = colours[colour] as string
      context.fillRect(xPx, yPx, TICK_PX, TICK_HEIGHT_PX)
    } else {
      ticks.add(xPx, yPx, colour, isDimmed(scene, slot))
    }
  }
  ticks?.draw(context)
}

/** What failed has the first colour, whatever its kind. */
function coloursOf(theme: Theme, { columns }: Scene): string[] {
  return [theme.error, ...columns.kinds.map((kind) => theme.ink(kind).fill)]
}

function colourOf({ columns }: Scene, slot: number): number {
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

/** The end of a bar whose beginning nobody saw: straight at its time, torn before it. */
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
