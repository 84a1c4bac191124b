/**
 * Pairs the events of a log into spans and marks. Events can be added in any order; after `flush`, the
 * result is that of the sorted log.
 *
 *     add ──▶ row ──▶ tables ──▶ stage 1: by id (id-pairing) ──▶ stage 2: by scope (scope-sweep)
 */
import { BitColumn, NONE } from '../columns/columns.ts'
import { lowerBound } from '../columns/lower-bound.ts'
import { Growth } from '../columns/growth.ts'
import { SweptOrder } from '../tables/event-lists.ts'
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { EventRow, POINT, START, UPDATE } from '../row/event-row.ts'
import { IdPairing } from '../pairing/id-pairing.ts'
import { hashText } from '../row/hash.ts'
import { Interner } from '../row/interner.ts'
import { MarkTable } from '../tables/mark-table.ts'
import { MarkView } from './mark-view.ts'
import { readEvent } from '../row/metadata-reader.ts'
import { ParentLinks } from '../pairing/parent-links.ts'
import type { PlaceTable } from '../row/place.ts'
import { QualityCounts, sumQuality } from './quality.ts'
import { ScopeTable } from '../row/scope.ts'
import { SpanFlag, type DataQuality, type Mark, type Span, type WriterQuality } from './span.ts'
import { SpanUpdates } from '../pairing/span-updates.ts'
import { SpanView, type ViewSource } from './span-view.ts'
import { LONGEST_S, TimeRange, type TimePart } from './time-range.ts'
import { ScopeSweep } from '../pairing/scope-sweep.ts'
import { EventTable } from '../tables/event-table.ts'
import { SpanTable } from '../tables/span-table.ts'
import type { WriterState } from '../wire/run-info.ts'

/** The changes of a flush. */
export interface TraceChanges {
  /** Slots of the spans that are new or changed since the last flush, ascending. */
  readonly spanSlots: Int32Array
  /** Slots of the marks that are new or changed, ascending. */
  readonly markSlots: Int32Array
  /** Slots of removed marks: an orphan end found its start. */
  readonly removedMarks: Int32Array
}

/** Gets the boundaries of {@link Trace.eachBoundary}. */
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
  /** Numbers the texts of rows and views. */
  readonly texts = new Interner()
  /** How the tables grow; readers of a log of known length report their progress to it. */
  readonly growth = new Growth()
  /** Only the trace changes it. */
  sampleCount = 0
  readonly #scopes = new ScopeTable(this.growth)
  readonly #events = new EventTable(this.growth, this.#scopes)
  readonly #spans = new SpanTable()
  readonly #marks = new MarkTable(this.#events)
  readonly #source: ViewSource
  readonly #views: (SpanView | undefined)[] = []
  /** All slots below it have a view. */
  #viewedCount = 0
  readonly #links = new ParentLinks(this.#events, this.#spans)
  readonly #updates = new SpanUpdates(this.#events, this.#scopes, this.#links)
  readonly #quality = new QualityCounts(this.#marks, this.#updates)
  readonly #ids = new IdPairing(this.#events, this.#spans, this.#scopes, this.#links)
  readonly #sweep: ScopeSweep
  readonly #row = new EventRow()
  /** The swept events in order of time. */
  readonly #order = new SweptOrder()
  readonly #eventTimes = new TimeRange()
  readonly #sampleTimes = new TimeRange()
  /** The latest event; after an outlier, the event after it. */
  #latestS = -Infinity
  #pendingFrom = 0
  /** During a flush: how many events were swept before it, and the first one to sweep again. */
  #sweptCount = 0
  #redoFrom = NONE
  readonly #onPaired = (event: number, at: number): void => {
    if (event < this.#sweptCount && this.#events.phase(event) === START) {
      this.#sweep.partnerChanged(event)
      this.#addChanged(this.#events.slot.at(event))
    }
    this.#redo(at)
  }
  /** The slots in `#changed`. */
  readonly #isChanged = new BitColumn()
  #changed: number[] = []
  readonly #changedSpan: SpanView
  /** Slots reported as not ended: they may fade at the last event of their writer. */
  readonly #fading = new Set<number>()

  constructor() {
    this.#source = {
      events: this.#events,
      spans: this.#spans,
      scopes: this.#scopes,
      updates: this.#updates,
      texts: this.texts,
      writers: this.#quality.writers,
      view: (slot) => this.#view(slot),
    }
    this.#changedSpan = this.spanView()
    this.#sweep = new ScopeSweep(this.#source, this.#scopes, this.texts, this.#links, {
      spanChanged: (slot) => this.#addChanged(slot),
      pointAdded: (event, parent) => this.#marks.set(event, false, parent),
      pointRemoved: (event) => this.#marks.remove(this.#marks.slotOfPoint(event)),
      orphanAdded: (event, parent) => this.#marks.set(event, true, parent),
      endReverted: (event) => {
        const slot = this.#marks.slotOfOrphan(event)
        if (slot !== NONE) this.#marks.remove(slot)
      },
    })
  }

  get spanCount(): number {
    return this.#spans.count
  }

  /** All spans by slot, as of the last `flush`; creates an object for each. */
  get spans(): readonly Span[] {
    // The view of a parent may exist before those of lower slots.
    for (; this.#viewedCount < this.#spans.count; this.#viewedCount++) this.#view(this.#viewedCount)
    return this.#views as SpanView[]
  }

  /** The current points and orphan ends, in order of creation. */
  get marks(): readonly Mark[] {
    const slots = Array.from({ length: this.#marks.count }, (_, slot) => slot)
    return slots
      .filter((slot) => this.#marks.exists(slot))
      .map((slot) => new MarkView(this.#source, this.#marks, slot))
  }

  get eventCount(): number {
    return this.#events.count
  }

  /** Unix seconds of the first and the last event or sample, without outliers; see time-range.ts. */
  get firstS(): number | undefined {
    return this.#range()?.firstS
  }
  get lastS(): number | undefined {
    return this.#range()?.lastS
  }

  /** The same for events alone. */
  get firstEventS(): number | undefined {
    return this.#eventTimes.run?.firstS
  }
  get lastEventS(): number | undefined {
    return this.#eventTimes.run?.lastS
  }

  /** The times of the events that are outliers, ascending. */
  get outliers(): readonly TimePart[] {
    const { parts, run } = this.#eventTimes
    return parts.length < 2 ? [] : parts.filter((part) => part !== run)
  }

  /** Whether an event of this time is an outlier. */
  isOutlier(timeS: number): boolean {
    const { run } = this.#eventTimes
    return run !== undefined && (timeS < run.firstS || timeS > run.lastS)
  }

  /** The places where spans ran, by `SpanView.placeId`. */
  get places(): PlaceTable {
    return this.#events.places
  }

  /** A view that can be moved to any span by setting its `slot`. */
  spanView(): SpanView {
    return new SpanView(this.#source, 0)
  }

  /** Iterates over all spans with one moving view, for loops that keep no span. */
  *eachSpan(): Generator<SpanView, void, void> {
    const span = this.spanView()
    for (span.slot = 0; span.slot < this.#spans.count; span.slot++) yield span
  }

  /** Like {@link spanView}, for marks. Slots of removed marks are invalid. */
  markView(): MarkView {
    return new MarkView(this.#source, this.#marks, 0)
  }

  /** The number of mark slots, those of removed marks included. */
  get markCount(): number {
    return this.#marks.count
  }

  /** Whether a mark exists: that of an orphan end is removed when its start arrives. */
  hasMark(slot: number): boolean {
    return slot >= 0 && slot < this.#marks.count && this.#marks.exists(slot)
  }

  /** Slots of the spans that have an id of this value under any key, latest first. */
  slotsWithId(value: string): readonly number[] {
    const { high, low } = hashText(value)
    const id = this.#events.ids.find(high, low)
    return id === NONE ? [] : this.#links.spansWithId(id)
  }

  /**
   * Reports the starts and ends of spans from `fromS` until before `untilS`, in order of time. Spans
   * without an end have only a start.
   */
  eachBoundary(fromS: number, untilS: number, sink: BoundarySink): void {
    const events = this.#events
    const isBefore = (at: number) => events.timeS(this.#order.at(at)) < fromS
    let at = lowerBound(0, this.#order.count, isBefore)
    for (; at < this.#order.count; at++) {
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
   * Adds an event. `position` orders events of equal time and must be unique: the line number, byte
   * offset or index in the log. `writer` is the number of the process that wrote it.
   */
  add(event: AgentEvent, position: number, writer = 0): void {
    readEvent(event, this.texts, this.#row)
    this.addRow(this.#row, position, writer)
  }

  /** Adds an event as a row, which can be reused. Its texts are numbered by `texts`. */
  addRow(row: EventRow, position: number, writer = 0): void {
    const { timeS } = row
    const isLate = this.#isLate(timeS)
    this.#eventTimes.add(timeS)
    this.#quality.countEvent(writer, timeS, isLate, row.dropped)
    const event = this.#events.add(row, position, writer)
    if (isLate) this.#events.late.add(event)
    if (row.phase === START) {
      const slot = this.#spans.add(event, this.#events.numberParents(row))
      this.#events.slot.set(event, slot)
    }
  }

  /** Adds a telemetry sample. */
  addSample(sample: TelemetrySample): void {
    this.sampleCount++
    this.#sampleTimes.add(sample.timestamp)
  }

  /** Counts a line that could not be read. */
  addMalformed(writer = 0): void {
    this.#quality.writer(writer).malformed++
  }

  /** Counts a line whose timestamp was not in seconds. */
  addRescaled(writer = 0): void {
    this.#quality.writer(writer).rescaled++
  }

  /** Counts events that are known to be missing. */
  addLost(count: number, writer = 0): void {
    this.#quality.writer(writer).lost += count
  }

  /**
   * Sets whether a writer is live, closed or lost; at first it is live. Spans without an end are open
   * while their writer is live, and did not end once it is closed or lost.
   */
  setWriter(writer: number, state: WriterState): void {
    const counts = this.#quality.writer(writer)
    if (counts.state === state) return
    counts.state = state
    const { start } = this.#spans
    for (const slot of this.#slotsThatMayEnd()) {
      if (this.#events.writer(start.at(slot)) === writer) this.#addChanged(slot)
    }
  }

  /** Closes all writers: the log does not grow any more. */
  closeWriters(): void {
    this.#quality.writer(0)
    this.#quality.writers.forEach((counts) => (counts.state = 'closed'))
    for (const slot of this.#slotsThatMayEnd()) this.#addChanged(slot)
  }

  /** The spans whose flags depend on the state of their writer. */
  *#slotsThatMayEnd(): Generator<number, void, void> {
    const { end, count } = this.#spans
    for (let slot = 0; slot < count; slot++) {
      if (end.at(slot) === NONE || this.#spans.missesParent(slot)) yield slot
    }
  }

  /** Pairs the events added since the last flush and returns the changes. */
  flush(): TraceChanges {
    const from = this.#pendingFrom
    this.#pendingFrom = this.#events.count
    const pending = this.#inOrder(from, this.#events.count)
    this.#applyFrom(this.#pairIds(pending, from), pending)
    if (this.#quality.takeEventAfterEnd()) for (const slot of this.#fading) this.#addChanged(slot)
    return this.#takeChanges()
  }

  /** The `SpanFlag` bits of a span as of the last `flush`; its view computes them each time. */
  flagsAt(slot: number): number {
    return this.#quality.flagsOf(slot)
  }

  /** Data quality as of the last `flush`. */
  quality(): DataQuality {
    return sumQuality(this.qualityOfWriters())
  }

  /** Data quality by writer, in the order of their numbers; O(writers). */
  qualityOfWriters(): WriterQuality[] {
    return this.#quality.ofWriters(this.#eventTimes.run)
  }

  /** The rows from `from` to `until` in order of time; nearly always they arrive so. */
  #inOrder(from: number, until: number): Int32Array {
    const rows = new Int32Array(until - from)
    for (let index = 0; index < rows.length; index++) rows[index] = from + index
    if (this.#events.isInOrderFrom(from)) return rows
    return rows.sort((a, b) => this.#events.compare(a, b))
  }

  /**
   * Pairs pending events by id; events before `sweptCount` are already swept. Returns the index in the
   * swept order from which to sweep again.
   */
  #pairIds(pending: Int32Array, sweptCount: number): number {
    this.#sweptCount = sweptCount
    this.#redoFrom = pending.length > 0 ? pending[0]! : NONE
    for (const event of pending) {
      const phase = this.#events.phase(event)
      if (phase === POINT) continue
      if (phase === UPDATE) {
        this.#updates.addUpdate(event)
        continue
      }
      const child = phase === START ? this.#links.addStart(event) : NONE
      if (child !== NONE) this.#redo(child)
      if (phase === START) this.#updates.addStart(event)
      if (this.#events.hasIds(event)) this.#ids.add(event)
    }
    this.#ids.pairAdded(this.#onPaired)
    this.#updates.assign((slot) => this.#addChanged(slot))
    const earliest = this.#redoFrom
    return earliest === NONE ? this.#order.count : this.#order.lowerBound(this.#events, earliest)
  }

  /** Sweeps again from event `at` on, if it is already swept. */
  #redo(at: number): void {
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

  #addChanged(slot: number): void {
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
      this.#quality.countSpan(slot, flags, span.late, span.writer)
      if ((flags & SpanFlag.DID_NOT_END) !== 0) this.#fading.add(slot)
      else if (this.#fading.size > 0) this.#fading.delete(slot)
    }
    this.#changed = []
    return { spanSlots, ...this.#marks.takeChanges() }
  }

  #view(slot: number): SpanView {
    return (this.#views[slot] ??= new SpanView(this.#source, slot))
  }

  #range(): TimePart | undefined {
    const { run } = this.#eventTimes
    if (this.sampleCount === 0) return run
    return run === undefined ? this.#sampleTimes.run : this.#sampleTimes.extend(run)
  }

  /** Whether an event is older than one before it. A jump of more than a year starts over. */
  #isLate(timeS: number): boolean {
    const behindS = this.#latestS - timeS
    if (behindS > 0 && behindS <= LONGEST_S) return true
    this.#latestS = timeS
    return false
  }
}
