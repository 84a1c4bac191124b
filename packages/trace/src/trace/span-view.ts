/** A span as an object: a slot of the tables, which every property reads. */
import { NONE } from '../columns/columns.ts'
import type { Interner } from '../row/interner.ts'
import { TURN, TURN_IDX } from '../row/metadata-reader.ts'
import { MODEL_INDEXES, TOOL_INDEXES, type ScopeTable } from '../row/scope.ts'
import type { WriterState } from '../wire/run-info.ts'
import { Figure, FIGURE_COUNT, normalTokens, unknownFigures, type Tokens } from '../row/usage.ts'
import { SpanFlag, type Span } from './span.ts'
import { knownDuration } from './time-range.ts'
import { overlaidSubject, Field, scopeField, type SpanUpdates } from '../pairing/span-updates.ts'
import { CANCELLED, FAILED, meaningOf, OUTCOME_KEYS, STATUS_OUTCOME } from '../row/outcome.ts'
import type { EventTable } from '../tables/event-table.ts'
import type { SpanTable } from '../tables/span-table.ts'

/** The figures of the span that is being read. */
const FIGURES = unknownFigures()

/** The tables that all views of a trace share. */
export interface ViewSource {
  readonly events: EventTable
  readonly spans: SpanTable
  readonly scopes: ScopeTable
  readonly updates: SpanUpdates
  readonly texts: Interner
  /** `lastS`: Unix seconds of the writer's latest event that is no outlier among its own. */
  readonly writers: readonly { readonly state: WriterState; readonly lastS: number }[]
  view(slot: number): Span
}

export class SpanView implements Span {
  readonly #source: ViewSource
  #slot: number
  /** Its start never changes. */
  #start: number

  constructor(source: ViewSource, slot: number) {
    this.#source = source
    this.#slot = slot
    this.#start = source.spans.start.at(slot)
  }

  get slot(): number {
    return this.#slot
  }
  set slot(slot: number) {
    this.#slot = slot
    this.#start = this.#source.spans.start.at(slot)
  }

  get #end(): number {
    return this.#source.spans.end.at(this.#slot)
  }

  get kind(): string {
    return this.#source.texts.text(this.kindId)
  }
  get kindId(): number {
    return this.#source.events.kind(this.#start)
  }
  get writer(): number {
    return this.#source.events.writer(this.#start)
  }
  get late(): boolean {
    const { events } = this.#source
    const end = this.#end
    return events.late.has(this.#start) || (end !== NONE && events.late.has(end))
  }
  get hasIds(): boolean {
    return this.#source.events.hasIds(this.#start)
  }
  get startS(): number {
    return this.#source.events.timeS(this.#start)
  }
  get endS(): number | undefined {
    const end = this.#end
    if (end === NONE) return undefined
    const { startS } = this
    const endS = this.#source.events.timeS(end)
    return knownDuration(startS, endS) === undefined ? startS : endS
  }
  get loggedEndS(): number | undefined {
    const end = this.#end
    return end === NONE ? undefined : this.#source.events.timeS(end)
  }
  get durationS(): number | undefined {
    const { loggedEndS } = this
    return loggedEndS === undefined ? undefined : knownDuration(this.startS, loggedEndS)
  }
  get startPosition(): number {
    return this.#source.events.position(this.#start)
  }
  get endPosition(): number | undefined {
    const end = this.#end
    return end === NONE ? undefined : this.#source.events.position(end)
  }
  get hasUpdates(): boolean {
    return this.#source.updates.hasUpdates(this.#slot)
  }
  get updatePositions(): readonly number[] {
    const { events, updates } = this.#source
    return updates.updatesOf(this.#start).map((update) => events.position(update))
  }
  get parentSlot(): number {
    return this.#source.spans.parent.at(this.#slot)
  }
  get parent(): Span | undefined {
    const parent = this.parentSlot
    return parent === NONE ? undefined : this.#source.view(parent)
  }

  get subject(): string | undefined {
    return this.#text(this.subjectId)
  }
  get startSubject(): string | undefined {
    return this.#text(this.startSubjectId)
  }
  /** Text number, 0 = none. The more specific key wins; if equal, the end. */
  get subjectId(): number {
    const { events } = this.#source
    const start = this.#startSubject
    const end = this.#end
    const startId = events.subject(start)
    const endId = end === NONE ? 0 : events.subject(end)
    const turn = this.#updatedTurn
    if (turn !== 0 && (endId === 0 || events.subjectRank(end) > 0)) return turn
    if (startId === 0 || endId === 0) return startId || endId
    return events.subjectRank(end) <= events.subjectRank(start) ? endId : startId
  }
  get startSubjectId(): number {
    return this.#updatedTurn || this.#source.events.subject(this.#startSubject)
  }
  /** The number of a turn with updates, which is its subject; 0 = none. */
  get #updatedTurn(): number {
    if (!this.#source.updates.hasUpdates(this.#slot) || this.kind !== TURN) return 0
    return this.#startText([TURN_IDX])
  }
  /** The start, or the update whose subject replaces that of the start. */
  get #startSubject(): number {
    const { events, updates } = this.#source
    const update = updates.updateFor(this.#slot, Field.SUBJECT)
    return update === NONE ? this.#start : overlaidSubject(events, this.#start, update)
  }
  get agent(): string | undefined {
    return this.#text(this.agentId)
  }
  get agentId(): number {
    return this.#source.spans.agent.at(this.#slot)
  }

  scopeText(keyIndex: number): string | undefined {
    const { events, scopes } = this.#source
    return this.#text(scopes.textId(events.scope(this.#start), keyIndex))
  }
  /** Text number of the model, that of the end first; 0 = none. */
  get modelId(): number {
    const { events, scopes } = this.#source
    const ofEnd = this.#end === NONE ? 0 : scopes.model(events.scope(this.#end))
    return ofEnd === 0 ? this.#startText(MODEL_INDEXES) : ofEnd
  }
  /** Text number of the tool, that of the start first; 0 = none. */
  get toolId(): number {
    const { events, scopes } = this.#source
    const ofStart = this.#startText(TOOL_INDEXES)
    return ofStart === 0 && this.#end !== NONE ? scopes.tool(events.scope(this.#end)) : ofStart
  }
  /** Number of its place in `Trace.places`; 0 = unknown. */
  get placeId(): number {
    const ofStart = this.startPlaceId
    return ofStart === 0 && this.#end !== NONE ? this.#source.events.place(this.#end) : ofStart
  }
  get startPlaceId(): number {
    const { events, updates } = this.#source
    const ofStart = events.place(this.#start)
    if (!updates.hasUpdates(this.#slot)) return ofStart
    const { places } = events
    return places.id(
      places.place(ofStart).map((text, at) => {
        const update = updates.updateFor(this.#slot, Field.PLACE + at)
        return (update === NONE ? 0 : places.place(events.place(update))[at]!) || text
      }),
    )
  }

  /** The text of the first of these scope keys that the start or an update has; 0 = none. */
  #startText(indexes: readonly number[]): number {
    const { events, scopes, updates } = this.#source
    for (const index of indexes) {
      const update = updates.updateFor(this.#slot, scopeField(index))
      const ofUpdate = update === NONE ? 0 : scopes.textId(events.scope(update), index)
      const text = ofUpdate || scopes.textId(events.scope(this.#start), index)
      if (text !== 0) return text
    }
    return 0
  }

  /** Whether it has no end and cannot get one. */
  get #didNotEnd(): boolean {
    if (this.#end !== NONE) return false
    const { spans } = this.#source
    return (!this.hasIds && spans.releasedBy.has(this.#slot)) || this.#isWriterOver
  }
  get #isWriterOver(): boolean {
    return this.#source.writers[this.writer]?.state !== 'live'
  }

  get releasedS(): number | undefined {
    if (this.#end !== NONE || this.hasIds) return undefined
    const by = this.#source.spans.releasedBy.get(this.#slot)
    return by === undefined ? undefined : Math.max(this.startS, this.#source.events.timeS(by))
  }

  get fadeS(): number | undefined {
    if (!this.#didNotEnd) return undefined
    const { startS, releasedS } = this
    // Another span may use its row from there on.
    if (releasedS !== undefined) return releasedS
    const untilS = this.parent?.endS ?? this.#source.writers[this.writer]?.lastS ?? startS
    return knownDuration(startS, untilS) === undefined ? startS : untilS
  }

  get ambiguousAtS(): number | undefined {
    const { spans, events } = this.#source
    // In most logs nothing is ambiguous; this saves two lookups for each span.
    if (spans.idAmbiguousAt.size + spans.scopeAmbiguousAt.size === 0) return undefined
    const at = spans.idAmbiguousAt.get(this.#slot) ?? spans.scopeAmbiguousAt.get(this.#slot)
    return at === undefined ? undefined : Math.max(this.startS, events.timeS(at))
  }

  get flags(): number {
    const { spans } = this.#source
    const end = this.#end
    let flags = 0
    if (end === NONE) flags |= this.#didNotEnd ? SpanFlag.DID_NOT_END : SpanFlag.OPEN
    else if (this.durationS === undefined) flags |= SpanFlag.CLOCK
    if (this.ambiguousAtS !== undefined) flags |= SpanFlag.AMBIGUOUS
    if (this.#hasFailed) flags |= SpanFlag.ERROR
    else if (this.#isCancelled) flags |= SpanFlag.CANCELLED
    if (spans.parentUnsure.has(this.#slot)) flags |= SpanFlag.PARENT_UNSURE
    if (spans.missesParent(this.#slot) && this.#isWriterOver) flags |= SpanFlag.PARENT_MISSING
    return flags
  }

  get #hasFailed(): boolean {
    const { events, spans } = this.#source
    const end = this.#end
    if (this.#startFailure !== NONE || spans.hasFailures(this.#slot)) return true
    return end !== NONE && events.error(end) !== NONE
  }
  /** The event that makes the start a failure, the start or one of its updates; NONE = it is none. */
  get #startFailure(): number {
    const { events, updates } = this.#source
    const start = this.#start
    if (!updates.hasUpdates(this.#slot)) return events.error(start) === NONE ? NONE : start
    if (this.#startMeaning(STATUS_OUTCOME).meaning === CANCELLED) return NONE
    const failures = OUTCOME_KEYS.map((_, key) => this.#startMeaning(key))
      .filter(({ meaning }) => meaning === FAILED)
      .map(({ event }) => event)
    return failures.find((event) => events.error(event) > 0) ?? failures[0] ?? NONE
  }
  /** What a key of the outcome says, and the event that decides it: the start or an update. */
  #startMeaning(key: number): { readonly event: number; readonly meaning: number } {
    const { events, updates } = this.#source
    const update = updates.updateFor(this.#slot, Field.OUTCOME + key)
    const ofUpdate = update === NONE ? 0 : meaningOf(events.outcome(update), key)
    if (ofUpdate !== 0) return { event: update, meaning: ofUpdate }
    return { event: this.#start, meaning: meaningOf(events.outcome(this.#start), key) }
  }
  get #isCancelled(): boolean {
    const { events, updates } = this.#source
    const end = this.#end
    const isStart = updates.hasUpdates(this.#slot)
      ? this.#startMeaning(STATUS_OUTCOME).meaning === CANCELLED
      : events.isCancelled(this.#start)
    if (isStart) return true
    return end !== NONE && events.isCancelled(end)
  }
  get errorAtS(): number | undefined {
    const { events, spans } = this.#source
    const failure = this.#startFailure
    if (failure !== NONE) return Math.max(this.startS, events.timeS(failure))
    const [reportedBy] = spans.failuresOf(this.#slot)
    const reportedS = reportedBy === undefined ? undefined : events.timeS(reportedBy)
    const end = this.#end
    if (end === NONE || events.error(end) === NONE) return reportedS
    return Math.min(reportedS ?? Infinity, this.endS!)
  }
  get error(): string | undefined {
    const { events, spans } = this.#source
    for (const event of [this.#end, this.#startFailure, ...spans.failuresOf(this.#slot)]) {
      if (event !== NONE && events.error(event) > 0) return this.#text(events.error(event))
    }
    return undefined
  }

  get tokens(): Tokens | undefined {
    if (!this.#hasUsage) return undefined
    const tokens = this.#normal()
    const { total, cacheRead, cacheCreation, reasoning } = tokens
    return (total ?? cacheRead ?? cacheCreation ?? reasoning) === undefined ? undefined : tokens
  }
  /** `tokens.total`. */
  get totalTokens(): number | undefined {
    return this.#hasUsage ? this.#normal().total : undefined
  }
  get costUsd(): number | undefined {
    return this.#hasUsage ? this.#usage(Figure.COST) : undefined
  }
  get firstTokenMs(): number | undefined {
    return this.#hasUsage ? this.#usage(Figure.FIRST_TOKEN_MS) : undefined
  }
  #normal(): Tokens {
    for (let figure = 0; figure < FIGURE_COUNT; figure++) {
      FIGURES[figure] = this.#usage(figure) ?? NaN
    }
    return normalTokens(FIGURES)
  }

  get #hasUsage(): boolean {
    const { events, updates } = this.#source
    const end = this.#end
    if (events.usageMask(this.#start) !== 0 || updates.hasUpdates(this.#slot)) return true
    return end !== NONE && events.usageMask(end) !== 0
  }

  /** The value of the end, else of the latest update that has one, else of the start. */
  #usage(index: number): number | undefined {
    const { events, updates } = this.#source
    let value = events.usage(this.#end, index)
    if (Number.isNaN(value)) {
      value = events.usage(updates.updateFor(this.#slot, Field.USAGE + index), index)
    }
    if (Number.isNaN(value)) value = events.usage(this.#start, index)
    return Number.isNaN(value) ? undefined : value
  }

  #text(id: number): string | undefined {
    return id === 0 ? undefined : this.#source.texts.text(id)
  }
}
