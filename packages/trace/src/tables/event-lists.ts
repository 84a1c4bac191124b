/** Lists of events in the order of the log: by time, then by position. */
import { larger } from '../columns/growth.ts'
import { lowerBound } from '../columns/lower-bound.ts'

/** Compares two events by their order in the log. */
export interface EventOrder {
  compare(a: number, b: number): number
}

/** Index of the first item that is not before `event`. */
function indexFor(order: EventOrder, list: ArrayLike<number>, event: number): number {
  const count = list.length
  // Logs are nearly in order, so try the end first.
  if (count === 0 || order.compare(list[count - 1]!, event) < 0) return count
  return lowerBound(0, count, (index) => order.compare(list[index]!, event) < 0)
}

/** Inserts an event in order, once; O(1) at the end, where nearly every event belongs. */
export function insertEvent(order: EventOrder, list: number[], event: number): void {
  const index = indexFor(order, list, event)
  if (index === list.length) list.push(event)
  else if (list[index] !== event) list.splice(index, 0, event)
}

/** The order of the swept events. If it is the order of arrival, as nearly always, it takes no memory. */
export class SweptOrder {
  count = 0
  /** Undefined while each event is at the index that equals its number. */
  #events: Int32Array | undefined

  at(index: number): number {
    return this.#events === undefined ? index : this.#events[index]!
  }

  push(event: number): void {
    if (this.#events === undefined) {
      if (event === this.count) {
        this.count++
        return
      }
      this.#events = Int32Array.from({ length: Math.max(256, this.count * 2) }, (_, index) => index)
    }
    if (this.count >= this.#events.length) this.#events = larger(this.#events)
    this.#events[this.count++] = event
  }

  /** Index of the first event that is not before `event`. */
  lowerBound(order: EventOrder, event: number): number {
    if (this.count === 0 || order.compare(this.at(this.count - 1), event) < 0) return this.count
    return lowerBound(0, this.count, (index) => order.compare(this.at(index), event) < 0)
  }

  /** Removes and returns the events from index `from` on. */
  take(from: number): Int32Array {
    const taken = Int32Array.from({ length: this.count - from }, (_, index) =>
      this.at(from + index),
    )
    this.count = from
    return taken
  }
}
