/** Which marks a frame draws: one every few pixels of a row at most, failed ones always. */
import { isMarkVisible } from '../../model/at-playhead.ts'
import type { MarkList } from './bar-list.ts'
import { eachVisibleBlock } from './collect.ts'
import { barHeightPx, barTopPx, rowsBetween } from './group-layout.ts'
import type { MarkRow, TimedMarks } from '../rows/mark-row.ts'
import type { Scene } from './scene.ts'
import { snapPx } from './coordinates.ts'

/** Half of a mark's width; marks closer than this to the one before are not told apart. */
export const MARK_REACH_PX = 5
/** Crowded marks are ticks at the foot of the row: so far below its middle they begin. */
export const TICK_FROM_PX = 2
/** Marks closer than two of them are wide are crowded: some diamonds among many ticks would say nothing. */
const CROWDED_PX = 4 * MARK_REACH_PX
/** Failed marks this close are one. */
const FAILED_APART_PX = 3

/** @param only one group's marks, for finding what is at a point */
export function collectMarks(scene: Scene, list: MarkList, only?: number): void {
  list.clear()
  const bottomPx = scene.scrollTopPx + scene.heightPx
  eachVisibleBlock(scene, (block, group) => {
    if (only !== undefined && group !== only) return
    const [from, to] = rowsBetween(block, scene.scrollTopPx, bottomPx)
    for (let row = from; row < to; row++) {
      const marks = scene.index.marksOf(group, row)
      if (marks === undefined) continue
      const middlePx = barTopPx(block, row) + barHeightPx(block) / 2 - scene.scrollTopPx
      collectRowMarks(scene, marks, middlePx, list)
    }
  })
}

function collectRowMarks(scene: Scene, marks: MarkRow, yPx: number, list: MarkList): void {
  collectSpaced(scene, marks.all, yPx, MARK_REACH_PX, list)
  // On top, and closer to each other: a failure never hides behind a mark beside it.
  collectSpaced(scene, marks.failed, yPx, FAILED_APART_PX, list)
}

/** From mark to mark at least `apartPx`: what lies between is skipped, not looked at. */
function collectSpaced(
  scene: Scene,
  marks: TimedMarks,
  yPx: number,
  apartPx: number,
  list: MarkList,
): void {
  const { columns, scale } = scene
  const first = list.count
  const fromS = scale.originS - MARK_REACH_PX / scale.pxPerS
  const toS = scale.originS + (scale.widthPx + MARK_REACH_PX) / scale.pxPerS
  let at = marks.firstFrom(fromS)
  while (at < marks.slots.length) {
    const slot = marks.slots[at] as number
    const timeS = marks.timeS(at)
    if (timeS > toS || !isMarkVisible(columns, slot, scene.playheadS)) break
    list.push(snapPx((timeS - scale.originS) * scale.pxPerS, scene.deviceRatio), yPx, slot)
    at = marks.nextFrom(timeS + apartPx / scale.pxPerS, at + 1)
  }
  tellCrowded(list, first)
}

/** Says which marks are crowded, from `first` on. */
function tellCrowded(list: MarkList, first: number): void {
  const { xPx, crowded } = list
  crowded.fill(0, first, list.count)
  for (let mark = first + 1; mark < list.count; mark++) {
    if ((xPx[mark] as number) - (xPx[mark - 1] as number) >= CROWDED_PX) continue
    crowded[mark - 1] = 1
    crowded[mark] = 1
  }
}
