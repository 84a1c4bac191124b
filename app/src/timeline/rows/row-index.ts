/**
 * Which spans and marks stand in which row, kept up to date from what changed in the columns since
 * the last version. Rows are found by group and row, spans in a row by time.
 */
import { MarkFlag, type TraceColumns } from '../../model/trace-columns.ts'
import { MarkRow } from './mark-row.ts'
import { RowPartsCache } from './row-parts.ts'
import { RowTree } from './row-tree.ts'

interface GroupRows {
  readonly spans: (RowTree | undefined)[]
  readonly marks: (MarkRow | undefined)[]
}

export class RowIndex {
  readonly parts = new RowPartsCache()
  private readonly groups: (GroupRows | undefined)[] = []
  private version = -1
  private layoutVersion = -1
  private spanCount = 0
  /** By slot of a mark: where it stands; undefined = it is gone. */
  private readonly markRows: (MarkRow | undefined)[] = []
  private readonly touched: RowTree[] = []
  private readonly touchedMarks = new Set<MarkRow>()
  private matches: Uint8Array | undefined

  /** @param matches by slot, 1 = the span is taken; undefined = all are, and marks too */
  constructor(matches?: Uint8Array) {
    this.matches = matches
  }

  /** Whether spans wait for the next `sync`. */
  isBehind(columns: TraceColumns): boolean {
    return this.spanCount < columns.placedCount
  }

  /**
   * Reads what changed since the last call. Rows can be used at any time; spans that are not read
   * yet are not in them.
   *
   * @param most new spans that this call may read, so that no call takes long
   */
  sync(columns: TraceColumns, most = Infinity): void {
    const isRelaid = columns.layoutVersion !== this.layoutVersion
    if (isRelaid) this.clear(columns)
    else if (columns.version === this.version && !this.isBehind(columns)) return
    this.changeSpans(columns)
    this.addSpans(columns, Math.min(columns.placedCount, this.spanCount + most))
    if (this.matches === undefined) this.syncMarks(columns)
    this.settle(columns)
    this.version = columns.version
  }

  /** Takes the spans that match now, too. False = some no longer match, and a new index is needed. */
  extend(columns: TraceColumns, matches: Uint8Array): boolean {
    const before = this.matches
    if (before === undefined) return false
    for (let slot = 0; slot < this.spanCount; slot++) {
      if (before[slot] === 1 && matches[slot] !== 1) return false
    }
    for (let slot = 0; slot < this.spanCount; slot++) {
      if (before[slot] !== 1 && matches[slot] === 1) this.insert(columns, slot)
    }
    this.matches = matches
    this.settle(columns)
    return true
  }

  spansOf(group: number, row: number): RowTree | undefined {
    return this.groups[group]?.spans[row]
  }

  marksOf(group: number, row: number): MarkRow | undefined {
    return this.groups[group]?.marks[row]
  }

  private clear(columns: TraceColumns): void {
    this.groups.length = 0
    this.spanCount = 0
    this.markRows.length = 0
    this.version = -1
    this.layoutVersion = columns.layoutVersion
  }

  private addSpans(columns: TraceColumns, to: number): void {
    for (let slot = this.spanCount; slot < to; slot++) {
      if (this.takes(slot)) this.insert(columns, slot)
    }
    this.spanCount = to
  }

  private changeSpans(columns: TraceColumns): void {
    const known = this.spanCount
    if (known === 0 || columns.version === this.version) return
    for (const slot of columns.spansChangedSince(this.version) ?? upTo(known)) {
      if (slot >= known || !this.takes(slot)) continue
      const tree = this.treeOf(columns.group.at(slot), columns.row.at(slot))
      this.touch(tree)
      tree.change(columns, slot)
    }
  }

  private insert(columns: TraceColumns, slot: number): void {
    const tree = this.treeOf(columns.group.at(slot), columns.row.at(slot))
    this.touch(tree)
    tree.insert(columns, slot)
  }

  private takes(slot: number): boolean {
    return this.matches === undefined || this.matches[slot] === 1
  }

  private touch(tree: RowTree): void {
    if (tree.isSettled) this.touched.push(tree)
  }

  private settle(columns: TraceColumns): void {
    for (const tree of this.touched) tree.settle(columns)
    for (const marks of this.touchedMarks) marks.settle(columns)
    this.touched.length = 0
    this.touchedMarks.clear()
  }

  private syncMarks(columns: TraceColumns): void {
    const known = this.markRows.length
    for (let slot = known; slot < columns.markCount; slot++) this.placeMark(columns, slot)
    if (known === 0) return
    for (const slot of columns.marksChangedSince(this.version) ?? upTo(known)) {
      if (slot < known) this.placeMark(columns, slot)
    }
  }

  /** What came late may have moved a mark, taken it away or brought it back. */
  private placeMark(columns: TraceColumns, slot: number): void {
    const before = this.markRows[slot]
    const now = isRemoved(columns, slot)
      ? undefined
      : this.marksRow(columns.markGroup.at(slot), columns.markRow.at(slot))
    this.markRows[slot] = now
    if (now === before) return
    before?.remove(slot)
    if (now === undefined) return
    now.insert(columns, slot)
    this.touchedMarks.add(now)
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
