/**
 * Turns the bytes of a log into patches of columns. It knows neither sockets nor files, so that tests
 * can pass chunks cut anywhere.
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
  WriterNumbers,
  type EventRow,
  type RowSink,
  type OwnValue,
  type TraceChanges,
} from '@wattline/trace'
import type { MalformedLine } from '../model/run-info.ts'
import type { TracePatch } from '../model/patch.ts'
import { RunEnergy } from './answers/run-energy.ts'
import { GroupKeys } from './group-keys.ts'
import { groupOf, KeyValues, rowGroupOf } from './row-groups.ts'
import { PatchBuilder, type ChangedSlots } from './patches.ts'
import { NOTHING_SCANNED, type ScannedEnd, type ScannedPart } from './read/scan-file.ts'

/** Malformed lines that are listed with a reason; all are counted. */
const LISTED_MALFORMED = 200
/** Spans per patch: as many as the page can apply in one frame. */
const PATCH_SPANS = 10_000
const NO_SLOTS = new Int32Array(0)

export class Ingestor {
  readonly trace = new Trace()
  readonly energy = new RunEnergy(this.trace)
  readonly #reader: RowReader
  readonly groupKeys = new GroupKeys()
  readonly #patches = new PatchBuilder(this.trace)
  /** The first malformed lines. */
  readonly malformed: MalformedLine[] = []
  readonly #sink: RowSink
  #lanes: Lanes
  #groupBy: string
  #extraValues: KeyValues | undefined
  readonly #writers: WriterNumbers
  /** Bytes pushed so far, which is the position of the next chunk. */
  receivedBytes = 0
  /** One reader per scanner, with the text ids of that scanner. */
  readonly #scanned: RowBatchReader[] = []
  /** Number of the last line if it is incomplete, and so not an event. */
  tornLine: number | undefined

  constructor(groupBy: string, writers = new WriterNumbers()) {
    this.#groupBy = groupBy
    this.#writers = writers
    this.#reader = this.#newReader()
    this.#sink = {
      event: (row, position) => {
        this.trace.addRow(row, position, writers.current)
        if (this.#extraValues !== undefined)
          storeValue(this.#extraValues, row, position, this.trace.spanCount - 1)
      },
      sample: (sample) => {
        this.trace.addSample(sample)
        this.energy.add(sample, writers.current)
      },
      malformed: (reason, position, line) => this.#addMalformed(position, line, reason),
      writer: (writer) => writers.name(writer),
      rescaled: () => this.trace.addRescaled(writers.current),
    }
    this.storeValuesOf(groupBy)
    this.#lanes = new Lanes(this.trace, rowGroupOf(groupBy, this.#extraValues))
  }

  /** Reads a chunk of the log, cut anywhere. `writer`: of the chunk; undefined in a file. */
  push(chunk: Uint8Array, writer?: number): void {
    this.receivedBytes += chunk.length
    if (writer !== undefined) this.#writers.enter(writer)
    this.groupKeys.sample(chunk)
    this.#reader.push(chunk, this.#sink)
  }

  /** Applies a scanner's batch of the next bytes. The bytes before it must end with a newline. */
  pushScanned({ scanner, batch, bytes, linesBefore }: ScannedPart): void {
    this.receivedBytes += bytes
    this.#scanned[scanner] ??= new RowBatchReader(this.trace.texts)
    this.#scanned[scanner].read(batch, this.#sink, this.#reader.lineCount + linesBefore)
  }

  /**
   * Stores the values of a key from here on, if the trace does not store them itself. Returns whether
   * the lines so far have to be read again with {@link readValues}.
   */
  storeValuesOf(key: string): boolean {
    if (isKeptInTrace(key)) return false
    if (this.#extraValues?.key === key) return false
    this.#extraValues = new KeyValues(key, this.trace.texts)
    this.#reader.setExtraKey(key)
    return this.receivedBytes > 0
  }

  /** The key whose values are stored in addition to those of the trace. */
  get extraKey(): string | undefined {
    return this.#extraValues?.key
  }

  /** Reads the log so far again, for the values of {@link extraKey}. */
  async readValues(log: AsyncIterable<Uint8Array>): Promise<void> {
    const values = this.#extraValues
    if (values === undefined) return
    const reader = this.#newReader()
    reader.setExtraKey(values.key)
    let spans = 0
    const sink: RowSink = {
      event: (row, position) => {
        storeValue(values, row, position, spans)
        if (row.phase === START) spans++
      },
      sample: () => undefined,
      malformed: () => undefined,
    }
    let left = this.receivedBytes
    for await (const chunk of log) {
      reader.push(chunk.subarray(0, left), sink)
      left -= chunk.length
      if (left <= 0) return
    }
  }

  /** Why the incomplete line would not be an event if it were complete. */
  get tornReason(): string | undefined {
    return this.tornLine === undefined ? undefined : this.#reader.tornReason()
  }

  /** The log has ended. `scanned`: the lines that scanners read. */
  finish(scanned: ScannedEnd = NOTHING_SCANNED): void {
    this.trace.growth.share = 0
    const isTorn = scanned.isTorn || this.#reader.end(this.#sink) !== undefined
    if (isTorn) this.tornLine = this.#reader.lineCount + scanned.lines + 1
    this.trace.closeWriters()
  }

  /** Pairs and places the events since the last call. Returns no patch if nothing changed. */
  flush(): TracePatch[] {
    const changes = this.trace.flush()
    const moved = this.#lanes.place(changes)
    const { spanSlots, removedMarks } = changes
    const markSlots = moved.length === 0 ? changes.markSlots : this.#withMarksOf(moved, changes)
    this.energy.noteSpans(spanSlots)
    if (spanSlots.length + markSlots.length + removedMarks.length === 0) return []
    return inParts({ spanSlots, markSlots, removedMarks }).map((part) =>
      this.#patches.build(part, this.#lanes, false),
    )
  }

  /** The changed marks, and the marks of spans that moved to another row. */
  #withMarksOf(spans: readonly number[], { markSlots }: TraceChanges): Int32Array {
    const owners = new Set(spans)
    const slots = new Set(markSlots)
    const mark = this.trace.markView()
    for (mark.slot = 0; mark.slot < this.trace.markCount; mark.slot++) {
      if (owners.has(mark.parentSlot) && this.trace.hasMark(mark.slot)) slots.add(mark.slot)
    }
    return Int32Array.from(slots).sort()
  }

  /** Groups by another key. The patches contain every span and mark. */
  regroup(groupBy: string): TracePatch[] {
    const { spanSlots: changed, removedMarks } = this.trace.flush()
    this.energy.noteSpans(changed)
    const spanSlots = Int32Array.from({ length: this.trace.spanCount }, (_, slot) => slot)
    const markSlots = Int32Array.from({ length: this.trace.markCount }, (_, slot) => slot)
    this.#groupBy = groupBy
    this.#lanes = new Lanes(this.trace, rowGroupOf(groupBy, this.#extraValues))
    this.#lanes.place({ spanSlots })
    const existing = markSlots.filter((slot) => this.trace.hasMark(slot))
    const parts = inParts({ spanSlots, markSlots: existing, removedMarks })
    return parts.map((part, at) => this.#patches.build(part, this.#lanes, at === 0))
  }

  /** Returns a span's value of the group key; undefined if it has none. */
  get groupOf(): OwnValue {
    return groupOf(this.#groupBy, this.#extraValues)
  }

  #newReader(): RowReader {
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    return new RowReader({ decode: (bytes) => utf8.decode(bytes), texts: this.trace.texts })
  }

  #addMalformed(position: number, line: number, reason: string): void {
    const writer = this.#writers.current
    this.trace.addMalformed(writer)
    if (this.malformed.length < LISTED_MALFORMED) {
      this.malformed.push({ line, position, reason, writer })
    }
  }
}

function storeValue(values: KeyValues, row: EventRow, position: number, slot: number): void {
  if (row.phase === START) values.setSpan(slot, row.extra)
  else if (row.phase === POINT) values.setPoint(position, row.extra)
}

/** Splits the changes, so that the page can draw between two patches. */
function inParts({ spanSlots, markSlots, removedMarks }: ChangedSlots): ChangedSlots[] {
  const parts: ChangedSlots[] = [
    { spanSlots: spanSlots.subarray(0, PATCH_SPANS), markSlots, removedMarks },
  ]
  for (let from = PATCH_SPANS; from < spanSlots.length; from += PATCH_SPANS) {
    const part = spanSlots.subarray(from, from + PATCH_SPANS)
    parts.push({ spanSlots: part, markSlots: NO_SLOTS, removedMarks: NO_SLOTS })
  }
  return parts
}
