/**
 * Data quality by writer. It is counted while events arrive and spans change, so that reading it costs
 * a step for each writer and none for each span.
 */
import { ByteColumn } from '../columns/columns.ts'
import type { MarkTable } from '../tables/mark-table.ts'
import type { WriterState } from '../wire/run-info.ts'
import { SpanFlag, type DataQuality, type WriterQuality } from './span.ts'

/** A line of the log that could not be read. */
export interface MalformedLine {
  readonly position: number
  readonly reason: string
}

/** The counts of one writer. */
export interface WriterCounts {
  state: WriterState
  /** Unix seconds of its latest event. */
  lastS: number
  events: number
  late: number
  malformed: number
  lost: number
  dropped: number
  droppedMarks: number
  rescaled: number
}

/** This many malformed lines are stored with their reasons; all are counted. */
const MAX_MALFORMED_LINES = 1000
/** Counted with the bits of `SpanFlag`: the span has a late event. */
const LATE = 64

const BITS = 8

/** Counts the spans of each writer that have each flag. */
class FlagCounts {
  /** By slot, the counted flags. */
  readonly #flags = new ByteColumn()
  /** By writer and bit. */
  readonly #counts: Uint32Array[] = []

  /** Replaces the flags of a span. Its writer never changes. */
  set(slot: number, flags: number, writer: number): void {
    let differing = this.#flags.at(slot) ^ flags
    if (differing === 0) return
    this.#flags.set(slot, flags)
    const counts = (this.#counts[writer] ??= new Uint32Array(BITS))
    for (let bit = 0; differing !== 0; bit++, differing >>>= 1) {
      if ((differing & 1) === 0) continue
      counts[bit] = counts[bit]! + ((flags >>> bit) & 1 ? 1 : -1)
    }
  }

  /** The last counted flags of a span. */
  flagsOf(slot: number): number {
    return this.#flags.at(slot)
  }

  /** The number of spans of `writer` with `flag`, one bit. */
  count(flag: number, writer: number): number {
    return this.#counts[writer]?.[31 - Math.clz32(flag)] ?? 0
  }
}

export class QualityCounts {
  /** By writer number; undefined for an unknown writer. */
  readonly writers: WriterCounts[] = []
  readonly malformedLines: MalformedLine[] = []
  readonly #spans = new FlagCounts()
  readonly #marks: MarkTable
  #hasEventAfterEnd = false

  constructor(marks: MarkTable) {
    this.#marks = marks
  }

  writer(writer: number): WriterCounts {
    return (this.writers[writer] ??= {
      state: 'live',
      lastS: -Infinity,
      events: 0,
      late: 0,
      malformed: 0,
      lost: 0,
      dropped: 0,
      droppedMarks: 0,
      rescaled: 0,
    })
  }

  /** Counts an event; `dropped` is the number of dropped events that it reports. */
  countEvent(writer: number, timeS: number, isLate: boolean, dropped: number): void {
    const counts = this.writer(writer)
    counts.events++
    if (isLate) counts.late++
    if (timeS > counts.lastS) {
      counts.lastS = timeS
      if (counts.state !== 'live') this.#hasEventAfterEnd = true
    }
    if (dropped === 0) return
    counts.lost += dropped
    counts.dropped += dropped
    counts.droppedMarks++
  }

  /** Whether a closed or lost writer has written a later event since the last call. */
  takeEventAfterEnd(): boolean {
    const hasEventAfterEnd = this.#hasEventAfterEnd
    this.#hasEventAfterEnd = false
    return hasEventAfterEnd
  }

  countMalformed(writer: number, line: MalformedLine): void {
    this.writer(writer).malformed++
    if (this.malformedLines.length < MAX_MALFORMED_LINES) this.malformedLines.push(line)
  }

  /** Replaces the counted flags of a span. */
  countSpan(slot: number, flags: number, isLate: boolean, writer: number): void {
    this.#spans.set(slot, isLate ? flags | LATE : flags, writer)
  }

  /** The last counted flags of a span. */
  flagsOf(slot: number): number {
    return this.#spans.flagsOf(slot) & ~LATE
  }

  ofWriters(): WriterQuality[] {
    return [...this.writers.keys()]
      .filter((writer) => this.writers[writer] !== undefined)
      .map((writer) => this.#of(writer))
  }

  #of(writer: number): WriterQuality {
    const { lastS, ...counted } = this.writer(writer)
    return {
      ...counted,
      writer,
      lastS: lastS === -Infinity ? undefined : lastS,
      lateItems: this.#spans.count(LATE, writer) + this.#marks.lateOf(writer),
      ambiguous: this.#spans.count(SpanFlag.AMBIGUOUS, writer),
      orphan: this.#marks.orphansOf(writer),
      unfinished: this.#spans.count(SpanFlag.DID_NOT_END, writer),
      clock: this.#spans.count(SpanFlag.CLOCK, writer),
      parentUnsure: this.#spans.count(SpanFlag.PARENT_UNSURE, writer),
    }
  }
}

export function sumQuality(parts: readonly DataQuality[]): DataQuality {
  const sum = (key: keyof DataQuality) => parts.reduce((total, part) => total + part[key], 0)
  return {
    ambiguous: sum('ambiguous'),
    orphan: sum('orphan'),
    unfinished: sum('unfinished'),
    clock: sum('clock'),
    parentUnsure: sum('parentUnsure'),
    late: sum('late'),
    malformed: sum('malformed'),
    lost: sum('lost'),
    rescaled: sum('rescaled'),
  }
}
