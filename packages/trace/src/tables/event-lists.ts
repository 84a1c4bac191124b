/** Lists of events in the one order of a log: by time, then by position. */
import { larger } from '../columns/growth.ts'
import type { EventTable } from './event-table.ts'

/** Index of the first item that is not before `event`. */
function lowerBound(events: EventTable, list: ArrayLike<number>, event: number): number {
  const count = list.length
  // Logs are nearly in order: try the end first.
  if (count === 0 || events.compare(list[count - 1]!, event) < 0) return count
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (events.compare(list[middle]!, event) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Inserts in order; O(1) at the end, where nearly every event belongs. */
export function insertEvent(events: EventTable, list: number[], event: number): void {
  const index = lowerBound(events, list, event)
  if (index === list.length) list.push(event)
  else list.splice(index, 0, event)
}

export function removeEvent(events: EventTable, list: number[], event: number): void {
  const index = lowerBound(events, list, event)
  if (list[index] === event) list.splice(index, 1)
}

/** The order in which events were swept. Nearly always that of their arrival: then it is free. */
export class SweptOrder {
  count = 0
  /** Undefined while every event stands at the index that is its own number. */
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
  lowerBound(events: EventTable, event: number): number {
    if (this.count === 0 || events.compare(this.at(this.count - 1), event) < 0) return this.count
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (events.compare(this.at(middle), event) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Takes away and returns what stands at `from` and behind. */
  take(from: number): Int32Array {
    const taken = Int32Array.from({ length: this.count - from }, (_, index) =>
      this.at(from + index),
    )
    this.count = from
    return taken
  }
}
