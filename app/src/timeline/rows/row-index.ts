/**
 * The spans and marks of every row, found by group and row number. `sync` applies the changes of the
 * columns since the last call, so its cost depends on the changes, not on the size of the run.
 */
import type { Columns } from '../../model/columns.ts'
import { MarkFlag } from '../../model/patch.ts'
import { MarkRow } from './mark-row.ts'
import { RowPartsCache } from './row-parts.ts'
import { RowTree } from './row-tree.ts'

interface GroupRows {
  readonly spans: (RowTree | undefined)[]
  readonly marks: (MarkRow | undefined)[]
}

export class RowIndex {
  readonly parts = new RowPartsCache()
  readonly #groups: (GroupRows | undefined)[] = []
  #version = -1
  #layoutVersion = -1
  #spanCount = 0
  /** By slot of a mark, its row; undefined = the mark was removed. */
  readonly #markRows: (MarkRow | undefined)[] = []
  readonly #touched: RowTree[] = []
  readonly #touchedMarks = new Set<MarkRow>()
  #matches: Uint8Array | undefined

  /** @param matches by slot, 1 = include the span; undefined = include all spans and marks */
  constructor(matches?: Uint8Array) {
    this.#matches = matches
  }

  /** Whether there are spans that `sync` has not read yet. */
  isBehind(columns: Columns): boolean {
    return this.#spanCount < columns.placedCount
  }

  /**
   * Reads the changes since the last call. Rows are usable at any time, without the unread spans.
   *
   * @param limit the most new spans to read, so that no call takes long
   */
  sync(columns: Columns, limit = Infinity): void {
    if (columns.layoutVersion !== this.#layoutVersion) this.#clear(columns)
    else if (columns.version === this.#version && !this.isBehind(columns)) return
    this.#changeSpans(columns)
    this.#addSpans(columns, Math.min(columns.placedCount, this.#spanCount + limit))
    if (this.#matches === undefined) this.#syncMarks(columns)
    this.#settle(columns)
    this.#version = columns.version
  }

  /** Adds new matches. Returns false if a span no longer matches: then a new index is needed. */
  extend(columns: Columns, matches: Uint8Array): boolean {
    const before = this.#matches
    if (before === undefined) return false
    for (let slot = 0; slot < this.#spanCount; slot++) {
      if (before[slot] === 1 && matches[slot] !== 1) return false
    }
    for (let slot = 0; slot < this.#spanCount; slot++) {
      if (before[slot] !== 1 && matches[slot] === 1)
        this.#touch(columns, slot).insert(columns, slot)
    }
    this.#matches = matches
    this.#settle(columns)
    return true
  }

  spansOf(group: number, row: number): RowTree | undefined {
    return this.#groups[group]?.spans[row]
  }

  marksOf(group: number, row: number): MarkRow | undefined {
    return this.#groups[group]?.marks[row]
  }

  #clear(columns: Columns): void {
    this.#groups.length = 0
    this.#spanCount = 0
    this.#markRows.length = 0
    this.#version = -1
    this.#layoutVersion = columns.layoutVersion
  }

  #addSpans(columns: Columns, to: number): void {
    for (let slot = this.#spanCount; slot < to; slot++) {
      if (this.#includes(slot)) this.#touch(columns, slot).insert(columns, slot)
    }
    this.#spanCount = to
  }

  #changeSpans(columns: Columns): void {
    const known = this.#spanCount
    if (known === 0 || columns.version === this.#version) return
    for (const slot of columns.spansChangedSince(this.#version) ?? upTo(known)) {
      if (slot < known && this.#includes(slot)) this.#touch(columns, slot).change(columns, slot)
    }
  }

  #includes(slot: number): boolean {
    return this.#matches === undefined || this.#matches[slot] === 1
  }

  /** The row of a span, to be changed and then settled. */
  #touch(columns: Columns, slot: number): RowTree {
    const { spans } = this.#rowsOf(columns.group.at(slot))
    const tree = (spans[columns.row.at(slot)] ??= new RowTree())
    if (tree.isSettled) this.#touched.push(tree)
    return tree
  }

  #settle(columns: Columns): void {
    for (const tree of this.#touched) tree.settle(columns)
    for (const marks of this.#touchedMarks) marks.settle(columns)
    this.#touched.length = 0
    this.#touchedMarks.clear()
  }

  #syncMarks(columns: Columns): void {
    const known = this.#markRows.length
    for (let slot = known; slot < columns.markCount; slot++) this.#placeMark(columns, slot)
    if (known === 0) return
    for (const slot of columns.marksChangedSince(this.#version) ?? upTo(known)) {
      if (slot < known) this.#placeMark(columns, slot)
    }
  }

  /** Late events can move, remove or restore a mark. */
  #placeMark(columns: Columns, slot: number): void {
    const before = this.#markRows[slot]
    const isRemoved = (columns.markFlags.at(slot) & MarkFlag.REMOVED) !== 0
    const { marks } = this.#rowsOf(columns.markGroup.at(slot))
    const now = isRemoved ? undefined : (marks[columns.markRow.at(slot)] ??= new MarkRow())
    this.#markRows[slot] = now
    if (now === before) return
    before?.remove(slot)
    if (now === undefined) return
    now.insert(columns, slot)
    this.#touchedMarks.add(now)
  }

  #rowsOf(group: number): GroupRows {
    return (this.#groups[group] ??= { spans: [], marks: [] })
  }
}

function* upTo(count: number): Iterable<number> {
  for (let slot = 0; slot < count; slot++) yield slot
}
