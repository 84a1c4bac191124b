/**
 * What is in doubt about a log, writer by writer. It is counted while events come and spans change,
 * so that asking costs a step for each writer and none for each span.
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

/** What is counted of a writer as its lines come. */
export interface WriterFacts {
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

/** How many malformed lines are kept with their reasons; all are counted. */
const KEPT_MALFORMED = 1000
/** Beside the bits of `SpanFlag`: the span has a late event. It is no flag, as it is no doubt. */
const LATE = 64

const BITS = 8

/** How many spans of each writer carry each flag. */
class FlagCounts {
  /** By slot: its flags as they were counted. */
  readonly #flags = new ByteColumn()
  /** By writer, then by bit. */
  readonly #counts: Uint32Array[] = []

  /** Notes a span's flags, in place of what it had before. Its writer never changes. */
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

  /** As a span was counted last. */
  flagsOf(slot: number): number {
    return this.#flags.at(slot)
  }

  /** How many spans of `writer` carry `flag`, one bit. */
  count(flag: number, writer: number): number {
    return this.#counts[writer]?.[31 - Math.clz32(flag)] ?? 0
  }
}

export class QualityCounts {
  /** By number; one that was never heard of has none. */
  readonly writers: WriterFacts[] = []
  readonly malformedLines: MalformedLine[] = []
  readonly #spans = new FlagCounts()
  readonly #marks: MarkTable
  #hasOutlived = false

  constructor(marks: MarkTable) {
    this.#marks = marks
  }

  writer(writer: number): WriterFacts {
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

  /** Counts an event; `dropped` are those that it says are missing. */
  noteEvent(writer: number, timeS: number, isLate: boolean, dropped: number): void {
    const facts = this.writer(writer)
    facts.events++
    if (isLate) facts.late++
    if (timeS > facts.lastS) {
      facts.lastS = timeS
      if (facts.state !== 'live') this.#hasOutlived = true
    }
    if (dropped === 0) return
    facts.lost += dropped
    facts.dropped += dropped
    facts.droppedMarks++
  }

  /** Whether a writer that was closed or lost has told of later events since the last call. */
  takeOutlived(): boolean {
    const hasOutlived = this.#hasOutlived
    this.#hasOutlived = false
    return hasOutlived
  }

  noteMalformed(writer: number, line: MalformedLine): void {
    this.writer(writer).malformed++
    if (this.malformedLines.length < KEPT_MALFORMED) this.malformedLines.push(line)
  }

  /** Counts a span as it is now, in place of what it was. */
  noteSpan(slot: number, flags: number, isLate: boolean, writer: number): void {
    this.#spans.set(slot, isLate ? flags | LATE : flags, writer)
  }

  /** A span's flags as they were counted last. */
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
