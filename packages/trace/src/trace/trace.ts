/**
 * A trace: what is known of a log so far. Events go in, in any order and any chunking; after
 * `flush`, spans and marks are what the sorted whole of them gives.
 *
 *     add ──▶ row ──▶ tables ──▶ stage 1: by id (id-pairing.ts) ──▶ stage 2: in order of time (sweep.ts)
 */
import { BitColumn, NONE } from '../columns/columns.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import { Growth } from '../columns/growth.ts'
import { SweptOrder } from '../tables/event-lists.ts'
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { EventRow, POINT, START } from '../row/event-row.ts'
import { IdPairing } from '../pairing/id-pairing.ts'
import { hashText } from '../row/hash.ts'
import { Interner } from '../row/interner.ts'
import { MarkTable } from '../tables/mark-table.ts'
import { MarkView } from './mark-view.ts'
import { readEvent } from '../row/metadata-reader.ts'
import { ParentLinks } from '../pairing/parent-links.ts'
import type { PlaceTable } from '../row/place.ts'
import { QualityCounts, sumQuality, type MalformedLine } from './quality.ts'
import { ScopeTable } from '../row/scope.ts'
import { SpanFlag, type DataQuality, type Mark, type Span, type WriterQuality } from './span.ts'
import { SpanView, type ViewSource } from './span-view.ts'
import { Sweep } from '../pairing/scope-sweep.ts'
import { EventTable } from '../tables/event-table.ts'
import { SpanTable } from '../tables/span-table.ts'
import type { WriterState } from '../wire/run-info.ts'

/** What a flush has changed. */
export interface TraceChanges {
  /** Slots of the spans that are new or differ from what the last flush told, ascending. */
  readonly spanSlots: Int32Array
  /** The same as views; makes an object for each. */
  readonly spans: readonly Span[]
  /** Slots of the marks that are new or differ, ascending; the same as views. */
  readonly markSlots: Int32Array
  readonly marks: readonly Mark[]
  /** Slots of marks that are gone: an orphan end has found its start. */
  readonly removedMarks: Int32Array
}

/** Where {@link Trace.eachBoundary} tells its boundaries. */
export interface BoundarySink {
  start(timeS: number, slot: number): void
  end(timeS: number, slot: number): void
}

/**
 * Pairs a log's events into spans, incrementally.
 *
 * @example
 * const trace = new Trace()
 * trace.add({ event_type: 'tool_call_start', timestamp: 1, metadata: { tool: 'grep' } }, 0)
 * trace.add({ event_type: 'tool_call_end', timestamp: 2, metadata: { tool: 'grep' } }, 1)
 * trace.flush()
 * trace.spans[0].endS // 2
 */
export class Trace {
  /** The texts that rows and views number. */
  readonly texts = new Interner()
  /** How its tables grow; whoever reads a log of known length tells it how far they are. */
  readonly growth = new Growth()
  readonly #scopes = new ScopeTable(this.growth)
  readonly #events = new EventTable(this.growth, this.#scopes)
  readonly #spans = new SpanTable()
  readonly #marks = new MarkTable(this.#events)
  readonly #quality = new QualityCounts(this.#marks)
  readonly #source: ViewSource
  readonly #views: (SpanView | undefined)[] = []
  /** All slots below it have a view. */
  #viewedCount = 0
  readonly #ids = new IdPairing(this.#events, this.#spans, this.#scopes)
  readonly #links = new ParentLinks(this.#events, this.#spans)
  readonly #sweep: Sweep
  readonly #row = new EventRow()
  /** Swept events in order of time. */
  readonly #order = new SweptOrder()
  #pendingFrom = 0
  /** Of the flush under way: how many events were swept before it, and the first to sweep again. */
  #sweptCount = 0
  #redoFrom = NONE
  readonly #onPaired = (event: number, at: number): void => {
    if (event < this.#sweptCount && this.#events.phase(event) === START) {
      this.#noteChanged(this.#events.slot.at(event))
    }
    this.#noteRedo(at)
  }
  /** By slot, whether it is among the changed. */
  readonly #isChanged = new BitColumn()
  #changed: number[] = []
  readonly #changedSpan: SpanView
  /** Slots that were told not to have ended: where they fade may hang on their writer's last event. */
  readonly #fading = new Set<number>()
  #sampleCount = 0
  #firstS: number | undefined
  #lastS: number | undefined

  constructor() {
    this.#source = {
      events: this.#events,
      spans: this.#spans,
      scopes: this.#scopes,
      texts: this.texts,
      writers: this.#quality.writers,
      view: (slot) => this.#view(slot),
    }
    this.#changedSpan = this.spanView()
    this.#sweep = new Sweep(this.#source, this.#scopes, this.texts, this.#links, {
      spanChanged: (slot) => this.#noteChanged(slot),
      pointSet: (event, parent) => this.#marks.set(event, false, parent),
      pointGone: (event) => this.#marks.remove(this.#marks.slotOfPoint(event)),
      orphanSet: (event, parent) => this.#marks.set(event, true, parent),
      orphanGone: (event) => {
        const slot = this.#marks.slotOfOrphan(event)
        if (slot !== NONE) this.#marks.remove(slot)
      },
    })
  }

  get spanCount(): number {
    return this.#spans.count
  }

  /** All spans, by slot; makes an object for each. Up to date after `flush`. */
  get spans(): readonly Span[] {
    // A parent may have been looked at before the spans that stand before it.
    for (; this.#viewedCount < this.#spans.count; this.#viewedCount++) this.#view(this.#viewedCount)
    return this.#views as SpanView[]
  }

  /** Points and orphan ends that stand, in the order in which they were made. */
  get marks(): readonly Mark[] {
    const slots = Array.from({ length: this.#marks.count }, (_, slot) => slot)
    return slots.filter((slot) => this.#marks.exists(slot)).map((slot) => this.#mark(slot))
  }

  get eventCount(): number {
    return this.#events.count
  }

  get sampleCount(): number {
    return this.#sampleCount
  }

  /** Unix seconds of the earliest event or sample; undefined while there is none. */
  get firstS(): number | undefined {
    return this.#firstS
  }

  /** Unix seconds of the latest event or sample. */
  get lastS(): number | undefined {
    return this.#lastS
  }

  /** The first thousand lines that could not be read. */
  get malformedLines(): readonly MalformedLine[] {
    return this.#quality.malformedLines
  }

  /** Unix seconds of the first and the last event that is paired; samples do not count. */
  get firstEventS(): number | undefined {
    return this.#order.count === 0 ? undefined : this.#events.timeS(this.#order.at(0))
  }
  get lastEventS(): number | undefined {
    const { count } = this.#order
    return count === 0 ? undefined : this.#events.timeS(this.#order.at(count - 1))
  }

  /** The places that spans say they ran at, by `SpanView.placeId`. */
  get places(): PlaceTable {
    return this.#events.places
  }

  /** A view that is moved from span to span by its `slot`. */
  spanView(): SpanView {
    return new SpanView(this.#source, 0)
  }

  /** Spans one after the other in one view that is moved: for loops that keep none of them. */
  *eachSpan(): Generator<SpanView, void, void> {
    const span = this.spanView()
    for (span.slot = 0; span.slot < this.#spans.count; span.slot++) yield span
  }

  /** As {@link spanView}, of marks; only slots of marks that stand mean anything. */
  markView(): MarkView {
    return new MarkView(this.#source, this.#marks, 0)
  }

  /** How many slots of marks there are, of those that are gone, too. */
  get markCount(): number {
    return this.#marks.count
  }

  /** Whether a mark stands: an orphan end's is gone once its start is found. */
  hasMark(slot: number): boolean {
    return slot >= 0 && slot < this.#marks.count && this.#marks.exists(slot)
  }

  /** Slots of the spans that carry an id of this value, whatever its key, latest first. */
  slotsWithId(value: string): readonly number[] {
    const { high, low } = hashText(value)
    const id = this.#events.ids.find(high, low)
    return id === NONE ? [] : this.#links.spansWithId(id)
  }

  /**
   * Tells the starts and ends of spans from `fromS` until before `untilS`, in order of time. Spans
   * that run still, or did not end, have a start only.
   */
  eachBoundary(fromS: number, untilS: number, sink: BoundarySink): void {
    const events = this.#events
    for (let at = this.#orderAt(fromS); at < this.#order.count; at++) {
      const event = this.#order.at(at)
      const timeS = events.timeS(event)
      if (timeS >= untilS) return
      const slot = events.slot.at(event)
      if (slot === NONE) continue
      const phase = this.#events.phase(event)
      if (phase === START) sink.start(timeS, slot)
      else if (phase !== POINT && this.#spans.end.at(slot) === event) sink.end(timeS, slot)
    }
  }

  /**
   * Takes one event. `position` orders events of equal time and must be unique: its line number,
   * byte offset or index in the log. `writer` numbers the process that wrote it.
   */
  add(event: AgentEvent, position: number, writer = 0): void {
    readEvent(event, this.texts, this.#row)
    this.addRow(this.#row, position, writer)
  }

  /** Takes one event as numbers; the row may be used again. Its texts are numbered by `texts`. */
  addRow(row: EventRow, position: number, writer = 0): void {
    const { timeS } = row
    const isLate = this.#lastS !== undefined && timeS < this.#lastS
    this.#noteTime(timeS)
    this.#quality.noteEvent(writer, timeS, isLate, row.dropped)
    const event = this.#events.add(row, position, writer)
    if (isLate) this.#events.late.add(event)
    if (row.phase === START) {
      const slot = this.#spans.add(event, this.#events.numberParents(row))
      this.#events.slot.set(event, slot)
    }
  }

  /** Takes one telemetry sample. */
  addSample(sample: TelemetrySample): void {
    this.#sampleCount++
    this.#noteTime(sample.timestamp)
  }

  /** Notes a line that could not be read. */
  addMalformed(position: number, reason: string, writer = 0): void {
    this.#quality.noteMalformed(writer, { position, reason })
  }

  /** Notes that a line's timestamp was not in seconds. */
  addRescaled(writer = 0): void {
    this.#quality.writer(writer).rescaled++
  }

  /** Notes events that are known to be missing. */
  addLost(count: number, writer = 0): void {
    this.#quality.writer(writer).lost += count
  }

  /**
   * Says whether a writer still lives: its unended spans are open while it does and did not end
   * once it is closed or lost. A writer lives until told otherwise.
   */
  setWriter(writer: number, state: WriterState): void {
    const facts = this.#quality.writer(writer)
    if (facts.state === state) return
    facts.state = state
    const { start, end, count } = this.#spans
    for (let slot = 0; slot < count; slot++) {
      if (end.at(slot) === NONE && this.#events.writer(start.at(slot)) === writer)
        this.#noteChanged(slot)
    }
  }

  /** Pairs what was added since the last flush and tells what became different. */
  flush(): TraceChanges {
    const from = this.#pendingFrom
    this.#pendingFrom = this.#events.count
    const pending = this.#inOrder(from, this.#events.count)
    this.#applyFrom(this.#enterIds(pending, from), pending)
    if (this.#quality.takeOutlived()) for (const slot of this.#fading) this.#noteChanged(slot)
    return this.#takeChanges()
  }

  /** A span's `SpanFlag` bits as of the last `flush`: what its view works out each time. */
  flagsAt(slot: number): number {
    return this.#quality.flagsOf(slot)
  }

  /** As of the last `flush`. */
  quality(): DataQuality {
    return sumQuality(this.qualityOfWriters())
  }

  /** The same writer by writer, in the order of their numbers; O(writers). */
  qualityOfWriters(): WriterQuality[] {
    return this.#quality.ofWriters()
  }

  /** Index into the swept events of the first that is not before `timeS`. */
  #orderAt(timeS: number): number {
    const isBefore = (at: number) => this.#events.timeS(this.#order.at(at)) < timeS
    return lowerBound(0, this.#order.count, isBefore)
  }

  /** The rows from `from` to `until` in order of time; nearly always they are so already. */
  #inOrder(from: number, until: number): Int32Array {
    const rows = new Int32Array(until - from)
    for (let index = 0; index < rows.length; index++) rows[index] = from + index
    if (this.#events.isInOrderFrom(from)) return rows
    return rows.sort((a, b) => this.#events.compare(a, b))
  }

  /**
   * Takes the ids of what is pending; events before `sweptCount` are swept already. Gives the index
   * among these from which the sweep must be done again.
   */
  #enterIds(pending: Int32Array, sweptCount: number): number {
    this.#sweptCount = sweptCount
    this.#redoFrom = pending.length > 0 ? pending[0]! : NONE
    for (const event of pending) this.#enterIdsOf(event)
    this.#ids.settle(this.#onPaired)
    const earliest = this.#redoFrom
    return earliest === NONE ? this.#order.count : this.#order.lowerBound(this.#events, earliest)
  }

  #enterIdsOf(event: number): void {
    const phase = this.#events.phase(event)
    if (phase === POINT) return
    if (phase === START) {
      const child = this.#links.addStart(event)
      if (child !== NONE) this.#noteRedo(child)
    }
    if (this.#events.hasIds(event)) this.#ids.add(event)
  }

  /** Of the swept events, all from the earliest noted one on are swept again. */
  #noteRedo(at: number): void {
    if (at >= this.#sweptCount) return
    if (this.#redoFrom === NONE || this.#events.compare(at, this.#redoFrom) < 0) this.#redoFrom = at
  }

  #applyFrom(from: number, pending: Int32Array): void {
    const again = this.#order.take(from)
    for (let index = again.length - 1; index >= 0; index--) this.#sweep.revert(again[index]!)
    let next = 0
    for (const event of pending) {
      for (; next < again.length && this.#events.compare(again[next]!, event) < 0; next++) {
        this.#apply(again[next]!)
      }
      this.#apply(event)
    }
    for (; next < again.length; next++) this.#apply(again[next]!)
  }

  #apply(event: number): void {
    this.#order.push(event)
    this.#sweep.apply(event)
  }

  #noteChanged(slot: number): void {
    if (this.#isChanged.has(slot)) return
    this.#isChanged.add(slot)
    this.#changed.push(slot)
  }

  #takeChanges(): TraceChanges {
    const spanSlots = Int32Array.from(this.#changed).sort()
    const span = this.#changedSpan
    for (const slot of spanSlots) {
      this.#isChanged.delete(slot)
      span.slot = slot
      const { flags } = span
      this.#quality.noteSpan(slot, flags, span.late, span.writer)
      if ((flags & SpanFlag.DID_NOT_END) !== 0) this.#fading.add(slot)
      else if (this.#fading.size > 0) this.#fading.delete(slot)
    }
    this.#changed = []
    const view = (slot: number) => this.#view(slot)
    const mark = (slot: number) => this.#mark(slot)
    const { markSlots, removedMarks } = this.#marks.takeChanges()
    return {
      spanSlots,
      markSlots,
      removedMarks,
      get spans() {
        return Array.from(spanSlots, view)
      },
      get marks() {
        return Array.from(markSlots, mark)
      },
    }
  }

  #view(slot: number): SpanView {
    return (this.#views[slot] ??= new SpanView(this.#source, slot))
  }

  #mark(slot: number): MarkView {
    return new MarkView(this.#source, this.#marks, slot)
  }

  #noteTime(timeS: number): void {
    if (this.#firstS === undefined || timeS < this.#firstS) this.#firstS = timeS
    if (this.#lastS === undefined || timeS > this.#lastS) this.#lastS = timeS
  }
}
