/** Paints the time axis above the bars: ticks, their labels, and the handle of the playhead. */
import { snapPx, timeToPx } from '../layout/coordinates.ts'
import type { Scene } from '../layout/scene.ts'
import { CHAR_PX, type Tick } from '../layout/ticks.ts'
import type { Theme } from './theme.ts'

export const AXIS_HEIGHT_PX = 24
const FONT_PX = 11
const TICK_PX = 8
/** Labels start beside their tick instead of being centered: their left edge never moves. */
const LABEL_LEFT_PX = 5
const BASELINE_PX = 15

export function paintAxis(
  context: CanvasRenderingContext2D,
  theme: Theme,
  scene: Scene,
  ticks: readonly Tick[],
): void {
  const { scale, widthPx, deviceRatio, playheadS } = scene
  context.setTransform(deviceRatio, 0, 0, deviceRatio, 0, 0)
  context.fillStyle = theme.surface
  context.fillRect(0, 0, widthPx, AXIS_HEIGHT_PX)
  context.font = `${FONT_PX}px ${theme.font}`
  context.fillStyle = theme.lineStrong
  for (const { timeS } of ticks) {
    context.fillRect(leftOf(timeS), AXIS_HEIGHT_PX - TICK_PX, 1, TICK_PX)
  }
  context.fillStyle = theme.muted
  for (const { timeS, label } of ticks) {
    const leftPx = leftOf(timeS) + LABEL_LEFT_PX
    // A label cut off at the edge could be misread.
    if (leftPx + label.length * CHAR_PX > widthPx) continue
    context.fillText(label, leftPx, BASELINE_PX)
  }
  if (playheadS !== undefined) paintHandle(context, theme, timeToPx(scale, playheadS))

  function leftOf(timeS: number): number {
    return snapPx(timeToPx(scale, timeS), deviceRatio)
  }
}

/** A pentagon that points down at the playhead. */
function paintHandle(context: CanvasRenderingContext2D, theme: Theme, xPx: number): void {
  const leftPx = Math.round(xPx) - 5
  const topPx = AXIS_HEIGHT_PX - 13
  context.fillStyle = theme.accent
  context.beginPath()
  context.moveTo(leftPx, topPx)
  context.lineTo(leftPx + 10, topPx)
  context.lineTo(leftPx + 10, topPx + 7)
  context.lineTo(leftPx + 5, topPx + 13)
  context.lineTo(leftPx, topPx + 7)
  context.fill()
}
