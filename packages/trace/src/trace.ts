/**
 * A trace: what is known of a log so far. Events go in, in any order and any chunking; after
 * `flush`, spans and marks are what the sorted whole of them gives.
 *
 *     add ──▶ facts ──▶ stage 1: by id (id-pairing.ts) ──▶ stage 2: in order of time (sweep.ts)
 */
import type { AgentEvent, TelemetrySample } from './event.ts'
import { FactReader } from './facts.ts'
import { IdPairing } from './id-pairing.ts'
import { SpanNode, type EventNode, type MarkNode, type WriterFacts } from './nodes.ts'
import { compareOrder, lowerBound } from './order.ts'
import { ParentLinks } from './parent-links.ts'
import { SpanFlag, type DataQuality, type Mark, type Span, type WriterState } from './span.ts'
import { Sweep } from './sweep.ts'

export interface TraceChanges {
  /** Spans that are new or differ from what the last call saw, each once, by slot. */
  readonly spans: readonly Span[]
  readonly marks: readonly Mark[]
  /** Slots of marks that are gone: an orphan end has found its start. */
  readonly removedMarks: readonly number[]
}

/** A line of the log that could not be read. */
export interface MalformedLine {
  readonly position: number
  readonly reason: string
}

/** How many malformed lines are kept with their reasons; all are counted. */
const KEPT_MALFORMED = 1000

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
  readonly #spans: SpanNode[] = []
  readonly #marks: MarkNode[] = []
  readonly #events: EventNode[] = []
  #pending: EventNode[] = []
  readonly #writers: WriterFacts[] = []
  readonly #facts = new FactReader()
  readonly #ids = new IdPairing()
  readonly #links = new ParentLinks()
  readonly #sweep: Sweep
  readonly #changedSpans = new Set<SpanNode>()
  readonly #changedMarks = new Set<MarkNode>()
  readonly #malformed: MalformedLine[] = []
  #malformedCount = 0
  #sampleCount = 0
  #lateCount = 0
  #lostCount = 0
  #rescaledCount = 0
  #firstS: number | undefined
  #lastS: number | undefined

  constructor() {
    this.#sweep = new Sweep(this.#links, {
      spanChanged: (span) => this.#changedSpans.add(span),
      markSet: (event, isOrphan, parent) => this.#setMark(event, isOrphan, parent),
      markGone: (event) => this.#removeMark(event),
    })
  }

  /** All spans, by slot. Up to date after `flush`. */
  get spans(): readonly Span[] {
    return this.#spans
  }

  /** Points and orphan ends that stand, in the order in which they were made. */
  get marks(): readonly Mark[] {
    return this.#marks.filter((mark) => mark.present)
  }

  get eventCount(): number {
    return this.#events.length + this.#pending.length
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
    return this.#malformed
  }

  /**
   * Takes one event. `position` orders events of equal time and must be unique: its line number,
   * byte offset or index in the log. `writer` numbers the process that wrote it.
   */
  add(event: AgentEvent, position: number, writer = 0): void {
    const facts = this.#facts.read(event)
    const { timeS } = facts
    if (this.#lastS !== undefined && timeS < this.#lastS) this.#lateCount++
    this.#noteTime(timeS)
    const writerFacts = this.#writer(writer)
    writerFacts.lastS = Math.max(writerFacts.lastS, timeS)
    if (event.event_type === 'recorder_dropped') this.#noteDropped(event)
    const node: EventNode = {
      timeS,
      position,
      facts,
      writer,
      span: undefined,
      idPartner: undefined,
      idAmbiguousAt: undefined,
      applied: false,
      effect: undefined,
      mark: undefined,
    }
    if (facts.phase === 'start') {
      const span = new SpanNode(this.#spans.length, node, this.#writers)
      ;(node as { span: SpanNode | undefined }).span = span
      this.#spans.push(span)
    }
    this.#pending.push(node)
  }

  /** Takes one telemetry sample. */
  addSample(sample: TelemetrySample): void {
    this.#sampleCount++
    this.#noteTime(sample.timestamp)
  }

  /** Notes a line that could not be read. */
  addMalformed(position: number, reason: string): void {
    this.#malformedCount++
    if (this.#malformed.length < KEPT_MALFORMED) this.#malformed.push({ position, reason })
  }

  /** Notes that a line's timestamp was not in seconds. */
  addRescaled(): void {
    this.#rescaledCount++
  }

  /** Notes events that are known to be missing. */
  addLost(count: number): void {
    this.#lostCount += count
  }

  /**
   * Says whether a writer still lives: its unended spans are open while it does and did not end
   * once it is closed or lost. A writer lives until told otherwise.
   */
  setWriter(writer: number, state: WriterState): void {
    const facts = this.#writer(writer)
    if (facts.state === state) return
    facts.state = state
    for (const span of this.#spans) {
      if (span.writer === writer && span.end === undefined) this.#changedSpans.add(span)
    }
  }

  /** Pairs what was added since the last flush and tells what became different. */
  flush(): TraceChanges {
    const pending = this.#pending
    this.#pending = []
    pending.sort(compareOrder)
    const from = this.#enterIds(pending)
    this.#applyFrom(from, pending)
    return this.#takeChanges()
  }

  quality(): DataQuality {
    let [ambiguous, unfinished, clock, parentUnsure] = [0, 0, 0, 0]
    for (const span of this.#spans) {
      const { flags } = span
      if (flags & SpanFlag.AMBIGUOUS) ambiguous++
      if (flags & SpanFlag.DID_NOT_END) unfinished++
      if (flags & SpanFlag.CLOCK) clock++
      if (flags & SpanFlag.PARENT_UNSURE) parentUnsure++
    }
    let orphan = 0
    for (const mark of this.#marks) if (mark.present && mark.orphan) orphan++
    return {
      ambiguous,
      orphan,
      unfinished,
      clock,
      parentUnsure,
      late: this.#lateCount,
      malformed: this.#malformedCount,
      lost: this.#lostCount,
      rescaled: this.#rescaledCount,
    }
  }

  /** Index into the swept events from which the sweep must be done again. */
  #enterIds(pending: readonly EventNode[]): number {
    let earliest = pending[0]
    const redoFrom = (at: EventNode) => {
      if (earliest === undefined || compareOrder(at, earliest) < 0) earliest = at
    }
    for (const event of pending) {
      if (event.facts.phase === 'start') {
        const child = this.#links.addStart(event)
        if (child?.applied === true) redoFrom(child)
      }
      if (event.facts.phase !== 'point' && event.facts.ids.length > 0) this.#ids.add(event)
    }
    this.#ids.settle((event, at) => {
      if (event.span !== undefined && event.applied) this.#changedSpans.add(event.span)
      if (at.applied) redoFrom(at)
    })
    return earliest === undefined ? this.#events.length : lowerBound(this.#events, earliest)
  }

  #applyFrom(from: number, pending: readonly EventNode[]): void {
    const events = this.#events
    const again = events.splice(from)
    for (let index = again.length - 1; index >= 0; index--) this.#sweep.revert(again[index]!)
    let next = 0
    for (const event of pending) {
      for (; next < again.length && compareOrder(again[next]!, event) < 0; next++) {
        this.#apply(again[next]!)
      }
      this.#apply(event)
    }
    for (; next < again.length; next++) this.#apply(again[next]!)
  }

  #apply(event: EventNode): void {
    this.#events.push(event)
    this.#sweep.apply(event)
  }

  #takeChanges(): TraceChanges {
    const spans = [...this.#changedSpans].sort((a, b) => a.slot - b.slot)
    const marks: Mark[] = []
    const removedMarks: number[] = []
    for (const mark of this.#changedMarks) {
      if (mark.present) marks.push(mark)
      else removedMarks.push(mark.slot)
    }
    this.#changedSpans.clear()
    this.#changedMarks.clear()
    return { spans, marks, removedMarks }
  }

  #setMark(event: EventNode, isOrphan: boolean, parent: SpanNode | undefined): void {
    if (event.mark === undefined) {
      event.mark = {
        slot: this.#marks.length,
        kind: event.facts.kind,
        timeS: event.timeS,
        position: event.position,
        orphan: isOrphan,
        parent: undefined,
        subject: event.facts.subject?.text,
        agent: undefined,
        error: event.facts.error,
        writer: event.writer,
        present: true,
      }
      this.#marks.push(event.mark)
    }
    event.mark.present = true
    event.mark.parent = parent
    event.mark.agent = event.facts.agent ?? parent?.agent
    this.#changedMarks.add(event.mark)
  }

  #removeMark(event: EventNode): void {
    if (event.mark === undefined) return
    event.mark.present = false
    this.#changedMarks.add(event.mark)
  }

  #writer(writer: number): WriterFacts {
    return (this.#writers[writer] ??= { state: 'live', lastS: -Infinity })
  }

  #noteTime(timeS: number): void {
    if (this.#firstS === undefined || timeS < this.#firstS) this.#firstS = timeS
    if (this.#lastS === undefined || timeS > this.#lastS) this.#lastS = timeS
  }

  #noteDropped(event: AgentEvent): void {
    const count = Object.hasOwn(event.metadata, 'count') ? event.metadata['count'] : undefined
    this.#lostCount += typeof count === 'number' && count > 0 ? count : 1
  }
}
