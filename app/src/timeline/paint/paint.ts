/**
 * Draws one frame: ground, bars, marks, selection and lines, in this order, and the axis above.
 * Depends only on the scene, the theme and the canvas contexts; reads nothing from the page.
 */
import { BarList, MarkList } from '../layout/bar-list.ts'
import { collectMarks } from '../layout/collect-marks.ts'
import { collectBars } from '../layout/collect.ts'
import { rectOf } from '../layout/hit-test.ts'
import { TextWidths } from '../layout/labels.ts'
import type { Scene } from '../layout/scene.ts'
import type { Tick } from '../layout/ticks.ts'
import { AXIS_HEIGHT_PX, paintAxis } from './paint-axis.ts'
import { beginPixelBars, paintBars, type BarTools } from './paint-bars.ts'
import { paintGround, paintLines } from './paint-ground.ts'
import { paintMarks, type MarkTools } from './paint-marks.ts'
import type { PixelBars } from './paint-pixels.ts'
import type { Theme } from './theme.ts'

const LABEL_PX = 12

/** Keeps buffers and measured text widths from frame to frame, but no state of the view. */
export interface Painter {
  /** @param nowMs time of the frame clock, for the stripes of open bars */
  paint(scene: Scene, ticks: readonly Tick[], nowMs: number): void
  /** The bars of the last frame, without those drawn as pixels; for tests and benchmarks. */
  readonly bars: BarList
}

/** Tools that need canvases of their own. Without one, its shapes are drawn one by one. */
export interface PaintTools extends MarkTools {
  /** Diagonal lines for `wait`, made by `createHatch`; undefined = plain fill. */
  readonly hatch?: CanvasPattern | undefined
  readonly pixels?: PixelBars | undefined
  /** The axis above the bars. */
  readonly axis?: CanvasRenderingContext2D | undefined
}

export function createPainter(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { hatch, pixels, axis, ...markTools }: PaintTools = {},
): Painter {
  const bars = new BarList()
  const marks = new MarkList()
  const font = `${LABEL_PX}px ${theme.font}`
  const tools: BarTools = {
    context,
    theme,
    hatch,
    font,
    pixels,
    widths: new TextWidths((text) => {
      context.font = font
      return context.measureText(text).width
    }),
    shapes: new Int32Array(256),
    sorted: new Int32Array(256),
    buckets: new Int32Array(64),
  }
  return {
    bars,
    paint(scene, ticks, nowMs) {
      fitCanvas(context.canvas, scene, scene.heightPx)
      context.setTransform(scene.deviceRatio, 0, 0, scene.deviceRatio, 0, 0)
      paintGround(context, theme, scene, ticks)
      collectBars(scene, bars, beginPixelBars(tools, scene))
      paintBars(tools, scene, bars, nowMs)
      collectMarks(scene, marks)
      paintMarks(context, theme, scene, marks, markTools)
      paintSelection(context, theme, scene)
      paintLines(context, theme, scene)
      if (axis === undefined) return
      fitCanvas(axis.canvas, scene, AXIS_HEIGHT_PX)
      paintAxis(axis, theme, scene, ticks)
    },
  }
}

/** Gives the canvas the device pixels of its box. Setting a size clears it: only when it differs. */
function fitCanvas(
  canvas: HTMLCanvasElement,
  { widthPx, deviceRatio }: Scene,
  heightPx: number,
): void {
  const width = Math.round(widthPx * deviceRatio)
  const height = Math.round(heightPx * deviceRatio)
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
}

/** A ring around the selected bar, with a gap so that it is visible on bars of its own color. */
function paintSelection(context: CanvasRenderingContext2D, theme: Theme, scene: Scene): void {
  const rect = scene.selected === undefined ? undefined : rectOf(scene, scene.selected)
  if (rect === undefined) return
  const widthPx = Math.max(rect.widthPx, 3)
  context.beginPath()
  context.roundRect(rect.leftPx - 1, rect.topPx - 1, widthPx + 2, rect.heightPx + 2, 4)
  context.lineWidth = 1
  context.strokeStyle = theme.surface
  context.stroke()
  context.beginPath()
  context.roundRect(rect.leftPx - 2, rect.topPx - 2, widthPx + 4, rect.heightPx + 4, 5)
  context.lineWidth = 2
  context.strokeStyle = theme.focusRing
  context.stroke()
}

const HATCH_TILE_PX = 6

/** A pattern of 45° lines, one device pixel of the tile per device pixel of the canvas. */
export function createHatch(
  tile: HTMLCanvasElement | OffscreenCanvas,
  color: string,
  deviceRatio: number,
): CanvasPattern | undefined {
  const sizePx = Math.round(HATCH_TILE_PX * deviceRatio)
  tile.width = sizePx
  tile.height = sizePx
  const context = tile.getContext('2d') as CanvasRenderingContext2D | null
  if (context === null) return undefined
  context.strokeStyle = color
  context.lineWidth = 1.5 * deviceRatio
  context.beginPath()
  for (const shift of [-sizePx, 0, sizePx]) {
    context.moveTo(shift - 1, sizePx + 1)
    context.lineTo(shift + sizePx + 1, -1)
  }
  context.stroke()
  const pattern = context.createPattern(tile, 'repeat')
  if (pattern === null) return undefined
  pattern.setTransform(new DOMMatrix().scale(1 / deviceRatio))
  return pattern
}
