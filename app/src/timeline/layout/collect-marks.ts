/** Collects the marks of a frame: at most one every few pixels of a row, failed ones closer. */
import { isMarkVisible } from '../../model/at-playhead.ts'
import type { MarkList } from './bar-list.ts'
import { eachVisibleRow } from './collect.ts'
import { barHeightPx, barTopPx } from './group-layout.ts'
import type { TimedMarks } from '../rows/mark-row.ts'
import type { Scene } from './scene.ts'
import { snapPx } from './coordinates.ts'

/** Half the width of a mark. Marks closer than this to the one before are skipped. */
export const MARK_REACH_PX = 5
/** Crowded marks are ticks in the lower half of the row, starting this far below its middle. */
export const TICK_FROM_PX = 2
/** Marks closer than two mark widths are all ticks: a few diamonds among them would mean nothing. */
const CROWDED_PX = 4 * MARK_REACH_PX
/** Failed marks closer than this are drawn as one. */
const FAILED_DISTANCE_PX = 3

/** @param onlyGroup collect this group alone, for a hit test */
export function collectMarks(scene: Scene, list: MarkList, onlyGroup?: number): void {
  list.clear()
  eachVisibleRow(scene, (block, group, row) => {
    const marks = scene.index.marksOf(group, row)
    if (marks === undefined || (onlyGroup ?? group) !== group) return
    const yPx = barTopPx(block, row) + barHeightPx(block) / 2 - scene.scrollTopPx
    collectSpaced(scene, marks.all, yPx, MARK_REACH_PX, list)
    // Later and closer together: a failure is never hidden by another mark.
    collectSpaced(scene, marks.failed, yPx, FAILED_DISTANCE_PX, list)
  })
}

/** Marks at least `distancePx` apart; those between are skipped without reading them. */
function collectSpaced(
  scene: Scene,
  marks: TimedMarks,
  yPx: number,
  distancePx: number,
  list: MarkList,
): void {
  const { columns, scale } = scene
  const first = list.count
  const fromS = scale.originS - MARK_REACH_PX / scale.pxPerS
  const toS = scale.originS + (scale.widthPx + MARK_REACH_PX) / scale.pxPerS
  let at = marks.firstFrom(fromS)
  while (at < marks.slots.length) {
    const slot = marks.slots[at]!
    const timeS = marks.timeS(at)
    if (timeS > toS || !isMarkVisible(columns, slot, scene.playheadS)) break
    list.push(snapPx((timeS - scale.originS) * scale.pxPerS, scene.deviceRatio), yPx, slot)
    at = marks.nextFrom(timeS + distancePx / scale.pxPerS, at + 1)
  }
  flagCrowded(list, first)
}

/** Sets `crowded` of the marks from index `first` on. */
function flagCrowded(list: MarkList, first: number): void {
  const { xPx, crowded } = list
  crowded.fill(0, first, list.count)
  for (let mark = first + 1; mark < list.count; mark++) {
    if (xPx[mark]! - xPx[mark - 1]! >= CROWDED_PX) continue
    crowded[mark - 1] = 1
    crowded[mark] = 1
  }
}
