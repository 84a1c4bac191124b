/** The marks of one row by time, and once more those of them that tell of a failure. */
import { MarkFlag, type TraceColumns } from '../../model/trace-columns.ts'

/** Slots of marks by time; valid after `settle`. */
export class TimedMarks {
  readonly slots: number[] = []
  /** Their times, Unix seconds: to look for a time, no other memory is waited for. */
  private times: number[] = []
  private sorted = true

  insert(columns: TraceColumns, slot: number): void {
    const timeS = columns.markTimeS.at(slot)
    const lastS = this.times.at(-1) ?? -Infinity
    if (lastS > timeS || (lastS === timeS && this.slots.at(-1)! > slot)) this.sorted = false
    this.slots.push(slot)
    this.times.push(timeS)
  }

  remove(slot: number): void {
    const index = this.slots.indexOf(slot)
    if (index < 0) return
    this.slots.splice(index, 1)
    this.times.splice(index, 1)
  }

  settle(columns: TraceColumns): void {
    if (this.sorted) return
    this.slots.sort((a, b) => columns.markTimeS.at(a) - columns.markTimeS.at(b) || a - b)
    this.times = this.slots.map((slot) => columns.markTimeS.at(slot))
    this.sorted = true
  }

  timeS(index: number): number {
    return this.times[index] as number
  }

  /** First index from `low` on at or after `timeS`, which is near: looks in ever longer steps. */
  nextFrom(timeS: number, low: number): number {
    const { times } = this
    let step = 1
    let from = low
    while (from + step <= times.length && (times[from + step - 1] as number) < timeS) {
      from += step
      step *= 2
    }
    return this.firstFrom(timeS, from, Math.min(from + step, times.length))
  }

  /** First index of [low, high) at or after `timeS`; `high` when there is none. */
  firstFrom(timeS: number, low = 0, high = this.times.length): number {
    let from = low
    let to = high
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.times[middle] as number) < timeS) from = middle + 1
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
