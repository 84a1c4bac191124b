/**
 * What a trace keeps, as columns: a row an event in the order of arrival, and a row a span. Columns
 * grow by doubling; numbers stand for texts (`Interner`), events and spans.
 */
import { START, type EventRow } from './event-row.ts'
import { PlaceTable } from './place.ts'
import type { ScopeTable } from './scope.ts'

/** No event, no span. */
export const NONE = -1

const FIRST_CAPACITY = 256

/** Events in the order in which they came. An event is known by its row. */
export class EventTable {
  count = 0
  timeS = new Float64Array(FIRST_CAPACITY)
  position = new Float64Array(FIRST_CAPACITY)
  /** Kind and phase in one: `kind * 4 + phase`. */
  #type = new Int32Array(FIRST_CAPACITY)
  scope = new Int32Array(FIRST_CAPACITY)
  place = new Int32Array(FIRST_CAPACITY)
  agent = new Int32Array(FIRST_CAPACITY)
  subject = new Int32Array(FIRST_CAPACITY)
  subjectRank = new Uint8Array(FIRST_CAPACITY)
  /** Text of its error, 0 = without text, NONE = no error. */
  error = new Int32Array(FIRST_CAPACITY)
  writer = new Uint32Array(FIRST_CAPACITY)
  /** A start's own span; the span that an end closed. */
  slot = new Int32Array(FIRST_CAPACITY)
  /** The end of this start, or the start of this end, by id. */
  partner = new Int32Array(FIRST_CAPACITY)
  /** Part of the swept past. */
  applied = new Uint8Array(FIRST_CAPACITY)
  /** Its ids are `idFrom[event]` up to, not including, `idFrom[event + 1]` of the id columns. */
  idFrom = new Uint32Array(FIRST_CAPACITY + 1)
  idKey = new Uint8Array(FIRST_CAPACITY)
  idHigh = new Uint32Array(FIRST_CAPACITY)
  idLow = new Uint32Array(FIRST_CAPACITY)
  /** Row of `figures`, NONE = it tells none. */
  #figure = new Int32Array(FIRST_CAPACITY)
  /** Input, output and total tokens and US dollars in turn; NaN = not told. */
  #figures = new Float64Array(FIRST_CAPACITY)
  #figureCount = 0
  readonly places = new PlaceTable()
  /** The spans that starts name as their parents. */
  readonly parents = new ParentColumn()

  add(row: EventRow, position: number, writer: number, scopes: ScopeTable): number {
    const event = this.count++
    if (event >= this.timeS.length) this.#grow()
    this.timeS[event] = row.timeS
    this.position[event] = position
    this.#type[event] = row.kind * 4 + row.phase
    this.scope[event] = scopes.id(row.scope)
    this.place[event] = this.places.id(row.place)
    this.agent[event] = row.agent
    this.subject[event] = row.subject
    this.subjectRank[event] = row.subjectRank
    this.error[event] = row.hasError ? row.error : NONE
    this.writer[event] = writer
    this.slot[event] = NONE
    this.partner[event] = NONE
    this.#figure[event] = this.#addFigures(row)
    this.#addIds(event, row)
    if (row.phase === START && row.parentCount > 0) this.parents.add(event, row)
    return event
  }

  phase(event: number): number {
    return this.#type[event]! & 3
  }

  kind(event: number): number {
    return this.#type[event]! >> 2
  }

  hasIds(event: number): boolean {
    return this.idFrom[event + 1]! > this.idFrom[event]!
  }

  /** Input, output, total tokens or US dollars (0…3) that an event tells; NaN = none. */
  figure(event: number, which: number): number {
    const row = event === NONE ? NONE : this.#figure[event]!
    return row === NONE ? NaN : this.#figures[row * 4 + which]!
  }

  /** Order in time, then in the log. */
  compare(a: number, b: number): number {
    return this.timeS[a]! - this.timeS[b]! || this.position[a]! - this.position[b]!
  }

  /** Agreed id keys of two events; −1 when they differ on one that both carry. */
  idScore(a: number, b: number): number {
    const { idFrom, idKey, idHigh, idLow } = this
    let agreed = 0
    const untilA = idFrom[a + 1]!
    const untilB = idFrom[b + 1]!
    for (let one = idFrom[a]!; one < untilA; one++) {
      for (let other = idFrom[b]!; other < untilB; other++) {
        if (idKey[one] !== idKey[other]) continue
        if (idHigh[one] !== idHigh[other] || idLow[one] !== idLow[other]) return -1
        agreed++
      }
    }
    return agreed
  }

  haveSameIds(a: number, b: number): boolean {
    const count = this.idFrom[a + 1]! - this.idFrom[a]!
    if (count !== this.idFrom[b + 1]! - this.idFrom[b]!) return false
    return this.idScore(a, b) === count
  }

  #addIds(event: number, row: EventRow): void {
    let at = this.idFrom[event]!
    while (at + row.idCount > this.idKey.length) {
      this.idKey = larger(this.idKey)
      this.idHigh = larger(this.idHigh)
      this.idLow = larger(this.idLow)
    }
    for (let index = 0; index < row.idCount; index++, at++) {
      this.idKey[at] = row.idKeys[index]!
      this.idHigh[at] = row.idHigh[index]!
      this.idLow[at] = row.idLow[index]!
    }
    this.idFrom[event + 1] = at
  }

  #addFigures(row: EventRow): number {
    const { inputTokens, outputTokens, totalTokens, costUsd } = row
    if (
      Number.isNaN(inputTokens) &&
      Number.isNaN(outputTokens) &&
      Number.isNaN(totalTokens) &&
      Number.isNaN(costUsd)
    ) {
      return NONE
    }
    const at = this.#figureCount++
    if (this.#figureCount * 4 > this.#figures.length) this.#figures = larger(this.#figures)
    this.#figures[at * 4] = inputTokens
    this.#figures[at * 4 + 1] = outputTokens
    this.#figures[at * 4 + 2] = totalTokens
    this.#figures[at * 4 + 3] = costUsd
    return at
  }

  #grow(): void {
    this.timeS = larger(this.timeS)
    this.position = larger(this.position)
    this.#type = larger(this.#type)
    this.scope = larger(this.scope)
    this.place = larger(this.place)
    this.agent = larger(this.agent)
    this.subject = larger(this.subject)
    this.subjectRank = larger(this.subjectRank)
    this.error = larger(this.error)
    this.writer = larger(this.writer)
    this.slot = larger(this.slot)
    this.partner = larger(this.partner)
    this.applied = larger(this.applied)
    this.#figure = larger(this.#figure)
    const idFrom = new Uint32Array(this.timeS.length + 1)
    idFrom.set(this.idFrom)
    this.idFrom = idFrom
  }
}

/** The spans that starts name as their parent, by event; most runs have at most one a start. */
class ParentColumn {
  readonly #from = new Map<number, number>()
  #first = new Int32Array(0)
  #key = new Int8Array(FIRST_CAPACITY)
  #high = new Uint32Array(FIRST_CAPACITY)
  #low = new Uint32Array(FIRST_CAPACITY)
  #count = 0

  /** Index of an event's first explicit parent; NONE = it names none. */
  first(event: number): number {
    return event < this.#first.length ? this.#first[event]! - 1 : NONE
  }

  /** The next one of the same event; NONE after the last. */
  next(index: number): number {
    return this.#from.get(index) ?? NONE
  }

  key(index: number): number {
    return this.#key[index]!
  }
  high(index: number): number {
    return this.#high[index]!
  }
  low(index: number): number {
    return this.#low[index]!
  }

  add(event: number, row: EventRow): void {
    if (event >= this.#first.length) {
      const first = new Int32Array(Math.max(FIRST_CAPACITY, event * 2))
      first.set(this.#first)
      this.#first = first
    }
    this.#first[event] = this.#count + 1
    for (let index = 0; index < row.parentCount; index++) {
      const at = this.#count++
      if (at >= this.#key.length) {
        this.#key = larger(this.#key)
        this.#high = larger(this.#high)
        this.#low = larger(this.#low)
      }
      this.#key[at] = row.parentKeys[index]!
      this.#high[at] = row.parentHigh[index]!
      this.#low[at] = row.parentLow[index]!
      if (index > 0) this.#from.set(at - 1, at)
    }
  }
}

/** Spans by slot. */
export class SpanTable {
  count = 0
  start = new Int32Array(FIRST_CAPACITY)
  /** NONE while it has no end. */
  end = new Int32Array(FIRST_CAPACITY)
  parent = new Int32Array(FIRST_CAPACITY)
  parentUnsure = new Uint8Array(FIRST_CAPACITY)
  /** Its own agent, else its parent's; text number. */
  agent = new Int32Array(FIRST_CAPACITY)
  /** The span of the same kind and scope that scope closed before it. */
  closedBefore = new Int32Array(FIRST_CAPACITY)
  /** Its children that did not end yet, as a list: the first, and each one's neighbours. */
  firstRunning = new Int32Array(FIRST_CAPACITY)
  nextRunning = new Int32Array(FIRST_CAPACITY)
  previousRunning = new Int32Array(FIRST_CAPACITY)
  /** Rare facts, by slot. The events from which on they are known. */
  readonly scopeAmbiguousAt = new Map<number, number>()
  readonly idAmbiguousAt = new Map<number, number>()
  /** The end of its certain parent, after which no end without id can be its own. */
  readonly releasedBy = new Map<number, number>()
  /** The first end without id that considered it, if it has ids. */
  readonly touchedBy = new Map<number, number>()
  /** Points that reported its error, in order. */
  readonly failures = new Map<number, number[]>()

  add(start: number): number {
    const slot = this.count++
    if (slot >= this.start.length) this.#grow()
    this.start[slot] = start
    this.end[slot] = NONE
    this.parent[slot] = NONE
    this.closedBefore[slot] = NONE
    this.firstRunning[slot] = NONE
    this.nextRunning[slot] = NONE
    this.previousRunning[slot] = NONE
    return slot
  }

  /** Notes `child` as running in its parent. */
  linkRunning(child: number): void {
    const parent = this.parent[child]!
    if (parent === NONE) return
    const next = this.firstRunning[parent]!
    this.nextRunning[child] = next
    this.previousRunning[child] = NONE
    if (next !== NONE) this.previousRunning[next] = child
    this.firstRunning[parent] = child
  }

  unlinkRunning(child: number): void {
    const parent = this.parent[child]!
    if (parent === NONE) return
    const next = this.nextRunning[child]!
    const previous = this.previousRunning[child]!
    if (previous !== NONE) this.nextRunning[previous] = next
    else if (this.firstRunning[parent] === child) this.firstRunning[parent] = next
    else return
    if (next !== NONE) this.previousRunning[next] = previous
    this.nextRunning[child] = NONE
    this.previousRunning[child] = NONE
  }

  #grow(): void {
    this.start = larger(this.start)
    this.end = larger(this.end)
    this.parent = larger(this.parent)
    this.parentUnsure = larger(this.parentUnsure)
    this.agent = larger(this.agent)
    this.closedBefore = larger(this.closedBefore)
    this.firstRunning = larger(this.firstRunning)
    this.nextRunning = larger(this.nextRunning)
    this.previousRunning = larger(this.previousRunning)
  }
}

type Column = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array | Int8Array

/** A copy with twice the room. */
export function larger<T extends Column>(column: T): T {
  const Type = column.constructor as new (length: number) => T
  const copy = new Type(column.length * 2)
  copy.set(column)
  return copy
}
