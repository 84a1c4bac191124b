/** Points and orphan ends: the parts of a timeline without a duration. */
import { NONE } from '../columns/columns.ts'
import type { Mark, Span } from './span.ts'
import type { ViewSource } from './span-view.ts'
import type { MarkTable } from '../tables/mark-table.ts'

/** A mark as an object: a slot of the tables, which every property reads. */
export class MarkView implements Mark {
  readonly #source: ViewSource
  readonly #marks: MarkTable
  slot: number

  constructor(source: ViewSource, marks: MarkTable, slot: number) {
    this.#source = source
    this.#marks = marks
    this.slot = slot
  }

  get #event(): number {
    return this.#marks.event[this.slot]!
  }

  get orphan(): boolean {
    return this.#marks.isOrphan(this.slot)
  }
  get kind(): string {
    return this.#source.texts.text(this.kindId)
  }
  get kindId(): number {
    return this.#source.events.kind(this.#event)
  }
  get timeS(): number {
    return this.#source.events.timeS(this.#event)
  }
  get position(): number {
    return this.#source.events.position(this.#event)
  }
  get writer(): number {
    return this.#source.events.writer(this.#event)
  }
  get late(): boolean {
    return this.#source.events.late.has(this.#event)
  }
  /** −1 = none. */
  get parentSlot(): number {
    return this.#marks.parent[this.slot]!
  }
  get parent(): Span | undefined {
    return this.parentSlot === NONE ? undefined : this.#source.view(this.parentSlot)
  }
  get subject(): string | undefined {
    return this.#text(this.subjectId)
  }
  /** Text number, 0 = none. */
  get subjectId(): number {
    return this.#source.events.subject(this.#event)
  }
  get agent(): string | undefined {
    const own = this.#source.events.agent(this.#event)
    if (own !== 0 || this.parentSlot === NONE) return this.#text(own)
    return this.#text(this.#source.spans.agent.at(this.parentSlot))
  }
  /** '' = an error without text. */
  get error(): string | undefined {
    const error = this.#source.events.error(this.#event)
    return error === NONE ? undefined : this.#source.texts.text(error)
  }

  scopeText(keyIndex: number): string | undefined {
    const { events, scopes } = this.#source
    return this.#text(scopes.textId(events.scope(this.#event), keyIndex))
  }

  #text(id: number): string | undefined {
    return id === 0 ? undefined : this.#source.texts.text(id)
  }
}
