/**
 * Data quality by writer. It is counted while events arrive and spans change, so that reading it costs
 * a step for each writer and none for each span.
 */
import { BitColumn, ByteColumn } from '../columns/columns.ts'
import type { SpanUpdates } from '../pairing/span-updates.ts'
import type { MarkTable } from '../tables/mark-table.ts'
import { TimeRange, type TimePart } from './time-range.ts'
import { SpanFlag, type DataQuality, type WriterQuality } from './span.ts'

type Counted =
  | 'state'
  | 'events'
  | 'late'
  | 'malformed'
  | 'lost'
  | 'dropped'
  | 'droppedMarks'
  | 'rescaled'

/** The counts of one writer. */
export type WriterCounts = { -readonly [key in Counted]: WriterQuality[key] } & {
  readonly times: TimeRange
  /** Unix seconds of its latest event that is no outlier; −Infinity if there is none. */
  readonly lastS: number
}

/** Number of bits of `SpanFlag`. */
const BITS = 8

export class QualityCounts {
  /** By writer number; undefined for an unknown writer. */
  readonly writers: WriterCounts[] = []
  /** By slot, the counted flags. */
  readonly #flags = new ByteColumn()
  /** By writer and bit, the number of spans with the flag. */
  readonly #flagCounts: Uint32Array[] = []
  /** The slots of spans with a late event, and their number by writer. */
  readonly #late = new BitColumn()
  readonly #lateCounts: number[] = []
  readonly #marks: MarkTable
  readonly #updates: SpanUpdates
  #hasEventAfterEnd = false

  constructor(marks: MarkTable, updates: SpanUpdates) {
    this.#marks = marks
    this.#updates = updates
  }

  writer(writer: number): WriterCounts {
    return (this.writers[writer] ??= newWriter())
  }
  /** Counts an event; `dropped` is the number of dropped events that it reports. */
  countEvent(writer: number, timeS: number, isLate: boolean, dropped: number): void {
    const counts = this.writer(writer)
    counts.events++
    if (isLate) counts.late++
    counts.times.add(timeS)
    if (counts.state !== 'live') this.#hasEventAfterEnd = true
    if (dropped === 0) return
    counts.lost += dropped
    counts.dropped += dropped
    counts.droppedMarks++
  }

  /** Whether a closed or lost writer has written an event since the last call. */
  takeEventAfterEnd(): boolean {
    const hasEventAfterEnd = this.#hasEventAfterEnd
    this.#hasEventAfterEnd = false
    return hasEventAfterEnd
  }

  /** Replaces the counted flags of a span. Its writer never changes. */
  countSpan(slot: number, flags: number, isLate: boolean, writer: number): void {
    if (isLate !== this.#late.has(slot)) {
      if (isLate) this.#late.add(slot)
      else this.#late.delete(slot)
      this.#lateCounts[writer] = (this.#lateCounts[writer] ?? 0) + (isLate ? 1 : -1)
    }
    let differing = this.#flags.at(slot) ^ flags
    if (differing === 0) return
    this.#flags.set(slot, flags)
    const counts = (this.#flagCounts[writer] ??= new Uint32Array(BITS))
    for (let bit = 0; differing !== 0; bit++, differing >>>= 1) {
      if ((differing & 1) === 0) continue
      counts[bit] = counts[bit]! + ((flags >>> bit) & 1 ? 1 : -1)
    }
  }

  /** The last counted flags of a span. */
  flagsOf(slot: number): number {
    return this.#flags.at(slot)
  }

  /** @param run the range of the run; the events outside are outliers */
  ofWriters(run: TimePart | undefined): WriterQuality[] {
    // flatMap skips unknown writers.
    return this.writers.flatMap(({ lastS, times, ...counted }, writer) => {
      const spansWith = (flag: number) => this.#flagCounts[writer]?.[31 - Math.clz32(flag)] ?? 0
      return {
        ...counted,
        writer,
        lastS: lastS === -Infinity ? undefined : lastS,
        lateItems: (this.#lateCounts[writer] ?? 0) + this.#marks.lateOf(writer),
        ambiguous: spansWith(SpanFlag.AMBIGUOUS),
        orphan: this.#marks.orphansOf(writer),
        unknownUpdates: this.#updates.unknownOf(writer),
        unfinished: spansWith(SpanFlag.DID_NOT_END),
        clock: spansWith(SpanFlag.CLOCK),
        parentUnsure: spansWith(SpanFlag.PARENT_UNSURE),
        parentMissing: spansWith(SpanFlag.PARENT_MISSING),
        outliers: run === undefined ? 0 : times.countOutside(run),
      }
    })
  }
}

function newWriter(): WriterCounts {
  const times = new TimeRange()
  return {
    state: 'live',
    times,
    get lastS() {
      return times.run?.lastS ?? -Infinity
    },
    events: 0,
    late: 0,
    malformed: 0,
    lost: 0,
    dropped: 0,
    droppedMarks: 0,
    rescaled: 0,
  }
}

export function sumQuality(parts: readonly DataQuality[]): DataQuality {
  const sum = (key: keyof DataQuality) => parts.reduce((total, part) => total + part[key], 0)
  return {
    ambiguous: sum('ambiguous'),
    orphan: sum('orphan'),
    unknownUpdates: sum('unknownUpdates'),
    unfinished: sum('unfinished'),
    clock: sum('clock'),
    parentUnsure: sum('parentUnsure'),
    parentMissing: sum('parentMissing'),
    outliers: sum('outliers'),
    late: sum('late'),
    malformed: sum('malformed'),
    lost: sum('lost'),
    rescaled: sum('rescaled'),
  }
}
