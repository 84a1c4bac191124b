/**
 * What the sweep works on: an event in order, and the span a start event opens. Both are mutable
 * inside this package; outside, a span is a read-only `Span`.
 */
import type { EventFacts } from './facts.ts'
import { SpanFlag, type Mark, type Span, type Tokens, type WriterState } from './span.ts'

export interface WriterFacts {
  state: WriterState
  /** Unix seconds of its latest event. */
  lastS: number
}

export interface EventNode {
  readonly timeS: number
  readonly position: number
  readonly facts: EventFacts
  readonly writer: number
  /** A start's span. */
  readonly span: SpanNode | undefined
  /** The end of this start, or the start of this end, by id. */
  idPartner: EventNode | undefined
  /** The event that made this start's ids ambiguous. */
  idAmbiguousAt: EventNode | undefined
  /** Set while the event is part of the swept past. */
  applied: boolean
  /** What applying the event did, so that it can be taken back. */
  effect: Effect | undefined
  /** Its mark, when it is a point or an orphan end. */
  mark: MarkNode | undefined
}

/** What one event changed beyond itself. */
export interface Effect {
  closed?: SpanNode
  /** Spans it made ambiguous. */
  flagged?: SpanNode[]
  /** Starts with ids that it considered although it has none. */
  touched?: SpanNode[]
  /** Spans that lost their last hope of an end with it. */
  released?: SpanNode[]
  /** The span whose error it reported. */
  failed?: SpanNode
}

export interface MarkNode extends Mark {
  parent: SpanNode | undefined
  agent: string | undefined
  present: boolean
}

export class SpanNode implements Span {
  readonly slot: number
  readonly start: EventNode
  readonly #writers: readonly WriterFacts[]
  end: EventNode | undefined
  parent: SpanNode | undefined
  parentUnsure = false
  agent: string | undefined
  /** The event from which on its pairing by scope is a guess. */
  scopeAmbiguousAt: EventNode | undefined
  /** The end of its certain parent, after which no end without id can be its own. */
  releasedBy: EventNode | undefined
  /** The first end without id that considered it, if it has ids. */
  touchedBy: EventNode | undefined
  /** Points that reported its error, in order. */
  failures: EventNode[] | undefined
  /** Spans that have it as parent and did not end yet. */
  running: Set<SpanNode> | undefined
  /** The span of the same kind and scope that scope closed before it. */
  closedBefore: SpanNode | undefined

  constructor(slot: number, start: EventNode, writers: readonly WriterFacts[]) {
    this.slot = slot
    this.start = start
    this.#writers = writers
  }

  get timeS(): number {
    return this.start.timeS
  }
  get position(): number {
    return this.start.position
  }
  get kind(): string {
    return this.start.facts.kind
  }
  get writer(): number {
    return this.start.writer
  }
  get hasIds(): boolean {
    return this.start.facts.ids.length > 0
  }
  get ids(): Span['ids'] {
    return this.start.facts.ids
  }
  get startS(): number {
    return this.start.timeS
  }
  get endS(): number | undefined {
    return this.end === undefined ? undefined : Math.max(this.start.timeS, this.end.timeS)
  }
  get startPosition(): number {
    return this.start.position
  }
  get endPosition(): number | undefined {
    return this.end?.position
  }

  get subject(): string | undefined {
    const ofStart = this.start.facts.subject
    const ofEnd = this.end?.facts.subject
    if (ofStart === undefined || ofEnd === undefined) return (ofStart ?? ofEnd)?.text
    return ofEnd.rank <= ofStart.rank ? ofEnd.text : ofStart.text
  }
  get startSubject(): string | undefined {
    return this.start.facts.subject?.text
  }

  /** No end can come any more. */
  get #abandoned(): boolean {
    if (this.end !== undefined) return false
    if (this.releasedBy !== undefined && !this.hasIds) return true
    return this.#writers[this.writer]?.state !== 'live'
  }

  get releasedS(): number | undefined {
    if (this.end !== undefined || this.hasIds) return undefined
    return this.releasedBy === undefined ? undefined : Math.max(this.startS, this.releasedBy.timeS)
  }

  get fadeS(): number | undefined {
    if (!this.#abandoned) return undefined
    const untilS = this.parent?.endS ?? this.#writers[this.writer]?.lastS ?? this.startS
    return Math.max(this.startS, untilS)
  }

  get ambiguousAt(): EventNode | undefined {
    return this.start.idAmbiguousAt ?? this.scopeAmbiguousAt
  }
  get ambiguousAtS(): number | undefined {
    const at = this.ambiguousAt
    return at === undefined ? undefined : Math.max(this.startS, at.timeS)
  }

  get flags(): number {
    let flags = 0
    if (this.end === undefined) flags |= this.#abandoned ? SpanFlag.DID_NOT_END : SpanFlag.OPEN
    else if (this.end.timeS < this.start.timeS) flags |= SpanFlag.CLOCK
    if (this.ambiguousAt !== undefined) flags |= SpanFlag.AMBIGUOUS
    if (this.errorAtS !== undefined) flags |= SpanFlag.ERROR
    if (this.parentUnsure) flags |= SpanFlag.PARENT_UNSURE
    return flags
  }

  get errorAtS(): number | undefined {
    if (this.start.facts.error !== undefined) return this.startS
    const reportedS = this.failures?.[0]?.timeS
    if (this.end?.facts.error === undefined) return reportedS
    return Math.min(reportedS ?? Infinity, this.endS!)
  }
  get error(): string | undefined {
    const told = [this.end, this.start, ...(this.failures ?? [])]
    return told.map((event) => event?.facts.error).find((text) => text !== undefined && text !== '')
  }

  get tokens(): Tokens | undefined {
    const ofStart = this.start.facts.tokens
    const ofEnd = this.end?.facts.tokens
    if (ofStart === undefined || ofEnd === undefined) return ofEnd ?? ofStart
    const input = ofEnd.input ?? ofStart.input
    const output = ofEnd.output ?? ofStart.output
    const parts =
      input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0)
    const told = ofEnd.input === undefined && ofEnd.output === undefined ? ofEnd.total : undefined
    return { input, output, total: told ?? parts ?? ofEnd.total }
  }
  get costUsd(): number | undefined {
    return this.end?.facts.costUsd ?? this.start.facts.costUsd
  }
}
