/** The time axis above the bars: ticks, what they say, and the handle of the playhead. */
import type { Scene } from '../layout/scene.ts'
import { snapPx, timeToPx } from '../layout/space.ts'
import type { Theme } from './theme.ts'
import { CHAR_PX, type Tick } from '../layout/ticks.ts'

export const AXIS_HEIGHT_PX = 24
const FONT_PX = 11
const TICK_PX = 8
/** Beside the tick, not centred on it: a label's left edge stands still while its digits change. */
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
    // Half a label says nothing.
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
