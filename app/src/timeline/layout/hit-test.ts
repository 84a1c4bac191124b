/**
 * Finds the rectangle of a span or mark, and the span or mark at a point. Uses the same geometry as
 * paint, on a {@link Scene} without a canvas.
 */
import { columnsOf } from '../../model/columns.ts'
import { barEndS, isVisible } from '../../model/at-playhead.ts'
import type { Selected } from '../../model/view-state.ts'
import { COVERS } from '../rows/cover.ts'
import { BarList, BarState, MarkList } from './bar-list.ts'
import { MARK_REACH_PX, TICK_FROM_PX, collectMarks } from './collect-marks.ts'
import { barEdgesPx, collectRow, COLUMN_PX } from './collect.ts'
import {
  barHeightPx,
  barTopPx,
  blockIndexAt,
  rowsBetween,
  type GroupBlock,
} from './group-layout.ts'
import { WIDEST_WIDTH } from '../rows/row-parts.ts'
import type { RowIndex } from '../rows/row-index.ts'
import type { RowTree } from '../rows/row-tree.ts'
import type { Scene } from './scene.ts'
import { pxToTime, snapPx, timeToPx } from './coordinates.ts'

/** CSS px from the top left corner of the canvas; can be outside of it. */
export interface Rect {
  readonly leftPx: number
  readonly topPx: number
  readonly widthPx: number
  readonly heightPx: number
}

/** How far beside its edges a bar can be hit. */
const REACH_PX = 2
/** The widest that a column of merged spans becomes before the parts of its row are rebuilt. */
const WIDEST_COLUMN_PX = COLUMN_PX * WIDEST_WIDTH

/** The rectangle of a span or mark; undefined if it does not exist (yet, at the playhead). */
export function rectOf(scene: Scene, { type, slot }: Selected): Rect | undefined {
  const { columns, layout, playheadS } = scene
  const { timeS, group, row, count } = columnsOf(columns, type)
  const startS = timeS.at(slot)
  const block = layout.blocks[group.at(slot)]
  if (slot >= count || block === undefined || startS > (playheadS ?? Infinity)) return undefined
  const xPx = timeToPx(scene.scale, startS)
  const [leftPx, rightPx] =
    type === 'span'
      ? barEdgesPx(scene, startS, barEndS(columns, slot, playheadS, scene.nowS))
      : [xPx - MARK_REACH_PX, xPx + MARK_REACH_PX]
  const topPx = snapPx(barTopPx(block, row.at(slot)) - scene.scrollTopPx, scene.deviceRatio)
  return { leftPx, topPx, widthPx: rightPx - leftPx, heightPx: barHeightPx(block) }
}

/** The topmost span or mark at a point: marks are above bars, later bars above earlier ones. */
export function hitTest(scene: Scene, xPx: number, yPx: number): Selected | undefined {
  const contentYPx = yPx + scene.scrollTopPx
  const group = blockIndexAt(scene.layout, contentYPx)
  const block = scene.layout.blocks[group]
  if (block === undefined) return undefined
  const mark = hitMark(scene, group, xPx, yPx)
  if (mark !== undefined) return mark
  const { index, matching } = scene
  // Matches of the query are drawn above the other bars.
  const match = matching && hitBar(scene, matching, group, block, xPx, contentYPx)
  return match ?? hitBar(scene, index, group, block, xPx, contentYPx)
}

function hitMark(scene: Scene, group: number, xPx: number, yPx: number): Selected | undefined {
  const marks = new MarkList()
  collectMarks(scene, marks, group)
  let nearest = -1
  let nearestPx = MARK_REACH_PX
  for (let mark = 0; mark < marks.count; mark++) {
    const distancePx = Math.abs(marks.xPx[mark]! - xPx)
    if (distancePx > nearestPx || !isMarkAt(marks, mark, distancePx, yPx)) continue
    nearest = mark
    nearestPx = distancePx
  }
  if (nearest < 0) return undefined
  return { type: 'mark', slot: marks.slot[nearest]! }
}

/** A tick is hit only where it is drawn, so that the bars below many ticks can be hit. */
function isMarkAt(marks: MarkList, mark: number, distancePx: number, yPx: number): boolean {
  const belowPx = yPx - marks.yPx[mark]!
  if (marks.crowded[mark] === 1) return distancePx <= 2 && belowPx >= TICK_FROM_PX && belowPx <= 8
  return Math.abs(belowPx) <= 8
}

function hitBar(
  scene: Scene,
  index: RowIndex,
  group: number,
  block: GroupBlock,
  xPx: number,
  contentYPx: number,
): Selected | undefined {
  const bars = new BarList()
  const [from, to] = rowsBetween(block, contentYPx, contentYPx)
  let near: Selected | undefined
  let nearPx = REACH_PX
  let cover = 0
  // The rows of a collapsed group overlap: bars that cover more are on top, else the last row.
  for (let row = Math.max(from + 1, to) - 1; row >= from && cover < COVERS; row--) {
    const topPx = barTopPx(block, row)
    const tree = index.spansOf(group, row)
    if (tree === undefined || contentYPx < topPx || contentYPx > topPx + barHeightPx(block))
      continue
    collectRow(scene, index, group, row, bars)
    const bar = nearestBar(bars, xPx)
    const outsidePx = Math.max(0, outsideOf(bars, bar, xPx))
    if (outsidePx > nearPx) continue
    const isOver = outsidePx === nearPx && (outsidePx > 0 || bars.cover[bar]! <= cover)
    if (near !== undefined && isOver) continue
    near = { type: 'span', slot: slotOf(scene, tree, bars, bar, xPx) }
    nearPx = outsidePx
    if (outsidePx === 0) cover = bars.cover[bar]!
  }
  return near
}

/** The last bar that contains the point, else the nearest one; −1 without bars. */
function nearestBar(bars: BarList, xPx: number): number {
  let nearest = -1
  for (let bar = bars.count - 1; bar >= 0; bar--) {
    const outsidePx = outsideOf(bars, bar, xPx)
    if (outsidePx <= 0) return bar
    if (outsidePx < outsideOf(bars, nearest, xPx)) nearest = bar
  }
  return nearest
}

/** Distance of a point from a bar; ≤ 0 inside. */
function outsideOf(bars: BarList, bar: number, xPx: number): number {
  if (bar < 0) return Infinity
  return Math.max(bars.leftPx[bar]! - xPx, xPx - bars.rightPx[bar]!)
}

/** The span of a bar; of a merged bar, a failed span near the point, else the nearest span. */
function slotOf(scene: Scene, tree: RowTree, bars: BarList, bar: number, xPx: number): number {
  const state = bars.state[bar]!
  if ((state & BarState.MERGED) === 0) return bars.slot[bar]!
  const { columns, scale, playheadS } = scene
  const from = bars.from[bar]!
  const to = bars.to[bar]!
  const timeS = pxToTime(scale, xPx)
  if (state & BarState.ERROR) {
    // A merged bar can span many columns: prefer a failure in the column of the point.
    const columnFrom = tree.firstFrom(columns, timeS - WIDEST_COLUMN_PX / scale.pxPerS)
    const knownS = playheadS ?? Number.MAX_VALUE
    const here = tree.firstFailed(columns, Math.max(from, columnFrom), to, knownS)
    const failed = here < 0 ? tree.firstFailed(columns, from, to, knownS) : here
    if (failed >= 0) return tree.slots[failed]!
  }
  const at = Math.min(Math.max(tree.firstFrom(columns, timeS), from), to - 1)
  const after = tree.slots[at]!
  const before = tree.slots[Math.max(from, at - 1)]!
  if (!isVisible(columns, after, playheadS)) return before
  const isBefore = timeS - columns.startS.at(before) < columns.startS.at(after) - timeS
  return isBefore ? before : after
}
