/**
 * Draws one frame: ground, bars, marks, lines, in this order, and the axis above. Pure over the context: the scene and
 * the theme say everything; nothing is read from the page. Bars are drawn style by style, so that
 * the context changes colour a few times a frame and not once a bar.
 */
import { BarList, MarkList } from '../layout/bar-list.ts'
import type { Brush } from './brush.ts'
import { collectBars } from '../layout/collect.ts'
import { collectMarks } from '../layout/collect-marks.ts'
import { TextWidths } from '../layout/labels.ts'
import { AXIS_HEIGHT_PX, paintAxis } from './paint-axis.ts'
import { beginStrips, paintBars } from './paint-bars.ts'
import { paintGround, paintLines } from './paint-ground.ts'
import { paintMarks, type MarkTools } from './paint-marks.ts'
import type { Strips } from './paint-strips.ts'
import type { Scene } from '../layout/scene.ts'
import { rectOf } from '../layout/hit-test.ts'
import type { Theme } from './theme.ts'
import type { Tick } from '../layout/ticks.ts'

const LABEL_PX = 12

/** What is kept from frame to frame: buffers and measured widths, never facts. */
export interface Painter {
  paint(scene: Scene, ticks: readonly Tick[], nowMs: number): void
  /** What the last frame drew; for tests and for the bench. */
  readonly bars: BarList
}

/** What needs canvases of its own; without one of them, all is drawn stroke by stroke. */
export interface PaintTools extends MarkTools {
  /** A tile of diagonal lines for `wait`, made by `createHatch`; undefined = plain. */
  readonly hatch?: CanvasPattern | undefined
  /** Draws narrow bars. */
  readonly strips?: Strips | undefined
  /** Of the axis above the bars. */
  readonly axis?: CanvasRenderingContext2D | undefined
}

export function createPainter(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { hatch, strips, axis, ...markTools }: PaintTools = {},
): Painter {
  const bars = new BarList()
  const marks = new MarkList()
  const font = `${LABEL_PX}px ${theme.font}`
  const brush: Brush = {
    context,
    theme,
    hatch,
    font,
    strips,
    widths: new TextWidths((text) => {
      context.font = font
      return context.measureText(text).width
    }),
    apart: new Int32Array(256),
    buckets: new Int32Array(64),
    order: new Int32Array(256),
  }
  return {
    bars,
    paint(scene, ticks, nowMs) {
      fitCanvas(context.canvas, scene, scene.heightPx)
      context.setTransform(scene.deviceRatio, 0, 0, scene.deviceRatio, 0, 0)
      paintGround(context, theme, scene, ticks)
      collectBars(scene, bars, beginStrips(brush, scene))
      paintBars(brush, scene, bars, nowMs)
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

/** Keeps the canvas's pixels those of its box; setting them clears it, so only when they differ. */
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

/** A ring around the selected bar, a hair apart so that it shows on bars of its own colour. */
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

/** A tile of 45° lines, in device px. `tile` is an empty canvas of any size. */
export function createHatch(
  tile: HTMLCanvasElement | OffscreenCanvas,
  colour: string,
  deviceRatio: number,
): CanvasPattern | undefined {
  const sizePx = Math.round(HATCH_TILE_PX * deviceRatio)
  tile.width = sizePx
  tile.height = sizePx
  const context = tile.getContext('2d') as CanvasRenderingContext2D | null
  if (context === null) return undefined
  context.strokeStyle = colour
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
