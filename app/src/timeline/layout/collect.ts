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
import { barEndS, flagsAt } from '../../model/at-playhead.ts'
import { BarState, coverOf, COVERS, type BarList } from './bar-list.ts'
import {
  barHeightPx,
  barTopPx,
  blockIndexAt,
  rowsBetween,
  type GroupBlock,
} from './group-layout.ts'
import type { RowIndex } from '../rows/row-index.ts'
import { heatOf, UNKNOWN_HEAT } from './heat.ts'
import type { CutView, RowCut } from '../rows/row-cut.ts'
import type { RowTree } from '../rows/row-tree.ts'
import type { Scene } from './scene.ts'
import { snapPx } from './space.ts'

/** What is narrower is merged, and no bar is drawn narrower: a lone short span must be found. */
export const COLUMN_PX = 2
/** Neighbours that touch are told apart by a gap, once they are wide enough to give it. */
const GAP_PX = 1
const GAP_FROM_PX = 4
/** Bars this far outside the canvas are still looked at: a selected one has a ring around it. */
const MARGIN_PX = 4
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

/** Takes merged bars as they are found. A run zoomed out has tens of thousands of them. */
export interface MergedSink {
  /** Says which row the next bars are in, CSS px. */
  row(topPx: number, heightPx: number): void
  /** @param state of {@link BarState} @param cover in quarters, 1–4 */
  add(leftPx: number, rightPx: number, kind: number, state: number, cover: number): void
}

/**
 * Fills `list` with the bars of all rows that are seen; without the merged ones, if there is a sink
 * for these. Query: dimmed first, then the matches.
 */
export function collectBars(scene: Scene, list: BarList, sink?: MergedSink): void {
  list.clear()
  const collector = new Collector(scene, list, sink)
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

/** The bars of one row of an index, exactly as `collectBars` has them without a sink. */
export function collectRow(
  scene: Scene,
  index: RowIndex,
  group: number,
  row: number,
  list: BarList,
): void {
  list.clear()
  const block = scene.layout.blocks[group]
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

/** One pass over the visible rows. */
class Collector {
  private readonly scene: Scene
  private readonly list: BarList
  private readonly sink: MergedSink | undefined
  private readonly view: CutView
  private readonly leftS: number
  private readonly rightS: number
  /** How long a column is. */
  private readonly columnS: number
  /** What is known by then is shown, Unix seconds. */
  private readonly knownS: number
  private tree: RowTree | undefined
  private state = 0
  /** Index of the first bar of the row in the list. */
  private rowFrom = 0
  /** The bar whose room ends with the next one; −1 = none. */
  private waiting = -1
  /** Kind, state and cover of the row's last bar, if that is a merged one, and where it ends. */
  private lastLook = NO_LOOK
  private lastRightPx = 0

  constructor(scene: Scene, list: BarList, sink?: MergedSink) {
    const { scale } = scene
    this.scene = scene
    this.list = list
    this.sink = sink
    this.leftS = scale.originS - MARGIN_PX / scale.pxPerS
    this.columnS = COLUMN_PX / scale.pxPerS
    this.knownS = scene.playheadS ?? Number.MAX_VALUE
    const rightS = scale.originS + (scale.widthPx + MARGIN_PX) / scale.pxPerS
    this.rightS = Math.min(rightS, scene.playheadS ?? Infinity)
    this.view = { leftS: this.leftS, rightS, columnS: this.columnS }
  }

  row(tree: RowTree, cut: RowCut, block: GroupBlock, row: number, state: number): void {
    const { list, scene } = this
    const topPx = snapPx(barTopPx(block, row) - scene.scrollTopPx, scene.deviceRatio)
    const heightPx = barHeightPx(block)
    this.tree = tree
    this.state = block.collapsed ? state | BarState.STRIP : state
    this.rowFrom = list.count
    this.waiting = -1
    this.lastLook = NO_LOOK
    this.sink?.row(topPx, heightPx)
    cut.read(tree, scene.columns, this.view)
    this.parts(tree, cut)
    list.topPx.fill(topPx, this.rowFrom, list.count)
    list.heightPx.fill(heightPx, this.rowFrom, list.count)
    const { originS, pxPerS } = scene.scale
    this.endRoom(Math.min(scene.widthPx, (this.rightS - originS) * pxPerS))
  }

  private parts(tree: RowTree, cut: RowCut): void {
    const { leftS, rightS, knownS } = this
    const { heat, playheadS } = this.scene
    const isAsRead = heat === undefined && playheadS === undefined
    for (let at = 0; at < cut.count; at++) {
      const startS = cut.startS[at] as number
      if (startS > rightS) return
      const from = cut.from[at] as number
      // Parts that look alike are read as one, unless they look otherwise under the playhead or by heat.
      while (isAsRead && cut.joined[at + 1] === 1 && at + 1 < cut.count) at++
      const endS = cut.endS[at] as number
      if (endS < leftS) continue
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
      const isError = startS + (cut.errorAfterS[at] as number) <= knownS
      const ink = heat === undefined ? (cut.kind[at] as number) : this.hottest(tree, from, to)
      this.merged(startS, endS, ink, cut.cover[at] as number, isError, from, to)
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
      const cover = coverOf(lengthS / this.columnS)
      this.merged(startS, endS, kind, cover, (flags & SpanFlag.ERROR) !== 0, index, index + 1)
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
    this.lastLook = NO_LOOK
    const { list } = this
    const [leftPx, rightPx] = barEdgesPx(this.scene, startS, endS)
    const bar = this.push(leftPx, rightPx, kind, this.state | stateOf(flags), index, index + 1)
    list.cover[bar] = COVERS
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

  /** Of what is too narrow to be drawn alone; joined to the bar before if they look alike. */
  private merged(
    startS: number,
    endS: number,
    kind: number,
    cover: number,
    isError: boolean,
    from: number,
    to: number,
  ): void {
    const { list } = this
    const { originS, pxPerS } = this.scene.scale
    const leftPx = Math.floor((startS - originS) * pxPerS)
    const rightPx = Math.max(leftPx + COLUMN_PX, Math.round((endS - originS) * pxPerS))
    const state = this.state | BarState.MERGED | (isError ? BarState.ERROR : 0)
    if (this.sink !== undefined) {
      this.endRoom(leftPx)
      this.sink.add(leftPx, rightPx, kind, state, cover)
      return
    }
    const look = (kind << 16) | (state << 8) | cover
    const isSame = look === this.lastLook && this.lastRightPx >= leftPx
    this.lastLook = look
    this.lastRightPx = rightPx
    if (isSame) {
      const last = list.count - 1
      list.rightPx[last] = rightPx
      list.to[last] = to
      return
    }
    const bar = this.push(leftPx, rightPx, kind, state, from, to)
    list.cover[bar] = cover
    list.slot[bar] = this.tree?.slots[from] as number
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
    this.endRoom(leftPx)
    const bar = list.push()
    this.waiting = bar
    list.leftPx[bar] = leftPx
    list.rightPx[bar] = rightPx
    list.kind[bar] = kind
    list.state[bar] = state
    list.from[bar] = from
    list.to[bar] = to
    return bar
  }

  /** Tells the last bar where its room for a label ends: the next bar, the canvas's edge, the playhead. */
  private endRoom(atPx: number): void {
    if (this.waiting < 0) return
    this.list.roomPx[this.waiting] = atPx
    this.waiting = -1
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
