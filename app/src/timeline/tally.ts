/**
 * Sums that grow with the columns and never start over: how dense each kind is along the run (for
 * the minimap) and how much each group holds (for the rail).
 *
 * Density is kept in bins of equal width. When the run outgrows them, neighbours are added up and
 * the bins are twice as wide:
 *
 * ```
 *   ▂▄▁▃▅▂▁▁|  → grows →  ▃▂▄▁....|
 * ```
 */
import { MarkFlag, type TraceColumns } from '../model/columns.ts'

export const BIN_COUNT = 512
/** More kinds than this share one series. */
const KIND_LIMIT = 24
export const OTHER_KINDS = -1

export interface GroupSum {
  spans: number
  errors: number
  /** Seconds of its outermost spans that have ended. */
  totalS: number
}

export class Tally {
  /** Unix seconds at the left edge of bin 0; NaN while there is nothing. */
  originS = NaN
  binS = 1
  /** Seconds of work by kind (index into `kinds`, or {@link OTHER_KINDS}) and bin. */
  readonly byKind = new Map<number, Float64Array>()
  errors = new Uint32Array(BIN_COUNT)
  readonly groups: GroupSum[] = []
  private version = -1
  private layoutVersion = -1
  private spanCount = 0
  private markCount = 0
  /** What was counted for each span: its end (NaN = nothing yet) and whether its error was. */
  private countedEndS = new Float64Array(256)
  private countedError = new Uint8Array(256)

  /** Reads what changed since the last call. Returns false when there was nothing. */
  sync(columns: TraceColumns): boolean {
    const isRelaid = columns.layoutVersion !== this.layoutVersion
    const isFirst = Number.isNaN(this.originS) && !Number.isNaN(columns.firstS)
    const startsEarlier = isFirst || columns.firstS < this.originS
    if (isRelaid || startsEarlier || columns.spanCount < this.spanCount) this.clear(columns)
    else if (columns.version === this.version) return false
    this.widen(columns)
    const known = this.spanCount
    this.reserve(columns.spanCount)
    for (let slot = known; slot < columns.spanCount; slot++) this.addSpan(columns, slot)
    this.spanCount = columns.spanCount
    if (known > 0) this.recount(columns, known)
    for (let slot = this.markCount; slot < columns.markCount; slot++) this.addMark(columns, slot)
    this.markCount = columns.markCount
    this.version = columns.version
    return true
  }

  private clear(columns: TraceColumns): void {
    this.byKind.clear()
    this.errors = new Uint32Array(BIN_COUNT)
    this.groups.length = 0
    this.spanCount = 0
    this.markCount = 0
    this.layoutVersion = columns.layoutVersion
    this.binS = 1 / 4096
    // Room before the first event, so that a few late ones do not start all over.
    const extentS = Math.max(1, columns.lastS - columns.firstS)
    this.originS = Number.isNaN(columns.firstS) ? NaN : columns.firstS - extentS / 32
  }

  private reserve(count: number): void {
    if (count <= this.countedEndS.length) return
    const capacity = Math.max(count, this.countedEndS.length * 2)
    const ends = new Float64Array(capacity)
    ends.set(this.countedEndS)
    this.countedEndS = ends
    const errors = new Uint8Array(capacity)
    errors.set(this.countedError)
    this.countedError = errors
  }

  /** Doubles the bins until `lastS` is within them. */
  private widen(columns: TraceColumns): void {
    while (columns.lastS - this.originS >= this.binS * BIN_COUNT) {
      for (const bins of this.byKind.values()) halve(bins)
      halve(this.errors)
      this.binS *= 2
    }
  }

  private recount(columns: TraceColumns, known: number): void {
    const changed = columns.spansChangedSince(this.version)
    if (changed === undefined) {
      for (let slot = 0; slot < known; slot++) this.updateSpan(columns, slot)
      return
    }
    for (const slot of changed) if (slot < known) this.updateSpan(columns, slot)
  }

  private addSpan(columns: TraceColumns, slot: number): void {
    this.countedEndS[slot] = NaN
    this.countedError[slot] = 0
    this.groupOf(columns.group.at(slot)).spans++
    this.updateSpan(columns, slot)
  }

  private updateSpan(columns: TraceColumns, slot: number): void {
    const endS = columns.endS.at(slot)
    const countedS = this.countedEndS[slot] as number
    if (endS !== countedS && !(Number.isNaN(endS) && Number.isNaN(countedS))) {
      this.addTime(columns, slot, countedS, -1)
      this.addTime(columns, slot, endS, 1)
      this.countedEndS[slot] = endS
    }
    if (this.countedError[slot] === 0 && !Number.isNaN(columns.errorAtS.at(slot))) {
      this.countedError[slot] = 1
      this.groupOf(columns.group.at(slot)).errors++
      this.addError(columns.startS.at(slot))
    }
  }

  private addTime(columns: TraceColumns, slot: number, endS: number, sign: number): void {
    const startS = columns.startS.at(slot)
    if (Number.isNaN(endS) || endS <= startS) return
    addToBins(
      this.binsOf(columns.kind.at(slot)),
      (startS - this.originS) / this.binS,
      (endS - this.originS) / this.binS,
      sign * this.binS,
    )
    const parent = columns.parent.at(slot)
    const group = columns.group.at(slot)
    if (parent < 0 || columns.group.at(parent) !== group) {
      this.groupOf(group).totalS += sign * (endS - startS)
    }
  }

  private addMark(columns: TraceColumns, slot: number): void {
    if ((columns.markFlags.at(slot) & MarkFlag.ERROR) !== 0) {
      this.addError(columns.markTimeS.at(slot))
    }
  }

  private addError(timeS: number): void {
    const bin = Math.floor((timeS - this.originS) / this.binS)
    const at = Math.min(Math.max(bin, 0), BIN_COUNT - 1)
    this.errors[at] = (this.errors[at] as number) + 1
  }

  private groupOf(group: number): GroupSum {
    return (this.groups[group] ??= { spans: 0, errors: 0, totalS: 0 })
  }

  private binsOf(kind: number): Float64Array {
    const known = this.byKind.get(kind)
    if (known !== undefined) return known
    const key = this.byKind.size < KIND_LIMIT ? kind : OTHER_KINDS
    const bins = this.byKind.get(key) ?? new Float64Array(BIN_COUNT)
    this.byKind.set(key, bins)
    return bins
  }
}

function halve(bins: Float64Array | Uint32Array): void {
  for (let bin = 0; bin < BIN_COUNT / 2; bin++) {
    bins[bin] = (bins[2 * bin] as number) + (bins[2 * bin + 1] as number)
  }
  bins.fill(0, BIN_COUNT / 2)
}

/** Adds `amount` per bin covered; `from` and `to` are in bins and may lie between two. */
function addToBins(bins: Float64Array, from: number, to: number, amount: number): void {
  const first = Math.min(Math.max(Math.floor(from), 0), BIN_COUNT - 1)
  const last = Math.min(Math.max(Math.floor(to), 0), BIN_COUNT - 1)
  for (let bin = first; bin <= last; bin++) {
    const covered = Math.min(to, bin + 1) - Math.max(from, bin)
    if (covered > 0) bins[bin] = (bins[bin] as number) + covered * amount
  }
}
