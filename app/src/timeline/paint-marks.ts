/**
 * Marks: a diamond for a point, the broken left half of a bar for an end without a start; a tick
 * for each where they are many.
 */
import { MarkFlag } from '../model/columns.ts'
import type { MarkList } from './bar-list.ts'
import { TICK_FROM_PX } from './collect-marks.ts'
import type { Scene } from './scene.ts'
import type { Theme } from './theme.ts'

const DIAMOND_PX = 4.5
const ORPHAN_PX = 9
const TICK_PX = 2
const TICK_HEIGHT_PX = 6
const DIMMED_ALPHA = 0.25

export function paintMarks(
  context: CanvasRenderingContext2D,
  theme: Theme,
  scene: Scene,
  marks: MarkList,
): void {
  const { columns } = scene
  // A rim of the ground's colour sets a mark off from the bar it lies on.
  context.strokeStyle = theme.surface
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  for (let mark = 0; mark < marks.count; mark++) {
    const slot = marks.slot[mark] as number
    const flags = columns.markFlags.at(slot)
    const kind = columns.kinds[columns.markKind.at(slot)] ?? ''
    const isDimmed = scene.markMatches !== undefined && scene.markMatches[slot] !== 1
    context.globalAlpha = isDimmed ? DIMMED_ALPHA : 1
    context.fillStyle = flags & MarkFlag.ERROR ? theme.error : theme.ink(kind).fill
    const xPx = marks.xPx[mark] as number
    const yPx = marks.yPx[mark] as number
    if (marks.crowded[mark] === 1) {
      context.fillRect(xPx - TICK_PX / 2, yPx + TICK_FROM_PX, TICK_PX, TICK_HEIGHT_PX)
      continue
    }
    context.beginPath()
    if (flags & MarkFlag.ORPHAN) traceOrphan(context, xPx, yPx)
    else traceDiamond(context, xPx, yPx)
    context.stroke()
    context.fill()
  }
  context.globalAlpha = 1
}

function traceDiamond(context: CanvasRenderingContext2D, xPx: number, yPx: number): void {
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
