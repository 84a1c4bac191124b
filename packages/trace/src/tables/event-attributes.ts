/**
 * The attributes that many events share. In a million events few combinations of kind, scope, agent,
 * subject and writer differ: each is stored once, as a row of numbers, and an event stores the row's
 * number. What differs from event to event (time, position, ids) is not in this table.
 *
 *     combination   type, detail, scope, subject
 *     detail        shape, error, source, outcome
 *     source        writer, place, agent
 */
import { NONE } from '../columns/columns.ts'
import type { Growth } from '../columns/growth.ts'
import { HashIndex, secondHash } from '../columns/hash-index.ts'
import { RecurringColumn } from '../columns/recurring-column.ts'
import type { EventRow } from '../row/event-row.ts'
import { PlaceTable } from '../row/place.ts'
import type { ScopeTable } from '../row/scope.ts'
import { FIGURE_COUNT } from '../row/usage.ts'

const Combination = { TYPE: 0, DETAIL: 1, SCOPE: 2, SUBJECT: 3 } as const
const Detail = { SHAPE: 0, ERROR: 1, SOURCE: 2, OUTCOME: 3 } as const
const Source = { WRITER: 0, PLACE: 1, AGENT: 2 } as const
/** Size of the cache of recent combinations. */
const RECENT = 1024
/** In the column of errors. */
const CANCELLED = -2

/** A shape is the rank of the subject and masks of the id keys, parent keys and figures. */
const ID_SHIFT = 4
const PARENT_SHIFT = 11
const USAGE_SHIFT = 14
const RANK_MASK = 0xf
const ID_MASK = 0x7f
const PARENT_MASK = 0x7
const USAGE_MASK = (1 << FIGURE_COUNT) - 1

/** The set bits of every small mask, ascending. */
const BITS_OF: readonly Uint8Array[] = Array.from({ length: ID_MASK + 1 }, (_, mask) =>
  Uint8Array.from([0, 1, 2, 3, 4, 5, 6].filter((bit) => (mask & (1 << bit)) !== 0)),
)

const ROW_SHIFT = 2
const ROW_SIZE = 1 << ROW_SHIFT
const FIRST_ROWS = 64

/** Rows of four numbers; equal rows are stored once. Written out: a loop over four takes twice as long. */
class RowTable {
  readonly #growth: Growth
  readonly #index: HashIndex
  #rows = new Int32Array(FIRST_ROWS * ROW_SIZE)
  #count = 0

  constructor(growth: Growth) {
    this.#growth = growth
    this.#index = new HashIndex(growth, (id) =>
      hashOf(this.at(id, 0), this.at(id, 1), this.at(id, 2), this.at(id, 3)),
    )
  }

  get count(): number {
    return this.#count
  }

  at(id: number, field: number): number {
    return this.#rows[(id << ROW_SHIFT) + field]!
  }

  /** The number of a row, new if needed. */
  id(a: number, b: number, c: number, d: number): number {
    const hash = hashOf(a, b, c, d)
    const tag = secondHash(hash)
    for (let at = this.#index.first(hash, tag); ; at = this.#index.next(at, tag)) {
      const id = this.#index.numberAt(at)
      if (id === NONE) return this.#add(at, tag, [a, b, c, d])
      if (this.#is(id, a, b, c, d)) return id
    }
  }

  #is(id: number, a: number, b: number, c: number, d: number): boolean {
    const rows = this.#rows
    const at = id << ROW_SHIFT
    return rows[at] === a && rows[at + 1] === b && rows[at + 2] === c && rows[at + 3] === d
  }

  #add(at: number, tag: number, row: readonly number[]): number {
    const id = this.#count++
    const from = id << ROW_SHIFT
    if (from + ROW_SIZE > this.#rows.length) this.#rows = this.#growth.larger(this.#rows)
    this.#rows.set(row, from)
    return this.#index.add(at, id, tag)
  }
}

/** From 0 to 2³² − 1. */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ d, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** The attributes of events by row of the event table. */
export class EventAttributes {
  readonly places = new PlaceTable()
  /** By event, the number of its combination. */
  readonly #of = new RecurringColumn()
  readonly #sources: RowTable
  readonly #details: RowTable
  readonly #combinations: RowTable
  readonly #scopes: ScopeTable
  /** A recent combination by a few bits of its type and subject. Most recur soon. */
  readonly #recent = new Int32Array(RECENT)

  constructor(growth: Growth, scopes: ScopeTable) {
    this.#sources = new RowTable(growth)
    this.#details = new RowTable(growth)
    this.#combinations = new RowTable(growth)
    this.#scopes = scopes
  }

  setAttributes(event: number, row: EventRow, writer: number): void {
    this.#of.set(event, this.#id(row, writer))
  }

  /** The number of a combination, new if needed. */
  #id(row: EventRow, writer: number): number {
    const type = row.kind * 4 + row.phase
    const shape = shapeOf(row)
    const error = row.hasError ? row.error : row.isCancelled ? CANCELLED : NONE
    const place = this.places.id(row.place)
    const bits = (type * 37 + row.subject * 5) & (RECENT - 1)
    const recent = this.#recent[bits]!
    const recentDetail = this.#combinations.at(recent, Combination.DETAIL)
    const recentSource = this.#details.at(recentDetail, Detail.SOURCE)
    if (
      recent < this.#combinations.count &&
      this.#combinations.at(recent, Combination.TYPE) === type &&
      this.#combinations.at(recent, Combination.SUBJECT) === row.subject &&
      this.#details.at(recentDetail, Detail.SHAPE) === shape &&
      this.#details.at(recentDetail, Detail.ERROR) === error &&
      this.#details.at(recentDetail, Detail.OUTCOME) === row.outcome &&
      this.#sources.at(recentSource, Source.AGENT) === row.agent &&
      this.#sources.at(recentSource, Source.WRITER) === writer &&
      this.#sources.at(recentSource, Source.PLACE) === place &&
      this.#scopes.is(this.#combinations.at(recent, Combination.SCOPE), row.scopeMask, row.scope)
    ) {
      return recent
    }
    const source = this.#sources.id(writer, place, row.agent, 0)
    const detail = this.#details.id(shape, error, source, row.outcome)
    const scope = this.#scopes.id(row.scopeMask, row.scope)
    const id = this.#combinations.id(type, detail, scope, row.subject)
    this.#recent[bits] = id
    return id
  }

  phase(event: number): number {
    return this.#combination(event, Combination.TYPE) & 3
  }
  kind(event: number): number {
    return this.#combination(event, Combination.TYPE) >> 2
  }
  scope(event: number): number {
    return this.#combination(event, Combination.SCOPE)
  }
  /** Number of its place in `places`. */
  place(event: number): number {
    return this.#source(event, Source.PLACE)
  }
  agent(event: number): number {
    return this.#source(event, Source.AGENT)
  }
  subject(event: number): number {
    return this.#combination(event, Combination.SUBJECT)
  }
  subjectRank(event: number): number {
    return this.#detail(event, Detail.SHAPE) & RANK_MASK
  }
  /** Text number of its error; 0 = an error without a text, NONE = no error. */
  error(event: number): number {
    return Math.max(NONE, this.#detail(event, Detail.ERROR))
  }
  isCancelled(event: number): boolean {
    return this.#detail(event, Detail.ERROR) === CANCELLED
  }
  /** What each key of the event says about its outcome; see outcome.ts. */
  outcome(event: number): number {
    return this.#detail(event, Detail.OUTCOME)
  }
  writer(event: number): number {
    return this.#source(event, Source.WRITER)
  }
  hasIds(event: number): boolean {
    return (this.#detail(event, Detail.SHAPE) & (ID_MASK << ID_SHIFT)) !== 0
  }
  /** Indexes into ID_KEYS of its ids, ascending. */
  idKeys(event: number): Uint8Array {
    return BITS_OF[(this.#detail(event, Detail.SHAPE) >> ID_SHIFT) & ID_MASK]!
  }
  /** Bit i = the event has an id under ID_KEYS[i]. */
  idMask(event: number): number {
    return (this.#detail(event, Detail.SHAPE) >> ID_SHIFT) & ID_MASK
  }
  /** Indexes into PARENT_KEYS of the parents that a start names, ascending. */
  parentKeys(start: number): Uint8Array {
    return BITS_OF[(this.#detail(start, Detail.SHAPE) >> PARENT_SHIFT) & PARENT_MASK]!
  }
  /** Bit i = the event has the figure i; see `EventRow.usage`. */
  usageMask(event: number): number {
    return (this.#detail(event, Detail.SHAPE) >> USAGE_SHIFT) & USAGE_MASK
  }

  #combination(event: number, field: number): number {
    return this.#combinations.at(this.#of.at(event), field)
  }

  #detail(event: number, field: number): number {
    return this.#details.at(this.#combination(event, Combination.DETAIL), field)
  }

  #source(event: number, field: number): number {
    return this.#sources.at(this.#detail(event, Detail.SOURCE), field)
  }
}

function shapeOf(row: EventRow): number {
  let shape = row.subjectRank | (row.usageMask << USAGE_SHIFT)
  const { ids, parents } = row
  for (let i = 0; i < ids.count; i++) shape |= 1 << (ID_SHIFT + ids.keys[i]!)
  for (let i = 0; i < parents.count; i++) shape |= 1 << (PARENT_SHIFT + parents.keys[i]!)
  return shape
}
