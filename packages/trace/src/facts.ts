/**
 * What events say alike. Of a million events few are unlike all others in kind, scope, agent,
 * subject and writer; each combination is kept once, as a row of numbers, and an event holds the
 * row's number. What differs from event to event (time, position, id) is not here.
 */
import type { Growth } from './columns.ts'
import type { EventRow } from './event-row.ts'
import type { PlaceTable } from './place.ts'

/** No error; other values number the error's text, 0 = without text. */
const NO_ERROR = -1

/** What many facts say alike, however different their scopes and subjects are. */
const Manner = { TYPE: 0, SHAPE: 1, ERROR: 2, WRITER: 3, PLACE: 4 } as const
const MANNER_SIZE = 5
const Fact = { MANNER: 0, SCOPE: 1, AGENT: 2, SUBJECT: 3 } as const
const FACT_SIZE = 4
/** Types that share a place here only miss each other's guess. */
const LAST_MANNERS = 64

/** A shape's parts: rank of the subject, and masks of the id keys, parent keys and figures told. */
const ID_SHIFT = 4
const PARENT_SHIFT = 11
const FIGURE_SHIFT = 14
const RANK_MASK = 0xf
const ID_MASK = 0x7f
const PARENT_MASK = 0x7
const FIGURE_MASK = 0xf

/** Set bits, ascending, of every small mask. */
const BITS_OF: readonly Uint8Array[] = Array.from({ length: ID_MASK + 1 }, (_, mask) =>
  Uint8Array.from([0, 1, 2, 3, 4, 5, 6].filter((bit) => (mask & (1 << bit)) !== 0)),
)

/** Rows of a few numbers each; equal ones are kept once. */
class RowTable {
  readonly #size: number
  readonly #growth: Growth
  /** The numbers of one row, to be filled in before it is looked for. */
  readonly candidate: Int32Array
  #rows: Int32Array
  #count = 0
  /** Open addressing by hash: the row's number + 1, 0 = free. */
  #slots = new Int32Array(128)

  constructor(size: number, growth: Growth) {
    this.#size = size
    this.#growth = growth
    this.candidate = new Int32Array(size)
    this.#rows = new Int32Array(size * 64)
  }

  at(id: number, field: number): number {
    return this.#rows[id * this.#size + field]!
  }

  /** The number of the row that the candidate is, new if need be; it is likely to be `guess`. */
  id(guess = 0): number {
    if (guess < this.#count && this.#equals(guess)) return guess
    const mask = this.#slots.length - 1
    for (let at = this.#hashOf(this.candidate, 0) & mask; ; at = (at + 1) & mask) {
      const number = this.#slots[at]! - 1
      if (number < 0) return this.#add(at)
      if (this.#equals(number)) return number
    }
  }

  #equals(id: number): boolean {
    const rows = this.#rows
    const { candidate } = this
    const from = id * candidate.length
    for (let index = 0; index < candidate.length; index++) {
      if (rows[from + index] !== candidate[index]) return false
    }
    return true
  }

  #add(at: number): number {
    const id = this.#count++
    if (this.#count * this.#size > this.#rows.length) this.#rows = this.#growth.larger(this.#rows)
    this.#rows.set(this.candidate, id * this.#size)
    this.#slots[at] = id + 1
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.#count; id++) {
      let at = this.#hashOf(this.#rows, id * this.#size) & mask
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = id + 1
    }
    this.#slots = slots
  }

  #hashOf(values: Int32Array, from: number): number {
    const size = this.#size
    let hash = 0
    for (let index = 0; index < size; index++) {
      hash = Math.imul(hash ^ values[from + index]!, 0x85ebca6b)
      hash ^= hash >>> 13
    }
    return hash
  }
}

export class FactsTable {
  readonly #manners: RowTable
  readonly #facts: RowTable
  readonly #places: PlaceTable
  /** The manner of the last event of a type, which is nearly always that of the next. */
  readonly #lastManner = new Int32Array(LAST_MANNERS)

  constructor(growth: Growth, places: PlaceTable) {
    this.#manners = new RowTable(MANNER_SIZE, growth)
    this.#facts = new RowTable(FACT_SIZE, growth)
    this.#places = places
  }

  /** The number of what a row and its writer say. */
  id(row: EventRow, scope: number, writer: number): number {
    const manner = this.#manners.candidate
    const type = row.kind * 4 + row.phase
    const last = type & (LAST_MANNERS - 1)
    manner[Manner.TYPE] = type
    manner[Manner.SHAPE] = shapeOf(row)
    manner[Manner.ERROR] = row.hasError ? row.error : NO_ERROR
    manner[Manner.WRITER] = writer
    manner[Manner.PLACE] = this.#places.id(row.place)
    const fact = this.#facts.candidate
    fact[Fact.MANNER] = this.#lastManner[last] = this.#manners.id(this.#lastManner[last])
    fact[Fact.SCOPE] = scope
    fact[Fact.AGENT] = row.agent
    fact[Fact.SUBJECT] = row.subject
    return this.#facts.id()
  }

  phase(id: number): number {
    return this.#manner(id, Manner.TYPE) & 3
  }
  kind(id: number): number {
    return this.#manner(id, Manner.TYPE) >> 2
  }
  scope(id: number): number {
    return this.#facts.at(id, Fact.SCOPE)
  }
  place(id: number): number {
    return this.#manner(id, Manner.PLACE)
  }
  agent(id: number): number {
    return this.#facts.at(id, Fact.AGENT)
  }
  subject(id: number): number {
    return this.#facts.at(id, Fact.SUBJECT)
  }
  subjectRank(id: number): number {
    return this.#shape(id) & RANK_MASK
  }
  /** Text of the error, 0 = without text, −1 = no error. */
  error(id: number): number {
    return this.#manner(id, Manner.ERROR)
  }
  writer(id: number): number {
    return this.#manner(id, Manner.WRITER)
  }
  hasIds(id: number): boolean {
    return (this.#shape(id) & (ID_MASK << ID_SHIFT)) !== 0
  }
  /** Indexes into ID_KEYS of the ids told, ascending. */
  idKeys(id: number): Uint8Array {
    return BITS_OF[(this.#shape(id) >> ID_SHIFT) & ID_MASK]!
  }
  /** Indexes into PARENT_KEYS of the parents named, ascending. */
  parentKeys(id: number): Uint8Array {
    return BITS_OF[(this.#shape(id) >> PARENT_SHIFT) & PARENT_MASK]!
  }
  /** Bit i = figure i (0 … 3) is told. */
  figureMask(id: number): number {
    return (this.#shape(id) >> FIGURE_SHIFT) & FIGURE_MASK
  }

  #shape(id: number): number {
    return this.#manner(id, Manner.SHAPE)
  }

  #manner(id: number, field: number): number {
    return this.#manners.at(this.#facts.at(id, Fact.MANNER), field)
  }
}

function shapeOf(row: EventRow): number {
  let shape = row.subjectRank
  for (let index = 0; index < row.idCount; index++) shape |= 1 << (ID_SHIFT + row.idKeys[index]!)
  for (let index = 0; index < row.parentCount; index++) {
    shape |= 1 << (PARENT_SHIFT + row.parentKeys[index]!)
  }
  if (!Number.isNaN(row.inputTokens)) shape |= 1 << FIGURE_SHIFT
  if (!Number.isNaN(row.outputTokens)) shape |= 2 << FIGURE_SHIFT
  if (!Number.isNaN(row.totalTokens)) shape |= 4 << FIGURE_SHIFT
  if (!Number.isNaN(row.costUsd)) shape |= 8 << FIGURE_SHIFT
  return shape
}
