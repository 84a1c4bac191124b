/**
 * Bytes of a log in, patches of columns out. Knows neither sockets nor files nor the worker, so a
 * test can feed it chunks cut anywhere.
 *
 * ```
 *  bytes ─▶ RowReader ─▶ Trace ─flush▶ changes ─▶ Lanes ─▶ PatchBuilder ─▶ patch
 * ```
 */
import {
  isKeptInTrace,
  Lanes,
  RowReader,
  POINT,
  RowBatchReader,
  START,
  Trace,
  type EventRow,
  type RowSink,
  type Mark,
  type Span,
  type TraceChanges,
  type WriterState,
} from '@wattline/trace'
import type { MalformedLine } from '../model/run-info.ts'
import type { TracePatch } from '../model/patch.ts'
import { RunEnergy } from './answers/run-energy.ts'
import { GroupKeys } from './group-keys.ts'
import { groupOf, KeyValues, rowGroupOf } from './row-groups.ts'
import { PatchBuilder } from './patches.ts'
import { NOTHING_SCANNED, type ScannedEnd, type ScannedPart } from './read/scan-file.ts'

/** Malformed lines kept with their reason; all are counted. */
const KEPT_MALFORMED = 200
/** Spans of one patch: the page takes so many in within a frame. */
const PART_SPANS = 10_000
const NO_SLOTS = new Int32Array(0)

export class Ingestor {
  readonly trace = new Trace()
  readonly energy = new RunEnergy(this.trace)
  readonly #reader: RowReader
  readonly #groupKeys = new GroupKeys()
  readonly #patches = new PatchBuilder(this.trace)
  readonly #malformed: MalformedLine[] = []
  readonly #sink: RowSink
  #lanes: Lanes
  #groupBy: string
  #noted: KeyValues | undefined
  #writer = 0
  #receivedBytes = 0
  /** By scanner, whose texts each knows. */
  readonly #scanned: RowBatchReader[] = []
  #tornLine: number | undefined

  constructor(groupBy: string) {
    this.#groupBy = groupBy
    this.#reader = this.#newReader()
    this.#sink = {
      event: (row, position) => {
        this.trace.addRow(row, position, this.#writer)
        if (this.#noted !== undefined) note(this.#noted, row, position, this.trace.spanCount - 1)
      },
      sample: (sample) => {
        this.trace.addSample(sample)
        this.energy.add(sample, this.#writer)
      },
      malformed: (reason, position, line) => this.#addMalformed(position, line, reason),
      rescaled: () => this.trace.addRescaled(this.#writer),
    }
    this.noteValuesOf(groupBy)
    this.#lanes = new Lanes(this.trace, rowGroupOf(groupBy, this.#noted))
  }

  /** Bytes taken so far: the position of the next chunk's first byte. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get malformed(): readonly MalformedLine[] {
    return this.#malformed
  }

  /** Says how much of a log of known length the chunks so far and the next are, from 0 to 1; 0 = unknown. */
  expect(share: number): void {
    this.trace.growth.share = share
  }

  /** Takes a chunk of the log, cut anywhere. */
  push(chunk: Uint8Array, writer = 0): void {
    this.#receivedBytes += chunk.length
    this.#writer = writer
    this.#groupKeys.sample(chunk)
    this.#reader.push(chunk, this.#sink)
  }

  /** Takes what a scanner has read of the log's next bytes. What was pushed before must end with a line. */
  pushScanned({ scanner, batch, bytes, linesBefore }: ScannedPart, writer = 0): void {
    this.#receivedBytes += bytes
    this.#writer = writer
    this.#scanned[scanner] ??= new RowBatchReader(this.trace.texts)
    this.#scanned[scanner].read(batch, this.#sink, this.#reader.lineCount + linesBefore)
  }

  /** Looks for keys to group by in bytes of the log that scanners read. */
  sampleKeys(chunk: Uint8Array): void {
    this.#groupKeys.sample(chunk)
  }

  /**
   * Notes the values of a key from here on, if the trace does not keep them. True when lines that
   * were read before have values of it, too: {@link readValues} is to read them again.
   */
  noteValuesOf(key: string): boolean {
    if (isKeptInTrace(key)) return false
    if (this.#noted?.key === key) return false
    this.#noted = new KeyValues(key, this.trace.texts)
    this.#reader.setExtraKey(key)
    return this.#receivedBytes > 0
  }

  /** The key whose values are noted, if the trace does not keep them. */
  get notedKey(): string | undefined {
    return this.#noted?.key
  }

  /** Reads the log again, from its beginning to where it stands, for the values of the noted key. */
  async readValues(log: AsyncIterable<Uint8Array>): Promise<void> {
    const values = this.#noted
    if (values === undefined) return
    const reader = this.#newReader()
    reader.setExtraKey(values.key)
    let spans = 0
    const sink: RowSink = {
      event: (row, position) => {
        note(values, row, position, spans)
        if (row.phase === START) spans++
      },
      sample: () => undefined,
      malformed: () => undefined,
    }
    let left = this.#receivedBytes
    for await (const chunk of log) {
      reader.push(chunk.subarray(0, left), sink)
      left -= chunk.length
      if (left <= 0) return
    }
  }

  /** Number of the last line if it has no end: it was cut off, and is no event. */
  get tornLine(): number | undefined {
    return this.#tornLine
  }

  /** Why that line would be no event if it had one. */
  get tornReason(): string | undefined {
    return this.#tornLine === undefined ? undefined : this.#reader.tornReason()
  }

  /** The log has ended here; `scanned` = what scanners read of it. */
  finish(writer = 0, scanned: ScannedEnd = NOTHING_SCANNED): void {
    this.expect(0)
    const isTorn = scanned.isTorn || this.#reader.finish() !== undefined
    if (isTorn) this.#tornLine = this.#reader.lineCount + scanned.lines + 1
    this.trace.setWriter(writer, 'closed')
  }

  setWriter(writer: number, state: WriterState): void {
    this.trace.setWriter(writer, state)
  }

  addLost(count: number, writer: number): void {
    this.trace.addLost(count, writer)
  }

  /** Pairs and places what came since the last call; no patch when nothing changed. */
  flush(): TracePatch[] {
    const changes = this.trace.flush()
    const moved = this.#lanes.place(changes)
    const { spanSlots, removedMarks } = changes
    const markSlots = moved.length === 0 ? changes.markSlots : this.#withMarksOf(moved, changes)
    this.energy.noteSpans(spanSlots)
    if (spanSlots.length + markSlots.length + removedMarks.length === 0) return []
    return inParts({ spanSlots, markSlots, removedMarks }).map((part) => this.#build(part, false))
  }

  /** What became different of marks, and those of spans that stand in another row now. */
  #withMarksOf(spans: readonly number[], { markSlots }: TraceChanges): Int32Array {
    const owners = new Set(spans)
    const slots = new Set(markSlots)
    const mark = this.trace.markView()
    for (mark.slot = 0; mark.slot < this.trace.markCount; mark.slot++) {
      if (owners.has(mark.parentSlot) && this.trace.hasMark(mark.slot)) slots.add(mark.slot)
    }
    return Int32Array.from(slots).sort()
  }

  /** Deals rows anew under another key. The patches hold every span and mark, the first says so. */
  regroup(groupBy: string): TracePatch[] {
    const { spanSlots: changed, removedMarks } = this.trace.flush()
    this.energy.noteSpans(changed)
    const spanSlots = Int32Array.from({ length: this.trace.spanCount }, (_, slot) => slot)
    const markSlots = Int32Array.from({ length: this.trace.markCount }, (_, slot) => slot)
    this.#groupBy = groupBy
    this.#lanes = new Lanes(this.trace, rowGroupOf(groupBy, this.#noted))
    this.#lanes.place({ spanSlots })
    const standing = markSlots.filter((slot) => this.trace.hasMark(slot))
    const parts = inParts({ spanSlots, markSlots: standing, removedMarks })
    return parts.map((part, at) => this.#build(part, at === 0))
  }

  /** What a span is grouped under now; undefined when it has no such value. */
  groupOf(item: Span | Mark): string | undefined {
    return groupOf(this.#groupBy, this.#noted)(item)
  }

  groupKeys(): string[] {
    return this.#groupKeys.offered()
  }

  #newReader(): RowReader {
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    return new RowReader({ decode: (bytes) => utf8.decode(bytes), texts: this.trace.texts })
  }

  #build(changes: Slots, relayout: boolean): TracePatch {
    return this.#patches.build({
      slots: changes.spanSlots,
      markSlots: changes.markSlots,
      removedMarks: changes.removedMarks,
      places: this.#lanes,
      relayout,
    })
  }

  #addMalformed(position: number, line: number, reason: string): void {
    const writer = this.#writer
    this.trace.addMalformed(position, reason, writer)
    if (this.#malformed.length < KEPT_MALFORMED) {
      this.#malformed.push({ line, position, reason, writer })
    }
  }
}

function note(values: KeyValues, row: EventRow, position: number, slot: number): void {
  if (row.phase === START) values.setSpan(slot, row.extra)
  else if (row.phase === POINT) values.setPoint(position, row.extra)
}

type Slots = Omit<TraceChanges, 'spans' | 'marks'>

/** The page takes in one patch at a time and wants to draw in between. */
function inParts({ spanSlots, markSlots, removedMarks }: Slots): Slots[] {
  const parts: Slots[] = [{ spanSlots: spanSlots.subarray(0, PART_SPANS), markSlots, removedMarks }]
  for (let from = PART_SPANS; from < spanSlots.length; from += PART_SPANS) {
    const part = spanSlots.subarray(from, from + PART_SPANS)
    parts.push({ spanSlots: part, markSlots: NO_SLOTS, removedMarks: NO_SLOTS })
  }
  return parts
}
