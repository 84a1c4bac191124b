/** The marks of a trace (points and orphan ends) as columns, one row for each mark. */
import { CHUNK_MASK, CHUNK_SHIFT, NONE } from '../columns/columns.ts'
import { larger } from '../columns/growth.ts'
import { START } from '../row/event-row.ts'
import type { EventTable } from './event-table.ts'

/** Bits of a mark's state. */
const ORPHAN = 1
const EXISTS = 2
const CHANGED = 4

/** Marks by slot, in the order of their creation. A mark that is removed keeps its slot. */
export class MarkTable {
  count = 0
  /** Counts of existing marks by writer. */
  readonly #orphans: number[] = []
  readonly #late: number[] = []
  event = new Int32Array(64)
  parent = new Int32Array(64)
  #state = new Uint8Array(64)
  /** The marks of orphan ends. The mark of a point is in the event's `slot`. */
  readonly #ofOrphan = new Map<number, number>()
  /**
   * By chunk of events: the difference between a mark's slot and the value stored in the `slot` column for
   * its point. It makes the stored values similar to slots of spans, which that column needs to be small.
   */
  readonly #shifts: number[] = []
  readonly #events: EventTable
  #changed: number[] = []

  constructor(events: EventTable) {
    this.#events = events
  }

  /** Number of orphan ends of a writer. */
  orphansOf(writer: number): number {
    return this.#orphans[writer] ?? 0
  }

  /** Number of late marks of a writer. */
  lateOf(writer: number): number {
    return this.#late[writer] ?? 0
  }

  isOrphan(slot: number): boolean {
    return (this.#state[slot]! & ORPHAN) !== 0
  }

  exists(slot: number): boolean {
    return (this.#state[slot]! & EXISTS) !== 0
  }

  /** Creates or changes the mark of an event. */
  set(event: number, isOrphan: boolean, parent: number): void {
    let slot = isOrphan ? this.slotOfOrphan(event) : this.slotOfPoint(event)
    if (slot === NONE) slot = this.#add(event, isOrphan)
    if (!this.exists(slot)) {
      this.#state[slot] = this.#state[slot]! | EXISTS
      this.#count(slot, 1)
    }
    this.parent[slot] = parent
    this.#noteChanged(slot)
  }

  remove(slot: number): void {
    if (!this.exists(slot)) return
    this.#state[slot] = this.#state[slot]! & ~EXISTS
    this.#count(slot, -1)
    this.#noteChanged(slot)
  }

  /** The mark of an end that is or was an orphan; NONE = it never was. */
  slotOfOrphan(end: number): number {
    return this.#ofOrphan.get(end) ?? NONE
  }

  /** The mark of a point; NONE = the sweep has not reached it. */
  slotOfPoint(point: number): number {
    const shifted = this.#events.slot.at(point)
    return shifted === NONE ? NONE : shifted + this.#shifts[point >> CHUNK_SHIFT]!
  }

  /** The slots of existing and of removed marks that changed since the last call. */
  takeChanges(): { readonly markSlots: Int32Array; readonly removedMarks: Int32Array } {
    const changed = Int32Array.from(this.#changed).sort()
    this.#changed = []
    for (const slot of changed) this.#state[slot] = this.#state[slot]! & ~CHANGED
    return {
      markSlots: changed.filter((slot) => this.exists(slot)),
      removedMarks: changed.filter((slot) => !this.exists(slot)),
    }
  }

  #add(event: number, isOrphan: boolean): number {
    const slot = this.count++
    if (slot >= this.event.length) {
      this.event = larger(this.event)
      this.parent = larger(this.parent)
      this.#state = larger(this.#state)
    }
    this.event[slot] = event
    this.#state[slot] = isOrphan ? ORPHAN : 0
    if (isOrphan) this.#ofOrphan.set(event, slot)
    else {
      const shift = (this.#shifts[event >> CHUNK_SHIFT] ??= slot - this.#spanBefore(event))
      this.#events.slot.set(event, slot - shift)
    }
    return slot
  }

  /** Slot of the last span that started before a point in the same chunk of events; else 0. */
  #spanBefore(point: number): number {
    const first = point & ~CHUNK_MASK
    for (let event = point - 1; event >= first; event--) {
      if (this.#events.phase(event) === START) return this.#events.slot.at(event)
    }
    return 0
  }

  #count(slot: number, by: number): void {
    const event = this.event[slot]!
    const isLate = this.#events.late.has(event)
    if (!isLate && !this.isOrphan(slot)) return
    const writer = this.#events.writer(event)
    if (isLate) this.#late[writer] = this.lateOf(writer) + by
    if (this.isOrphan(slot)) this.#orphans[writer] = this.orphansOf(writer) + by
  }

  #noteChanged(slot: number): void {
    if ((this.#state[slot]! & CHANGED) !== 0) return
    this.#state[slot] = this.#state[slot]! | CHANGED
    this.#changed.push(slot)
  }
}
