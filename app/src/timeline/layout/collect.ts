/**
 * Collects the bars of a frame from the visible rows: one bar per span where spans are wide enough,
 * merged bars of whole columns where they are not. An example at 1 s per column of 2 px:
 *
 * ```
 *   spans     a 0–6 s            b 7.1–7.2   c 8.0–8.9   d 9.0–9.9   e 12 s–…
 *   bars      ████████████       ▓           ████████████            ██████▒░
 *             0–11 px            14–16 px    16–20 px, c and d merged 24 px–now
 *             own bar            merged      cover 4 of 4             own bar (open)
 *                                cover 1 of 4
 * ```
 *
 * An open span always has its own bar. A merged bar that contains an error carries the error.
 */
import { SpanFlag } from '@wattline/trace'
import { barEndS, flagsAt } from '../../model/at-playhead.ts'
import { coverOf, COVERS } from '../rows/cover.ts'
import type { RowIndex } from '../rows/row-index.ts'
import type { RowParts, RowView } from '../rows/row-parts.ts'
import type { RowTree } from '../rows/row-tree.ts'
import { BarState, type BarList } from './bar-list.ts'
import { snapPx } from './coordinates.ts'
import {
  barHeightPx,
  barTopPx,
  blockIndexAt,
  rowsBetween,
  type GroupBlock,
} from './group-layout.ts'
import { heatStep, UNKNOWN_HEAT } from './heat.ts'
import type { Scene } from './scene.ts'

/** Narrower spans are merged, and no bar is drawn narrower: a lone short span must be visible. */
export const COLUMN_PX = 2
/** Adjacent bars are separated by a gap, if they are wide enough to give it. */
const GAP_PX = 1
const GAP_FROM_PX = 4
/** Bars this far outside the canvas are still collected: a selected one has a ring around it. */
const MARGIN_PX = 4
const CLOCK_DISTANCE_PX = 4
/** `lastLook` after a bar that cannot be extended. */
const NO_LOOK = -1
/** How many spans of a merged bar are read for its heat. */
const HEAT_SAMPLES = 4

/** Calls `visit` for each visible block, from top to bottom. */
export function eachVisibleBlock(
  scene: Scene,
  visit: (block: GroupBlock, group: number) => void,
): void {
  const { blocks } = scene.layout
  const first = blockIndexAt(scene.layout, scene.scrollTopPx)
  for (let group = Math.max(0, first); group < blocks.length; group++) {
    const block = blocks[group]!
    if (block.topPx >= scene.scrollTopPx + scene.heightPx) return
    visit(block, group)
  }
}

/** Calls `visit` for each visible row, from top to bottom. */
export function eachVisibleRow(
  scene: Scene,
  visit: (block: GroupBlock, group: number, row: number) => void,
): void {
  const bottomPx = scene.scrollTopPx + scene.heightPx
  eachVisibleBlock(scene, (block, group) => {
    const [from, to] = rowsBetween(block, scene.scrollTopPx, bottomPx)
    for (let row = from; row < to; row++) visit(block, group, row)
  })
}

/** Receives merged bars one by one. A run that is zoomed out has tens of thousands of them. */
export interface MergedBarSink {
  /** Selects the row of the following bars, CSS px. */
  beginRow(topPx: number, heightPx: number): void
  /** @param state {@link BarState} bits @param cover in quarters, 1–4 */
  add(leftPx: number, rightPx: number, kind: number, state: number, cover: number): void
}

/**
 * Fills `list` with the bars of all visible rows. With a sink, merged bars go to the sink instead.
 * With a query, `list` has the dimmed bars first, then the matches.
 */
export function collectBars(scene: Scene, list: BarList, sink?: MergedBarSink): void {
  list.clear()
  const collector = new Collector(scene, list, sink)
  collectIndex(scene, scene.index, collector, scene.matching === undefined ? 0 : BarState.DIMMED)
  if (scene.matching !== undefined) collectIndex(scene, scene.matching, collector, 0)
}

function collectIndex(scene: Scene, index: RowIndex, collector: Collector, state: number): void {
  index.parts.beginFrame()
  eachVisibleRow(scene, (block, group, row) => {
    const tree = index.spansOf(group, row)
    if (tree !== undefined) collector.row(tree, index.parts.of(tree), block, row, state)
  })
}

/** Fills `list` with the bars of one row, as `collectBars` does without a sink. */
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
  new Collector(scene, list).row(tree, index.parts.of(tree), block, row, 0)
}

/** Left and right edge of a bar from `startS` to `endS`, CSS px. */
export function barEdgesPx(scene: Scene, startS: number, endS: number): readonly [number, number] {
  const { originS, pxPerS } = scene.scale
  const leftPx = snapPx(clampPx(scene, (startS - originS) * pxPerS), scene.deviceRatio)
  const endPx = snapPx(clampPx(scene, (endS - originS) * pxPerS), scene.deviceRatio)
  const rightPx = Math.max(endPx, leftPx + COLUMN_PX)
  return [leftPx, rightPx - leftPx >= GAP_FROM_PX ? rightPx - GAP_PX : rightPx]
}

/** Canvases lose precision far outside, so edges are at most one width away. */
function clampPx(scene: Scene, xPx: number): number {
  const { widthPx } = scene.scale
  return Math.min(Math.max(xPx, -widthPx), 2 * widthPx)
}

/** One pass over the visible rows. */
class Collector {
  readonly #scene: Scene
  readonly #list: BarList
  readonly #sink: MergedBarSink | undefined
  readonly #view: RowView
  readonly #leftS: number
  readonly #rightS: number
  /** Length of a column. */
  readonly #columnS: number
  /** Errors known until then are shown, Unix seconds. */
  readonly #knownS: number
  #tree: RowTree | undefined
  /** State bits of all bars of the row. */
  #state = 0
  /** Index of the row's first bar in the list. */
  #rowFrom = 0
  /** The bar whose label room ends where the next bar begins; −1 = none. */
  #openRoom = -1
  /** Kind, state and cover of the row's last bar if it is a merged one, and its right edge. */
  #lastLook = NO_LOOK
  #lastRightPx = 0

  constructor(scene: Scene, list: BarList, sink?: MergedBarSink) {
    const { scale } = scene
    this.#scene = scene
    this.#list = list
    this.#sink = sink
    this.#leftS = scale.originS - MARGIN_PX / scale.pxPerS
    this.#columnS = COLUMN_PX / scale.pxPerS
    this.#knownS = scene.playheadS ?? Number.MAX_VALUE
    const rightS = scale.originS + (scale.widthPx + MARGIN_PX) / scale.pxPerS
    this.#rightS = Math.min(rightS, scene.playheadS ?? Infinity)
    this.#view = { leftS: this.#leftS, rightS, columnS: this.#columnS }
  }

  row(tree: RowTree, parts: RowParts, block: GroupBlock, row: number, state: number): void {
    const list = this.#list
    const scene = this.#scene
    const topPx = snapPx(barTopPx(block, row) - scene.scrollTopPx, scene.deviceRatio)
    const heightPx = barHeightPx(block)
    this.#tree = tree
    this.#state = block.collapsed ? state | BarState.COLLAPSED : state
    this.#rowFrom = list.count
    this.#openRoom = -1
    this.#lastLook = NO_LOOK
    this.#sink?.beginRow(topPx, heightPx)
    parts.read(tree, scene.columns, this.#view)
    this.#addParts(tree, parts)
    list.topPx.fill(topPx, this.#rowFrom, list.count)
    list.heightPx.fill(heightPx, this.#rowFrom, list.count)
    const { originS, pxPerS } = scene.scale
    this.#endRoom(Math.min(scene.widthPx, (this.#rightS - originS) * pxPerS))
  }

  #addParts(tree: RowTree, parts: RowParts): void {
    const leftS = this.#leftS
    const rightS = this.#rightS
    const knownS = this.#knownS
    const { heat, playheadS } = this.#scene
    const isPlain = heat === undefined && playheadS === undefined
    for (let at = 0; at < parts.count; at++) {
      const startS = parts.startS[at]!
      if (startS > rightS) return
      const from = parts.from[at]!
      // Joined parts look the same, unless a playhead or heat makes them differ.
      while (isPlain && parts.joined[at + 1] === 1 && at + 1 < parts.count) at++
      const endS = parts.endS[at]!
      if (endS < leftS) continue
      const to = parts.to[at]!
      const ownFlags = parts.ownFlags[at]! - 1
      if (ownFlags >= 0 && isPlain && endS !== Infinity) {
        this.#span(startS, endS, parts.kind[at]!, ownFlags, from)
        continue
      }
      // A span that ends after the playhead may be open there.
      if (ownFlags >= 0 || endS > knownS) {
        this.#spans(tree, from, to)
        continue
      }
      const isError = startS + parts.errorAfterS[at]! <= knownS
      const kind = heat === undefined ? parts.kind[at]! : this.#hottest(tree, from, to)
      this.#merged(startS, endS, kind, parts.cover[at]!, isError, from, to)
    }
  }

  /**
   * The strongest heat of a few of the spans [from, to), which together are narrower than a column.
   * The levels of detail do not sum joules: those change after the spans do, and so does the scale.
   */
  #hottest(tree: RowTree, from: number, to: number): number {
    const { columns, heat, playheadS, nowS } = this.#scene
    let hottest = -1
    const step = Math.ceil((to - from) / HEAT_SAMPLES)
    for (let index = from; heat !== undefined && index < to; index += step) {
      const slot = tree.slots[index]!
      const found = heatStep(columns, heat, slot, barEndS(columns, slot, playheadS, nowS))
      if (found !== UNKNOWN_HEAT && found > hottest) hottest = found
    }
    return hottest < 0 ? UNKNOWN_HEAT : hottest
  }

  #spans(tree: RowTree, from: number, to: number): void {
    const { columns, heat, playheadS, nowS } = this.#scene
    const leftS = this.#leftS
    const rightS = this.#rightS
    for (let index = from; index < to; index++) {
      const slot = tree.slots[index]!
      const startS = columns.startS.at(slot)
      if (startS > rightS) return
      const endS = barEndS(columns, slot, playheadS, nowS)
      if (endS < leftS) continue
      const flags = flagsAt(columns, slot, playheadS)
      const kind = heat === undefined ? columns.kind.at(slot) : heatStep(columns, heat, slot, endS)
      this.#span(startS, endS, kind, flags, index)
    }
  }

  #span(startS: number, endS: number, kind: number, flags: number, index: number): void {
    const lengthS = endS - startS
    if ((flags & SpanFlag.CLOCK) !== 0) {
      this.#backwards(startS, kind, flags, index)
    } else if (lengthS >= this.#columnS || (flags & SpanFlag.OPEN) !== 0) {
      this.#single(startS, endS, kind, flags, index)
    } else {
      const cover = coverOf(lengthS / this.#columnS)
      this.#merged(startS, endS, kind, cover, (flags & SpanFlag.ERROR) !== 0, index, index + 1)
    }
  }

  #single(startS: number, endS: number, kind: number, flags: number, index: number): void {
    this.#lastLook = NO_LOOK
    const [leftPx, rightPx] = barEdgesPx(this.#scene, startS, endS)
    const state = this.#state | stateOf(flags)
    this.#push(leftPx, rightPx, kind, state, COVERS, index, index + 1)
  }

  /** A span that ends before it starts; several that would overlap become one bar. */
  #backwards(startS: number, kind: number, flags: number, index: number): void {
    const list = this.#list
    const { originS, pxPerS } = this.#scene.scale
    const last = list.count - 1
    const isAfterOne = last >= this.#rowFrom && (list.state[last]! & BarState.CLOCK) !== 0
    if (isAfterOne && (startS - originS) * pxPerS - list.leftPx[last]! < CLOCK_DISTANCE_PX) {
      list.state[last]! |= stateOf(flags)
      return
    }
    this.#single(startS, startS, kind, flags, index)
  }

  /** Adds spans too narrow for their own bars; extends the bar before if it touches and looks the same. */
  #merged(
    startS: number,
    endS: number,
    kind: number,
    cover: number,
    isError: boolean,
    from: number,
    to: number,
  ): void {
    const list = this.#list
    const { originS, pxPerS } = this.#scene.scale
    const leftPx = Math.floor((startS - originS) * pxPerS)
    const rightPx = Math.max(leftPx + COLUMN_PX, Math.round((endS - originS) * pxPerS))
    const state = this.#state | BarState.MERGED | (isError ? BarState.ERROR : 0)
    if (this.#sink !== undefined) {
      this.#endRoom(leftPx)
      this.#sink.add(leftPx, rightPx, kind, state, cover)
      return
    }
    const look = (kind << 16) | (state << 8) | cover
    const isSame = look === this.#lastLook && this.#lastRightPx >= leftPx
    this.#lastLook = look
    this.#lastRightPx = rightPx
    if (isSame) {
      const last = list.count - 1
      list.rightPx[last] = rightPx
      list.to[last] = to
      return
    }
    this.#push(leftPx, rightPx, kind, state, cover, from, to)
  }

  #push(
    leftPx: number,
    rightPx: number,
    kind: number,
    state: number,
    cover: number,
    from: number,
    to: number,
  ): void {
    const list = this.#list
    this.#endRoom(leftPx)
    const bar = list.push()
    this.#openRoom = bar
    list.leftPx[bar] = leftPx
    list.rightPx[bar] = rightPx
    list.kind[bar] = kind
    list.state[bar] = state
    list.cover[bar] = cover
    list.slot[bar] = this.#tree!.slots[from]!
    list.from[bar] = from
    list.to[bar] = to
  }

  /** Ends the label room of the last bar at the next bar, the canvas's edge or the playhead. */
  #endRoom(atPx: number): void {
    if (this.#openRoom < 0) return
    this.#list.roomPx[this.#openRoom] = atPx
    this.#openRoom = -1
  }
}

function stateOf(flags: number): number {
  let state = 0
  if (flags & SpanFlag.OPEN) state |= BarState.OPEN
  if (flags & SpanFlag.DID_NOT_END) state |= BarState.DID_NOT_END
  if (flags & SpanFlag.AMBIGUOUS) state |= BarState.AMBIGUOUS
  if (flags & SpanFlag.CLOCK) state |= BarState.CLOCK
  if (flags & SpanFlag.ERROR) state |= BarState.ERROR
  return state
}
