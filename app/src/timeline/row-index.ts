/**
 * Which spans and marks stand in which row, kept up to date from what changed in the columns since
 * the last version. Rows are found by group and row, spans in a row by time.
 */
import { MarkFlag, type TraceColumns } from '../model/columns.ts'
import { RowTree } from './row-tree.ts'

/** The marks of one row by time; valid after `settle`. */
export class MarkRow {
  readonly slots: number[] = []
  private sorted = true

  insert(columns: TraceColumns, slot: number): void {
    const last = this.slots.at(-1)
    if (last !== undefined && timeOf(columns, last) > timeOf(columns, slot)) this.sorted = false
    this.slots.push(slot)
  }

  remove(slot: number): void {
    const index = this.slots.indexOf(slot)
    if (index >= 0) this.slots.splice(index, 1)
  }

  settle(columns: TraceColumns): void {
    if (this.sorted) return
    this.slots.sort((a, b) => timeOf(columns, a) - timeOf(columns, b) || a - b)
    this.sorted = true
  }

  /** First index at or after `timeS`. */
  firstFrom(columns: TraceColumns, timeS: number, low = 0): number {
    let from = low
    let to = this.slots.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (timeOf(columns, this.slots[middle] as number) < timeS) from = middle + 1
      else to = middle
    }
    return from
  }
}

function timeOf(columns: TraceColumns, slot: number): number {
  return columns.markTimeS.at(slot)
}

interface GroupRows {
  readonly spans: (RowTree | undefined)[]
  readonly marks: (MarkRow | undefined)[]
}

export class RowIndex {
  private readonly groups: (GroupRows | undefined)[] = []
  private version = -1
  private layoutVersion = -1
  private spanCount = 0
  private markCount = 0
  private readonly touched = new Set<RowTree | MarkRow>()
  private readonly includes: ((slot: number) => boolean) | undefined

  /** @param includes takes part of the spans only (the matches of a query); no marks then */
  constructor(includes?: (slot: number) => boolean) {
    this.includes = includes
  }

  /** Reads what changed since the last call. Returns false when there was nothing. */
  sync(columns: TraceColumns): boolean {
    if (columns.layoutVersion !== this.layoutVersion || columns.spanCount < this.spanCount) {
      this.clear()
      this.layoutVersion = columns.layoutVersion
    } else if (columns.version === this.version) {
      return false
    }
    this.syncSpans(columns)
    if (this.includes === undefined) this.syncMarks(columns)
    for (const row of this.touched) row.settle(columns)
    this.touched.clear()
    this.version = columns.version
    return true
  }

  spansOf(group: number, row: number): RowTree | undefined {
    return this.groups[group]?.spans[row]
  }

  marksOf(group: number, row: number): MarkRow | undefined {
    return this.groups[group]?.marks[row]
  }

  private clear(): void {
    this.groups.length = 0
    this.spanCount = 0
    this.markCount = 0
    this.version = -1
  }

  private syncSpans(columns: TraceColumns): void {
    const known = this.spanCount
    for (let slot = known; slot < columns.spanCount; slot++) {
      if (this.includes?.(slot) === false) continue
      const tree = this.treeOf(columns.group.at(slot), columns.row.at(slot))
      tree.insert(columns, slot)
      this.touched.add(tree)
    }
    this.spanCount = columns.spanCount
    if (known === 0) return
    // The oldest are settled before they are looked up: `change` searches in sorted rows.
    for (const row of this.touched) row.settle(columns)
    for (const slot of columns.spansChangedSince(this.version) ?? upTo(known)) {
      if (slot >= known || this.includes?.(slot) === false) continue
      const tree = this.treeOf(columns.group.at(slot), columns.row.at(slot))
      tree.change(columns, slot)
      this.touched.add(tree)
    }
  }

  private syncMarks(columns: TraceColumns): void {
    const known = this.markCount
    for (let slot = known; slot < columns.markCount; slot++) {
      if (isRemoved(columns, slot)) continue
      const marks = this.marksRow(columns.markGroup.at(slot), columns.markRow.at(slot))
      marks.insert(columns, slot)
      this.touched.add(marks)
    }
    this.markCount = columns.markCount
    if (known === 0) return
    for (const slot of columns.marksChangedSince(this.version) ?? upTo(known)) {
      if (slot >= known || !isRemoved(columns, slot)) continue
      this.marksOf(columns.markGroup.at(slot), columns.markRow.at(slot))?.remove(slot)
    }
  }

  private rowsOf(group: number): GroupRows {
    return (this.groups[group] ??= { spans: [], marks: [] })
  }

  private treeOf(group: number, row: number): RowTree {
    return (this.rowsOf(group).spans[row] ??= new RowTree())
  }

  private marksRow(group: number, row: number): MarkRow {
    return (this.rowsOf(group).marks[row] ??= new MarkRow())
  }
}

function isRemoved(columns: TraceColumns, mark: number): boolean {
  return (columns.markFlags.at(mark) & MarkFlag.REMOVED) !== 0
}

function* upTo(count: number): Iterable<number> {
  for (let slot = 0; slot < count; slot++) yield slot
}
