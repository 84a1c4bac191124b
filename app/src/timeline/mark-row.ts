/** The marks of one row by time, and once more those of them that tell of a failure. */
import { MarkFlag, type TraceColumns } from '../model/columns.ts'

/** Slots of marks by time; valid after `settle`. */
export class TimedMarks {
  readonly slots: number[] = []
  private sorted = true

  insert(columns: TraceColumns, slot: number): void {
    const last = this.slots.at(-1)
    if (last !== undefined && columns.markTimeS.at(last) > columns.markTimeS.at(slot)) {
      this.sorted = false
    }
    this.slots.push(slot)
  }

  remove(slot: number): void {
    const index = this.slots.indexOf(slot)
    if (index >= 0) this.slots.splice(index, 1)
  }

  settle(columns: TraceColumns): void {
    if (this.sorted) return
    this.slots.sort((a, b) => columns.markTimeS.at(a) - columns.markTimeS.at(b) || a - b)
    this.sorted = true
  }

  /** First index from `low` on at or after `timeS`, which is near: looks in ever longer steps. */
  nextFrom(columns: TraceColumns, timeS: number, low: number): number {
    let step = 1
    let from = low
    while (from + step <= this.slots.length) {
      const last = this.slots[from + step - 1] as number
      if (columns.markTimeS.at(last) >= timeS) break
      from += step
      step *= 2
    }
    return this.firstFrom(columns, timeS, from, Math.min(from + step, this.slots.length))
  }

  /** First index of [low, high) at or after `timeS`; `high` when there is none. */
  firstFrom(columns: TraceColumns, timeS: number, low = 0, high = this.slots.length): number {
    let from = low
    let to = high
    while (from < to) {
      const middle = (from + to) >> 1
      if (columns.markTimeS.at(this.slots[middle] as number) < timeS) from = middle + 1
      else to = middle
    }
    return from
  }
}

export class MarkRow {
  readonly all = new TimedMarks()
  readonly failed = new TimedMarks()

  insert(columns: TraceColumns, slot: number): void {
    this.all.insert(columns, slot)
    if ((columns.markFlags.at(slot) & MarkFlag.ERROR) !== 0) this.failed.insert(columns, slot)
  }

  remove(slot: number): void {
    this.all.remove(slot)
    this.failed.remove(slot)
  }

  settle(columns: TraceColumns): void {
    this.all.settle(columns)
    this.failed.settle(columns)
  }
}
