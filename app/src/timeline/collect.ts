/**
 * Which bars a frame draws, from the rows that are seen: whole bars where they are wide enough,
 * one bar a column where they are not.
 *
 * ```
 *   spans    |-----------||-|-||||  |||   |--
 *   columns  | | | | | | | | | | | | | | | |        two CSS px each
 *   bars     ████████████ ▓▓▓▓▓▓▓  ▒▒▒   ███        ▓ ▒ merged, shaded by how much is covered
 * ```
 *
 * An open bar is always a bar of its own; a merged bar with an error inside carries the error.
 */
import { SpanFlag } from '@wattline/trace'
import { barEndS, flagsAt } from '../model/clip.ts'
import { BarState, type BarList } from './bar-list.ts'
import {
  barHeightPx,
  barTopPx,
  blockIndexAt,
  rowsBetween,
  type GroupBlock,
} from './group-layout.ts'
import type { RowIndex } from './row-index.ts'
import { heatOf, UNKNOWN_HEAT } from './heat.ts'
import type { CutView, RowCut } from './row-cut.ts'
import type { RowTree } from './row-tree.ts'
import type { Scene } from './scene.ts'
import { snapPx } from './space.ts'

/** What is narrower is merged, and no bar is drawn narrower: a lone short span must be found. */
const COLUMN_PX = 2
/** Neighbours that touch are told apart by a gap, once they are wide enough to give it. */
const GAP_PX = 1
const GAP_FROM_PX = 4
/** Bars this far outside the canvas are still looked at: a selected one has a ring around it. */
const MARGIN_PX = 4
const QUARTERS = 4
const CLOCK_APART_PX = 4
/** Of a bar that no column is joined to. */
const NO_LOOK = -1
/** Spans of a merged bar whose heat is looked at. */
const HEAT_SAMPLES = 4

/** Calls `visit` for each block that is seen, from the top down. */
export function eachVisibleBlock(
  scene: Scene,
  visit: (block: GroupBlock, group: number) => void,
): void {
  const { blocks } = scene.layout
  const first = blockIndexAt(scene.layout, scene.scrollTopPx)
  for (let group = Math.max(0, first); group < blocks.length; group++) {
    const block = blocks[group] as GroupBlock
    if (block.topPx >= scene.scrollTopPx + scene.heightPx) return
    visit(block, group)
  }
}

/** Fills `list` with the bars of all rows that are seen. Query: dimmed first, then the matches. */
export function collectBars(scene: Scene, list: BarList): void {
  list.clear()
  const collector = new Collector(scene, list)
  collectIndex(scene, scene.index, collector, scene.matching === undefined ? 0 : BarState.DIMMED)
  if (scene.matching !== undefined) collectIndex(scene, scene.matching, collector, 0)
}

function collectIndex(scene: Scene, index: RowIndex, collector: Collector, state: number): void {
  const bottomPx = scene.scrollTopPx + scene.heightPx
  index.cuts.beginFrame()
  eachVisibleBlock(scene, (block, group) => {
    const [from, to] = rowsBetween(block, scene.scrollTopPx, bottomPx)
    for (let row = from; row < to; row++) {
      const tree = index.spansOf(group, row)
      if (tree !== undefined) collector.row(tree, index.cuts.of(tree), block, row, state)
    }
  })
}

/** The bars of one row, exactly as `collectBars` has them. */
export function collectRow(scene: Scene, group: number, row: number, list: BarList): void {
  list.clear()
  const { layout, index } = scene
  const block = layout.blocks[group]
  const tree = index.spansOf(group, row)
  if (block === undefined || tree === undefined) return
  new Collector(scene, list).row(tree, index.cuts.of(tree), block, row, 0)
}

/** Left and right edge of a bar from `startS` to `endS`, in CSS px. */
export function barEdgesPx(scene: Scene, startS: number, endS: number): readonly [number, number] {
  const { originS, pxPerS } = scene.scale
  const leftPx = snapPx(clampPx(scene, (startS - originS) * pxPerS), scene.deviceRatio)
  const endPx = snapPx(clampPx(scene, (endS - originS) * pxPerS), scene.deviceRatio)
  const rightPx = Math.max(endPx, leftPx + COLUMN_PX)
  return [leftPx, rightPx - leftPx >= GAP_FROM_PX ? rightPx - GAP_PX : rightPx]
}

/** Canvases lose precision far outside; what is a screen away is as good as any farther. */
function clampPx(scene: Scene, xPx: number): number {
  const { widthPx } = scene.scale
  return Math.min(Math.max(xPx, -widthPx), 2 * widthPx)
}

/** One pass over the visible rows. Fields are the column being merged. */
class Collector {
  private readonly scene: Scene
  private readonly list: BarList
  private readonly view: CutView
  private readonly leftS: number
  private readonly rightS: number
  /** How long a column is. */
  private readonly columnS: number
  /** What is known by then is shown, Unix seconds. */
  private readonly knownS: number
  private tree: RowTree | undefined
  private state = 0
  private topPx = 0
  private heightPx = 0
  /** Index of the first bar of the row in the list. */
  private rowFrom = 0
  private columnPx = NaN
  private columnUntilS = -Infinity
  private columnEndS = -Infinity
  private kind = 0
  private kindS = 0
  private coveredS = 0
  private error = false
  private from = 0
  private to = 0
  /** Kind, state and cover of the row's last bar, if that is a merged one, and where it ends. */
  private lastLook = NO_LOOK
  private lastRightPx = 0

  constructor(scene: Scene, list: BarList) {
    const { scale } = scene
    this.scene = scene
    this.list = list
    this.leftS = scale.originS - MARGIN_PX / scale.pxPerS
    this.columnS = COLUMN_PX / scale.pxPerS
    this.knownS = scene.playheadS ?? Number.MAX_VALUE
    const rightS = scale.originS + (scale.widthPx + MARGIN_PX) / scale.pxPerS
    this.rightS = Math.min(rightS, scene.playheadS ?? Infinity)
    this.view = { leftS: this.leftS, rightS, columnS: this.columnS }
  }

  row(tree: RowTree, cut: RowCut, block: GroupBlock, row: number, state: number): void {
    this.tree = tree
    this.state = block.collapsed ? state | BarState.STRIP : state
    this.topPx = barTopPx(block, row) - this.scene.scrollTopPx
    this.heightPx = barHeightPx(block)
    this.rowFrom = this.list.count
    this.columnPx = NaN
    this.lastLook = NO_LOOK
    cut.read(tree, this.scene.columns, this.view)
    this.parts(tree, cut)
    this.flush()
    this.list.topPx.fill(this.topPx, this.rowFrom, this.list.count)
    this.list.heightPx.fill(this.heightPx, this.rowFrom, this.list.count)
    this.giveRoom()
  }

  private parts(tree: RowTree, cut: RowCut): void {
    const { leftS, rightS, knownS } = this
    const { heat, playheadS } = this.scene
    const isHeat = heat !== undefined
    const isAsRead = !isHeat && playheadS === undefined
    for (let at = 0; at < cut.count; at++) {
      const startS = cut.startS[at] as number
      if (startS > rightS) return
      const endS = cut.endS[at] as number
      if (endS < leftS) continue
      const from = cut.from[at] as number
      const to = cut.to[at] as number
      const ownFlags = (cut.ownFlags[at] as number) - 1
      if (ownFlags >= 0 && isAsRead && endS !== Infinity) {
        const slot = tree.slots[from] as number
        this.span(slot, startS, endS, cut.kind[at] as number, ownFlags, from)
        continue
      }
      // What ends after the playhead may be open there.
      if (ownFlags >= 0 || endS > knownS) {
        this.leaves(tree, from, to)
        continue
      }
      const error = startS + (cut.errorAfterS[at] as number) <= knownS
      const ink = isHeat ? this.hottest(tree, from, to) : (cut.kind[at] as number)
      if (!(startS < this.columnUntilS)) this.beginColumn(startS, ink, from)
      this.merge(endS, ink, cut.coveredS[at] as number, error, to)
    }
  }

  /**
   * The strongest colour of some of the spans in [from, to), which are together narrower than a column.
   * No level sums up joules: they change after the spans do, and on a scale that moves.
   */
  private hottest(tree: RowTree, from: number, to: number): number {
    const { columns, heat, playheadS, nowS } = this.scene
    let hottest = -1
    const step = Math.ceil((to - from) / HEAT_SAMPLES)
    for (let index = from; heat !== undefined && index < to; index += step) {
      const slot = tree.slots[index] as number
      const ink = heatOf(columns, heat, slot, barEndS(columns, slot, playheadS, nowS))
      if (ink !== UNKNOWN_HEAT && ink > hottest) hottest = ink
    }
    return hottest < 0 ? UNKNOWN_HEAT : hottest
  }

  private leaves(tree: RowTree, from: number, to: number): void {
    const { columns, heat, playheadS, nowS } = this.scene
    const { leftS, rightS } = this
    for (let index = from; index < to; index++) {
      const slot = tree.slots[index] as number
      const startS = columns.startS.at(slot)
      if (startS > rightS) return
      const endS = barEndS(columns, slot, playheadS, nowS)
      if (endS < leftS) continue
      const flags = flagsAt(columns, slot, playheadS)
      const kind = heat === undefined ? columns.kind.at(slot) : heatOf(columns, heat, slot, endS)
      this.span(slot, startS, endS, kind, flags, index)
    }
  }

  private span(
    slot: number,
    startS: number,
    endS: number,
    kind: number,
    flags: number,
    index: number,
  ): void {
    const lengthS = endS - startS
    if ((flags & SpanFlag.CLOCK) !== 0) {
      this.clock(slot, startS, kind, flags, index)
    } else if (lengthS >= this.columnS || (flags & SpanFlag.OPEN) !== 0) {
      this.single(slot, startS, endS, kind, flags, index)
    } else {
      if (!(startS < this.columnUntilS)) this.beginColumn(startS, kind, index)
      this.merge(endS, kind, lengthS, (flags & SpanFlag.ERROR) !== 0, index + 1)
    }
  }

  private single(
    slot: number,
    startS: number,
    endS: number,
    kind: number,
    flags: number,
    index: number,
  ): void {
    this.flush()
    this.lastLook = NO_LOOK
    const { list } = this
    const [leftPx, rightPx] = barEdgesPx(this.scene, startS, endS)
    const bar = this.push(leftPx, rightPx, kind, this.state | stateOf(flags), index, index + 1)
    list.cover[bar] = QUARTERS
    list.slot[bar] = slot
  }

  /** A shape of its own; several that would lie on each other are one. */
  private clock(slot: number, startS: number, kind: number, flags: number, index: number): void {
    const { list } = this
    const last = list.count - 1
    const xPx = (startS - this.scene.scale.originS) * this.scene.scale.pxPerS
    const isClock = last >= this.rowFrom && ((list.state[last] as number) & BarState.CLOCK) !== 0
    if (isClock && xPx - (list.leftPx[last] as number) < CLOCK_APART_PX) {
      list.state[last] = (list.state[last] as number) | stateOf(flags)
      return
    }
    this.single(slot, startS, startS, kind, flags, index)
  }

  private merge(endS: number, kind: number, coveredS: number, error: boolean, to: number): void {
    // A majority vote in one pass: a kind that covers more than half of the column wins.
    if (kind === this.kind) this.kindS += coveredS
    else if (coveredS > this.kindS) {
      this.kind = kind
      this.kindS = coveredS - this.kindS
    } else this.kindS -= coveredS
    this.coveredS += coveredS
    this.error ||= error
    this.to = to
    if (endS > this.columnEndS) this.columnEndS = endS
  }

  private beginColumn(startS: number, kind: number, from: number): void {
    this.flush()
    const { originS, pxPerS } = this.scene.scale
    this.columnPx = Math.floor((startS - originS) * pxPerS)
    this.columnUntilS = originS + (this.columnPx + COLUMN_PX) / pxPerS
    this.columnEndS = -Infinity
    this.kind = kind
    this.kindS = 0
    this.coveredS = 0
    this.error = false
    this.from = from
  }

  /** Ends the column: joins it to the one before if they look alike, else draws it. */
  private flush(): void {
    if (Number.isNaN(this.columnPx)) return
    const { list, columnPx } = this
    const { originS, pxPerS } = this.scene.scale
    const endPx = Math.round((this.columnEndS - originS) * pxPerS)
    const columnEndPx = Math.max(columnPx + COLUMN_PX, endPx)
    const state = this.state | BarState.MERGED | (this.error ? BarState.ERROR : 0)
    const cover = Math.min(
      QUARTERS,
      Math.max(1, Math.ceil((this.coveredS / this.columnS) * QUARTERS)),
    )
    const look = (this.kind << 16) | (state << 8) | cover
    const isSame = look === this.lastLook && this.lastRightPx >= columnPx
    this.columnPx = NaN
    this.columnUntilS = -Infinity
    this.lastLook = look
    this.lastRightPx = columnEndPx
    if (isSame) {
      const last = list.count - 1
      list.rightPx[last] = columnEndPx
      list.to[last] = this.to
      return
    }
    const bar = this.push(columnPx, columnEndPx, this.kind, state, this.from, this.to)
    list.cover[bar] = cover
    list.slot[bar] = this.tree?.slots[this.from] as number
  }

  private push(
    leftPx: number,
    rightPx: number,
    kind: number,
    state: number,
    from: number,
    to: number,
  ): number {
    const { list } = this
    const bar = list.push()
    list.leftPx[bar] = leftPx
    list.rightPx[bar] = rightPx
    list.kind[bar] = kind
    list.state[bar] = state
    list.from[bar] = from
    list.to[bar] = to
    return bar
  }

  /** Tells each bar where the next one (the canvas, the known) ends its room for a label. */
  private giveRoom(): void {
    const { list } = this
    let roomPx = Math.min(
      this.scene.widthPx,
      (this.rightS - this.scene.scale.originS) * this.scene.scale.pxPerS,
    )
    for (let bar = list.count - 1; bar >= this.rowFrom; bar--) {
      list.roomPx[bar] = roomPx
      roomPx = list.leftPx[bar] as number
    }
  }
}

function stateOf(flags: number): number {
  let state = 0
  if (flags & SpanFlag.OPEN) state |= BarState.OPEN
  if (flags & SpanFlag.DID_NOT_END) state |= BarState.FADES
  if (flags & SpanFlag.AMBIGUOUS) state |= BarState.AMBIGUOUS
  if (flags & SpanFlag.CLOCK) state |= BarState.CLOCK
  if (flags & SpanFlag.ERROR) state |= BarState.ERROR
  return state
}
