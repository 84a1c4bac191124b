/**
 * Rows. Spans are grouped by a key; at its start a span takes the first row below its parent's, in
 * its group, with nothing open in it. A bar keeps its row for life, so rows may only be added.
 *
 *     group planner   row 0  ▒▒▒▒▒▒▒ agent ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
 *                     row 1     ▒▒ turn ▒▒   ▒▒▒ turn ▒▒▒
 *                     row 2      █ lm █ █    ██ lm ██
 *                     row 3        █ tool, while the one above still runs
 */
import type { Mark, Span } from './span.ts'
import type { TraceChanges } from './trace.ts'

/** A group of rows; groups stand in the order of their first span. */
export interface LaneGroup {
  readonly label: string
  readonly rows: number
}

export interface LanePlace {
  /** Index into `groups`. */
  readonly group: number
  /** From 0 within the group. */
  readonly row: number
}

interface Bar {
  span: Span
  startS: number
  group: number
  row: number
}

class Group implements LaneGroup {
  readonly label: string
  /** Bars of each row in order of time. */
  readonly lanes: Bar[][] = []

  constructor(label: string) {
    this.label = label
  }

  get rows(): number {
    return this.lanes.length
  }
}

/**
 * Keeps every span's row while a trace grows.
 *
 * @example
 * const lanes = new Lanes((span) => span.agent ?? '')
 * lanes.place(trace.flush())
 * lanes.placeOf(span) // { group: 0, row: 2 }
 */
export class Lanes {
  readonly #groupOf: (item: Span | Mark) => string
  readonly #groups: Group[] = []
  readonly #byLabel = new Map<string, number>()
  readonly #bars: (Bar | undefined)[] = []

  constructor(groupOf: (item: Span | Mark) => string) {
    this.#groupOf = groupOf
  }

  get groups(): readonly LaneGroup[] {
    return this.#groups
  }

  /** Gives rows to what is new; returns the spans whose place differs from before. */
  place(changes: Pick<TraceChanges, 'spans'>): readonly Span[] {
    const moved: Span[] = []
    const fresh: Span[] = []
    for (const span of changes.spans) {
      const bar = this.#bars[span.slot]
      if (bar === undefined) fresh.push(span)
      else if (this.#mustMove(bar)) {
        this.#take(bar)
        fresh.push(span)
      }
    }
    fresh.sort((a, b) => a.startS - b.startS || a.startPosition - b.startPosition)
    for (const span of fresh) {
      this.#put(span)
      moved.push(span)
    }
    return moved
  }

  /** A span's place, once `place` has seen it. */
  placeOf(span: Span): LanePlace | undefined {
    return this.#bars[span.slot]
  }

  /** A mark's place: on its span's row, else on its group's first. */
  placeOfMark(mark: Mark): LanePlace {
    const group = this.#group(this.#groupOf(mark))
    const parent = mark.parent === undefined ? undefined : this.#bars[mark.parent.slot]
    const row = parent?.group === group ? parent.row : 0
    const lanes = this.#groups[group]!.lanes
    if (lanes.length === 0) lanes.push([])
    return { group, row }
  }

  #put(span: Span): void {
    const groupIndex = this.#group(this.#groupOf(span))
    const { lanes } = this.#groups[groupIndex]!
    const parent = span.parent === undefined ? undefined : this.#bars[span.parent.slot]
    let row = parent?.group === groupIndex ? parent.row + 1 : 0
    while (row < lanes.length && !isFree(lanes[row]!, span)) row++
    while (lanes.length <= row) lanes.push([])
    const bar = { span, startS: span.startS, group: groupIndex, row }
    const lane = lanes[row]!
    lane.splice(firstAfter(lane, span.startS), 0, bar)
    this.#bars[span.slot] = bar
  }

  #take(bar: Bar): void {
    const lane = this.#groups[bar.group]!.lanes[bar.row]!
    const index = lane.lastIndexOf(bar)
    if (index >= 0) lane.splice(index, 1)
  }

  /** What came late may have given a bar another group, or an end that now runs into the next. */
  #mustMove(bar: Bar): boolean {
    const group = this.#groups[bar.group]!
    if (this.#groupOf(bar.span) !== group.label) return true
    const lane = group.lanes[bar.row]!
    const next = lane[lane.length - 1] === bar ? undefined : lane[lane.lastIndexOf(bar) + 1]
    return next !== undefined && next.startS < busyUntilS(bar.span)
  }

  #group(label: string): number {
    let index = this.#byLabel.get(label)
    if (index === undefined) {
      index = this.#groups.length
      this.#groups.push(new Group(label))
      this.#byLabel.set(label, index)
    }
    return index
  }
}

/** Until when a bar keeps its row to itself; an unended one may yet grow. */
function busyUntilS(span: Span): number {
  return span.endS ?? span.releasedS ?? Infinity
}

/** In the log's order, so that a start between another's start and end of one instant sees it open. */
function isOverAt(span: Span, start: Span): boolean {
  if (span.endS === undefined) return span.releasedS !== undefined && span.releasedS < start.startS
  if (span.endS !== start.startS) return span.endS < start.startS
  return span.endPosition! < start.startPosition
}

function isFree(lane: readonly Bar[], span: Span): boolean {
  const index = firstAfter(lane, span.startS)
  const before = lane[index - 1]
  if (before !== undefined && !isOverAt(before.span, span)) return false
  const after = lane[index]
  return after === undefined || after.startS >= busyUntilS(span)
}

function firstAfter(lane: readonly Bar[], timeS: number): number {
  let low = 0
  let high = lane.length
  if (high === 0 || lane[high - 1]!.startS <= timeS) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if (lane[middle]!.startS <= timeS) low = middle + 1
    else high = middle
  }
  return low
}
