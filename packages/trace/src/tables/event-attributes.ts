/**
 * What events say alike. Of a million events few are unlike all others in kind, scope, agent,
 * subject and writer; each combination is kept once, as a row of numbers, and an event holds the
 * row's number. What differs from event to event (time, position, id) is not here.
 */
import type { Growth } from '../columns/growth.ts'
import type { EventRow } from '../row/event-row.ts'
import type { PlaceTable } from '../row/place.ts'
import type { ScopeTable } from '../row/scope.ts'

/** No error; other values number the error's text, 0 = without text. */
const NO_ERROR = -1

/** Who says it. */
const Source = { WRITER: 0, PLACE: 1, AGENT: 2 } as const
/** What many facts say alike, however different their scopes and subjects are. */
const Detail = { SHAPE: 0, ERROR: 1, SOURCE: 2 } as const
const Attribute = { TYPE: 0, DETAIL: 1, SCOPE: 2, SUBJECT: 3 } as const
/** How many facts are remembered that were told lately. */
const RECENT = 1024

/** A shape's parts: rank of the subject, and masks of the id keys, parent keys and figures told. */
const ID_SHIFT = 4
const PARENT_SHIFT = 11
const USAGE_SHIFT = 14
const RANK_MASK = 0xf
const ID_MASK = 0x7f
const PARENT_MASK = 0x7
const USAGE_MASK = 0xf

/** Set bits, ascending, of every small mask. */
const BITS_OF: readonly Uint8Array[] = Array.from({ length: ID_MASK + 1 }, (_, mask) =>
  Uint8Array.from([0, 1, 2, 3, 4, 5, 6].filter((bit) => (mask & (1 << bit)) !== 0)),
)

const ROW_SHIFT = 2
const ROW_SIZE = 1 << ROW_SHIFT
const FIRST_ROWS = 64
const FIRST_SLOTS = 128
/** A share of the slots. Fuller, and looking for a row would take many steps. */
const FULLEST = 0.7

/** Rows of four numbers; equal ones are kept once. Written out, since a loop over four takes twice as long. */
class RowTable {
  readonly #growth: Growth
  #rows = new Int32Array(FIRST_ROWS * ROW_SIZE)
  #count = 0
  /** Open addressing by hash: the row's number + 1, 0 = free. */
  #slots = new Int32Array(FIRST_SLOTS)
  /** Turns a hash into a place among the slots. */
  #scale = FIRST_SLOTS / 2 ** 32

  constructor(growth: Growth) {
    this.#growth = growth
  }

  at(id: number, field: number): number {
    return this.#rows[(id << ROW_SHIFT) + field]!
  }

  get count(): number {
    return this.#count
  }

  /** The number of a row, new if need be. */
  id(a: number, b: number, c: number, d: number): number {
    const { length } = this.#slots
    let at = Math.floor(hashOf(a, b, c, d) * this.#scale)
    for (; ; at = at + 1 === length ? 0 : at + 1) {
      const number = this.#slots[at]! - 1
      if (number < 0) return this.#add(at, [a, b, c, d])
      if (this.#is(number, a, b, c, d)) return number
    }
  }

  #is(id: number, a: number, b: number, c: number, d: number): boolean {
    const rows = this.#rows
    const at = id << ROW_SHIFT
    return rows[at] === a && rows[at + 1] === b && rows[at + 2] === c && rows[at + 3] === d
  }

  #add(at: number, row: readonly number[]): number {
    const id = this.#count++
    const from = id << ROW_SHIFT
    if (from + ROW_SIZE > this.#rows.length) this.#rows = this.#growth.larger(this.#rows)
    this.#rows.set(row, from)
    this.#slots[at] = id + 1
    if (this.#count > this.#slots.length * FULLEST) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#growth.after(this.#slots.length))
    const { length } = slots
    const scale = length / 2 ** 32
    const rows = this.#rows
    for (let id = 0; id < this.#count; id++) {
      const from = id << ROW_SHIFT
      const hash = hashOf(rows[from]!, rows[from + 1]!, rows[from + 2]!, rows[from + 3]!)
      let at = Math.floor(hash * scale)
      while (slots[at] !== 0) at = at + 1 === length ? 0 : at + 1
      slots[at] = id + 1
    }
    this.#slots = slots
    this.#scale = scale
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

export class AttributeTable {
  readonly #sources: RowTable
  readonly #details: RowTable
  readonly #attributes: RowTable
  readonly #scopes: ScopeTable
  readonly #places: PlaceTable
  /** By what tells most of them apart: facts told lately, which are nearly always told again. */
  readonly #recent = new Int32Array(RECENT)

  constructor(growth: Growth, scopes: ScopeTable, places: PlaceTable) {
    this.#sources = new RowTable(growth)
    this.#details = new RowTable(growth)
    this.#attributes = new RowTable(growth)
    this.#scopes = scopes
    this.#places = places
  }

  /** The number of what a row and its writer say. */
  id(row: EventRow, writer: number): number {
    const type = row.kind * 4 + row.phase
    const shape = shapeOf(row)
    const error = row.hasError ? row.error : NO_ERROR
    const place = this.#places.id(row.place)
    const bits = (type * 37 + row.subject * 5) & (RECENT - 1)
    const recent = this.#recent[bits]!
    const detailOfRecent = this.#attributes.at(recent, Attribute.DETAIL)
    const sourceOfRecent = this.#details.at(detailOfRecent, Detail.SOURCE)
    if (
      recent < this.#attributes.count &&
      this.#attributes.at(recent, Attribute.TYPE) === type &&
      this.#attributes.at(recent, Attribute.SUBJECT) === row.subject &&
      this.#details.at(detailOfRecent, Detail.SHAPE) === shape &&
      this.#details.at(detailOfRecent, Detail.ERROR) === error &&
      this.#sources.at(sourceOfRecent, Source.AGENT) === row.agent &&
      this.#sources.at(sourceOfRecent, Source.WRITER) === writer &&
      this.#sources.at(sourceOfRecent, Source.PLACE) === place &&
      this.#scopes.is(this.scope(recent), row.scopeMask, row.scope)
    ) {
      return recent
    }
    const source = this.#sources.id(writer, place, row.agent, 0)
    const detail = this.#details.id(shape, error, source, 0)
    const scope = this.#scopes.id(row.scopeMask, row.scope)
    const id = this.#attributes.id(type, detail, scope, row.subject)
    this.#recent[bits] = id
    return id
  }

  phase(id: number): number {
    return this.#attributes.at(id, Attribute.TYPE) & 3
  }
  kind(id: number): number {
    return this.#attributes.at(id, Attribute.TYPE) >> 2
  }
  scope(id: number): number {
    return this.#attributes.at(id, Attribute.SCOPE)
  }
  place(id: number): number {
    return this.#source(id, Source.PLACE)
  }
  agent(id: number): number {
    return this.#source(id, Source.AGENT)
  }
  subject(id: number): number {
    return this.#attributes.at(id, Attribute.SUBJECT)
  }
  subjectRank(id: number): number {
    return this.#shape(id) & RANK_MASK
  }
  /** Text of the error, 0 = without text, −1 = no error. */
  error(id: number): number {
    return this.#detail(id, Detail.ERROR)
  }
  writer(id: number): number {
    return this.#source(id, Source.WRITER)
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
  usageMask(id: number): number {
    return (this.#shape(id) >> USAGE_SHIFT) & USAGE_MASK
  }

  #shape(id: number): number {
    return this.#detail(id, Detail.SHAPE)
  }

  #source(id: number, field: number): number {
    return this.#sources.at(this.#detail(id, Detail.SOURCE), field)
  }

  #detail(id: number, field: number): number {
    return this.#details.at(this.#attributes.at(id, Attribute.DETAIL), field)
  }
}

function shapeOf(row: EventRow): number {
  let shape = row.subjectRank
  for (let index = 0; index < row.idCount; index++) shape |= 1 << (ID_SHIFT + row.idKeys[index]!)
  for (let index = 0; index < row.parentCount; index++) {
    shape |= 1 << (PARENT_SHIFT + row.parentKeys[index]!)
  }
  if (!Number.isNaN(row.inputTokens)) shape |= 1 << USAGE_SHIFT
  if (!Number.isNaN(row.outputTokens)) shape |= 2 << USAGE_SHIFT
  if (!Number.isNaN(row.totalTokens)) shape |= 4 << USAGE_SHIFT
  if (!Number.isNaN(row.costUsd)) shape |= 8 << USAGE_SHIFT
  return shape
}
