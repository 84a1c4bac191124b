/**
 * Bytes of a log in, patches of columns out. Knows neither sockets nor files nor the worker, so a
 * test can feed it chunks cut anywhere.
 *
 * ```
 *  bytes ─▶ LogDecoder ─▶ Trace ─flush▶ changes ─▶ Lanes ─▶ PatchBuilder ─▶ patch
 * ```
 */
import {
  Lanes,
  LogDecoder,
  Trace,
  type DataQuality,
  type Mark,
  type Span,
  type TraceChanges,
  type WriterState,
} from '@wattline/trace'
import type { MalformedLine } from '../store/app-state.ts'
import { Grouping } from './grouping.ts'
import { PatchBuilder } from './patches.ts'
import type { TracePatch } from './protocol.ts'

/** Malformed lines kept with their reason; all are counted. */
const KEPT_MALFORMED = 200

export class Ingestor {
  readonly trace = new Trace()
  readonly #decoder: LogDecoder
  readonly #grouping = new Grouping()
  readonly #patches = new PatchBuilder(this.trace)
  readonly #malformed: MalformedLine[] = []
  #lanes: Lanes
  #groupBy: string
  #receivedBytes = 0
  #tornLine: number | undefined

  constructor(groupBy: string) {
    this.#groupBy = groupBy
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    this.#decoder = new LogDecoder({ decode: (bytes) => utf8.decode(bytes) })
    this.#lanes = new Lanes(this.trace, this.#grouping.groupOf(groupBy))
  }

  /** Bytes taken so far: the position of the next chunk's first byte. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get malformed(): readonly MalformedLine[] {
    return this.#malformed
  }

  /** Takes a chunk of the log, cut anywhere. */
  push(chunk: Uint8Array, writer = 0): void {
    this.#receivedBytes += chunk.length
    this.#decoder.push(chunk, (line, position, lineNumber) => {
      switch (line.type) {
        case 'event':
          this.trace.add(line.event, position, writer)
          this.#grouping.note(line.event, position)
          break
        case 'sample':
          this.trace.addSample(line.sample)
          break
        case 'malformed':
          this.#addMalformed(position, lineNumber, line.reason)
          break
        case 'blank':
          break
      }
      if ('rescaled' in line) this.trace.addRescaled()
    })
  }

  /** Number of the last line if it has no end: it was cut off, and is no event. */
  get tornLine(): number | undefined {
    return this.#tornLine
  }

  /** The log has ended here. */
  finish(writer = 0): void {
    if (this.#decoder.finish() !== undefined) this.#tornLine = this.#decoder.lineCount + 1
    this.trace.setWriter(writer, 'closed')
  }

  setWriter(writer: number, state: WriterState): void {
    this.trace.setWriter(writer, state)
  }

  addLost(count: number): void {
    this.trace.addLost(count)
  }

  /** Pairs and places what came since the last call; undefined when nothing changed. */
  flush(): TracePatch | undefined {
    const changes = this.trace.flush()
    this.#lanes.place(changes)
    const { spanSlots, marks, removedMarks } = changes
    if (spanSlots.length + marks.length + removedMarks.length === 0) return undefined
    return this.#build(changes, false)
  }

  /** Deals rows anew under another key; the patch holds every span and mark. */
  regroup(groupBy: string): TracePatch {
    const removedMarks = this.trace.flush().removedMarks
    const { marks, spanCount } = this.trace
    const spanSlots = Int32Array.from({ length: spanCount }, (_, slot) => slot)
    this.#groupBy = groupBy
    this.#lanes = new Lanes(this.trace, this.#grouping.groupOf(groupBy))
    this.#lanes.place({ spanSlots })
    return this.#build({ spanSlots, marks, removedMarks }, true)
  }

  quality(): DataQuality {
    return this.trace.quality()
  }

  /** What a span is grouped under now; undefined when it has no such value. */
  groupOf(item: Span | Mark): string | undefined {
    return this.#grouping.valueOf(this.#groupBy)(item)
  }

  groupKeys(): string[] {
    return this.#grouping.keys()
  }

  #build(changes: Omit<TraceChanges, 'spans'>, relayout: boolean): TracePatch {
    return this.#patches.build({
      slots: changes.spanSlots,
      marks: changes.marks,
      removedMarks: changes.removedMarks,
      places: this.#lanes,
      relayout,
    })
  }

  #addMalformed(position: number, line: number, reason: string): void {
    this.trace.addMalformed(position, reason)
    if (this.#malformed.length < KEPT_MALFORMED) this.#malformed.push({ line, reason })
  }
}

/** The mark with this slot, if it still stands. */
export function markBySlot(marks: readonly Mark[], slot: number): Mark | undefined {
  return marks.find((mark) => mark.slot === slot)
}
