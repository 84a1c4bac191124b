/** The layers below the bars (group headers, range, grid, now) and above them (range edges, playhead). */
import { eachVisibleBlock } from '../layout/collect.ts'
import { snapPx, timeToPx } from '../layout/coordinates.ts'
import { HEADER_PX } from '../layout/group-layout.ts'
import type { Scene } from '../layout/scene.ts'
import type { Tick } from '../layout/ticks.ts'
import type { Theme } from './theme.ts'

export function paintGround(
  context: CanvasRenderingContext2D,
  theme: Theme,
  scene: Scene,
  ticks: readonly Tick[],
): void {
  const { widthPx, heightPx } = scene
  const hairlinePx = 1 / scene.deviceRatio
  context.globalAlpha = 1
  context.fillStyle = theme.surface
  context.fillRect(0, 0, widthPx, heightPx)
  context.fillStyle = theme.surfaceRaised
  eachVisibleBlock(scene, (block) => {
    context.fillRect(0, block.topPx - scene.scrollTopPx, widthPx, HEADER_PX)
  })
  paintRange(context, theme, scene)
  context.fillStyle = theme.line
  for (const { timeS } of ticks) {
    const xPx = snapPx(timeToPx(scene.scale, timeS), scene.deviceRatio)
    context.fillRect(xPx, 0, hairlinePx, heightPx)
  }
  eachVisibleBlock(scene, (block) => {
    const topPx = snapPx(block.topPx - scene.scrollTopPx, scene.deviceRatio)
    if (block.topPx > 0) context.fillRect(0, topPx, widthPx, hairlinePx)
  })
  const bottomPx = snapPx(scene.layout.heightPx - scene.scrollTopPx, scene.deviceRatio)
  if (scene.layout.blocks.length > 0) context.fillRect(0, bottomPx, widthPx, hairlinePx)
  paintNow(context, theme, scene)
}

/** Below the bars: a bar that has just begun is as narrow as this line and must not be hidden. */
function paintNow(context: CanvasRenderingContext2D, theme: Theme, scene: Scene): void {
  if (!scene.live) return
  context.globalAlpha = scene.playheadS === undefined ? 1 : 0.5
  verticalLine(context, theme.live, scene, scene.nowS, 1)
  context.globalAlpha = 1
}

function paintRange(context: CanvasRenderingContext2D, theme: Theme, scene: Scene): void {
  if (scene.range === undefined) return
  const fromPx = clampX(scene, timeToPx(scene.scale, scene.range.startS))
  const toPx = clampX(scene, timeToPx(scene.scale, scene.range.endS))
  context.globalAlpha = 0.14
  context.fillStyle = theme.accent
  context.fillRect(fromPx, 0, toPx - fromPx, scene.heightPx)
  context.globalAlpha = 1
}

/** The edges of the range and the playhead, with everything after the playhead veiled. */
export function paintLines(context: CanvasRenderingContext2D, theme: Theme, scene: Scene): void {
  if (scene.range !== undefined) {
    verticalLine(context, theme.accent, scene, scene.range.startS, 1)
    verticalLine(context, theme.accent, scene, scene.range.endS, 1)
  }
  if (scene.playheadS === undefined) return
  const xPx = clampX(scene, timeToPx(scene.scale, scene.playheadS))
  context.globalAlpha = 0.5
  context.fillStyle = theme.surfaceRaised
  context.fillRect(xPx, 0, scene.widthPx - xPx, scene.heightPx)
  context.globalAlpha = 1
  verticalLine(context, theme.accent, scene, scene.playheadS, 2)
}

function verticalLine(
  context: CanvasRenderingContext2D,
  color: string,
  scene: Scene,
  timeS: number,
  widthPx: number,
): void {
  const xPx = snapPx(timeToPx(scene.scale, timeS) - widthPx / 2, scene.deviceRatio)
  if (xPx < -widthPx || xPx > scene.widthPx) return
  context.fillStyle = color
  context.fillRect(xPx, 0, widthPx, scene.heightPx)
}

function clampX(scene: Scene, xPx: number): number {
  return Math.min(Math.max(xPx, 0), scene.widthPx)
}
