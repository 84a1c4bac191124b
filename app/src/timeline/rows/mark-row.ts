/** The marks of one row in time order: all of them, and the failed ones alone. */
import { lowerBound } from '@wattline/trace'
import type { Columns } from '../../model/columns.ts'
import { MarkFlag } from '../../model/patch.ts'

/** Slots of marks sorted by time; valid after `settle`. */
export class TimedMarks {
  readonly slots: number[] = []
  /** The times of `slots`, Unix seconds: a search then reads no other memory. */
  #times: number[] = []
  #isSorted = true

  insert(columns: Columns, slot: number): void {
    const timeS = columns.markTimeS.at(slot)
    const lastS = this.#times.at(-1) ?? -Infinity
    if (lastS > timeS || (lastS === timeS && this.slots.at(-1)! > slot)) this.#isSorted = false
    this.slots.push(slot)
    this.#times.push(timeS)
  }

  remove(slot: number): void {
    const index = this.slots.indexOf(slot)
    if (index < 0) return
    this.slots.splice(index, 1)
    this.#times.splice(index, 1)
  }

  settle(columns: Columns): void {
    if (this.#isSorted) return
    this.slots.sort((a, b) => columns.markTimeS.at(a) - columns.markTimeS.at(b) || a - b)
    this.#times = this.slots.map((slot) => columns.markTimeS.at(slot))
    this.#isSorted = true
  }

  timeS(index: number): number {
    return this.#times[index]!
  }

  /** First index from `low` on at or after `timeS`. Fast if it is near: doubles its steps. */
  nextFrom(timeS: number, low: number): number {
    const times = this.#times
    let step = 1
    let from = low
    while (from + step <= times.length && times[from + step - 1]! < timeS) {
      from += step
      step *= 2
    }
    return this.firstFrom(timeS, from, Math.min(from + step, times.length))
  }

  /** First index in [low, high) at or after `timeS`; `high` if there is none. */
  firstFrom(timeS: number, low = 0, high = this.#times.length): number {
    const times = this.#times
    return lowerBound(low, high, (index) => times[index]! < timeS)
  }
}

export class MarkRow {
  readonly all = new TimedMarks()
  readonly failed = new TimedMarks()

  insert(columns: Columns, slot: number): void {
    this.all.insert(columns, slot)
    if ((columns.markFlags.at(slot) & MarkFlag.ERROR) !== 0) this.failed.insert(columns, slot)
  }

  remove(slot: number): void {
    this.all.remove(slot)
    this.failed.remove(slot)
  }

  settle(columns: Columns): void {
    this.all.settle(columns)
    this.failed.settle(columns)
  }
}
