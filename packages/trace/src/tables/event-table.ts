/**
 * The events of a trace as columns, one row for each event in the order of arrival. Texts are numbers of
 * an `Interner`, ids are numbers of an `IdTable`, and shared attributes are those of `EventAttributes`.
 */
import { BitColumn, NONE, PositionColumn } from '../columns/columns.ts'
import type { Growth } from '../columns/growth.ts'
import type { EventRow, IdList } from '../row/event-row.ts'
import { EventAttributes } from './event-attributes.ts'
import { UsageColumn, isFirstOfBlock } from './usage-column.ts'
import { IdTable } from './id-table.ts'
import { NearColumn } from '../columns/near-column.ts'
import type { ScopeTable } from '../row/scope.ts'
import { TimeColumn } from '../columns/time-column.ts'

/** Number of set bits of a usage mask. */
function countOf(mask: number): number {
  let count = 0
  for (let bits = mask; bits !== 0; bits &= bits - 1) count++
  return count
}

/** Events by row. */
export class EventTable extends EventAttributes {
  count = 0
  readonly ids: IdTable
  readonly #timeS = new TimeColumn()
  readonly #position = new PositionColumn()
  /** The span of a start; the span that an end closed; the mark of a point, see `MarkTable.slotOfPoint`. */
  readonly slot = new NearColumn()
  /** The end of a start and the start of an end, if they are paired by id. */
  readonly partner = new NearColumn()
  /** The event's id. For an event with several ids: the index of its first one in `#manyIds`. */
  readonly #id = new NearColumn()
  readonly #manyIds: number[] = []
  readonly #usage = new UsageColumn()
  #usageEvent = NONE
  #firstUsage = 0
  /** All events from this one on arrived in order. */
  #inOrderFrom = 0
  /** Time and position of the last event. */
  #lastS = -Infinity
  #lastPosition = -Infinity
  /** Whether an event has a writer other than 0. */
  hasWriters = false
  /** Events that are older than an earlier one. */
  readonly late = new BitColumn()

  constructor(growth: Growth, scopes: ScopeTable) {
    super(growth, scopes)
    this.ids = new IdTable(growth)
  }

  add(row: EventRow, position: number, writer: number): number {
    const event = this.count++
    this.#timeS.set(event, row.timeS)
    this.#position.set(event, position)
    this.setAttributes(event, row, writer)
    if (writer !== 0) this.hasWriters = true
    this.#id.set(event, this.#numbered(row.ids))
    this.#usage.add(event, row)
    const isBehindLast =
      row.timeS > this.#lastS || (row.timeS === this.#lastS && position > this.#lastPosition)
    if (!isBehindLast) this.#inOrderFrom = event
    this.#lastS = row.timeS
    this.#lastPosition = position
    return event
  }

  /** Whether all events from this one on arrived in order. */
  isInOrderFrom(event: number): boolean {
    return event >= this.#inOrderFrom
  }

  /** Unix seconds. */
  timeS(event: number): number {
    return this.#timeS.at(event)
  }
  position(event: number): number {
    return this.#position.at(event)
  }

  /** The id under `idKeys(event)[index]`; `count` is the number of its id keys. */
  idAt(event: number, index: number, count: number): number {
    return this.#numberAt(this.#id.at(event), index, count)
  }

  /** The ids of an event under the keys in `mask`, as one value. */
  idsUnder(event: number, mask: number): number | string {
    const keys = this.idKeys(event)
    const ids: number[] = []
    for (let index = 0; index < keys.length; index++) {
      if ((mask & (1 << keys[index]!)) !== 0) ids.push(this.idAt(event, index, keys.length))
    }
    return ids.length === 1 ? ids[0]! : ids.join()
  }

  /** Stores the ids of the parents that a start names. The result is for {@link parentAt}. */
  numberParents(row: EventRow): number {
    return this.#numbered(row.parents)
  }
  /** The id under `parentKeys(start)[index]`; `parents` is the result of {@link numberParents}. */
  parentAt(parents: number, index: number, count: number): number {
    return this.#numberAt(parents, index, count)
  }

  /** A figure of an event as it is logged; see `Figure`. NaN = unknown. */
  usage(event: number, figure: number): number {
    if (event === NONE) return NaN
    const mask = this.usageMask(event)
    if ((mask & (1 << figure)) === 0) return NaN
    return this.#usage.at(this.#firstUsageOf(event) + countOf(mask & ((1 << figure) - 1)))
  }

  /** Index of an event's first usage value. Cached: callers read all figures in turn. */
  #firstUsageOf(event: number): number {
    if (event === this.#usageEvent) return this.#firstUsage
    let first = this.#usage.before(event)
    for (let other = event; !isFirstOfBlock(other);) {
      first += countOf(this.usageMask(--other))
    }
    this.#usageEvent = event
    this.#firstUsage = first
    return first
  }

  /** Orders events by time, then by position. */
  compare(a: number, b: number): number {
    if (a >= this.#inOrderFrom && b >= this.#inOrderFrom) return a - b
    return this.#timeS.at(a) - this.#timeS.at(b) || this.#position.at(a) - this.#position.at(b)
  }

  /** Number of id keys on which two events agree; −1 if they differ on a key that both have. */
  idScore(a: number, b: number): number {
    const keysOfA = this.idKeys(a)
    const keysOfB = this.idKeys(b)
    // Nearly every event has one id, under the same key at its start and its end.
    if (keysOfA === keysOfB && keysOfA.length === 1) {
      return this.#id.at(a) === this.#id.at(b) ? 1 : -1
    }
    let agreed = 0
    for (let one = 0; one < keysOfA.length; one++) {
      const other = keysOfB.indexOf(keysOfA[one]!)
      if (other < 0) continue
      if (this.idAt(a, one, keysOfA.length) !== this.idAt(b, other, keysOfB.length)) return -1
      agreed++
    }
    return agreed
  }

  haveSameIds(a: number, b: number): boolean {
    const { length } = this.idKeys(a)
    return length === this.idKeys(b).length && this.idScore(a, b) === length
  }

  #numbered({ high, low, count }: IdList): number {
    if (count === 0) return NONE
    if (count === 1) return this.ids.add(high[0]!, low[0]!)
    const first = this.#manyIds.length
    for (let index = 0; index < count; index++) {
      this.#manyIds.push(this.ids.add(high[index]!, low[index]!))
    }
    return first
  }

  #numberAt(first: number, index: number, count: number): number {
    return count === 1 ? first : this.#manyIds[first + index]!
  }
}
