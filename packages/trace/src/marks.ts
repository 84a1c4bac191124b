/** Points and orphan ends: what stands on the timeline without a length. */
import type { Mark, Span } from './span.ts'
import type { ViewSource } from './span-view.ts'
import { NONE } from './tables.ts'

class MarkView implements Mark {
  readonly #source: ViewSource
  readonly slot: number
  readonly event: number
  readonly orphan: boolean
  parentSlot = NONE
  present = true

  constructor(source: ViewSource, slot: number, event: number, orphan: boolean) {
    this.#source = source
    this.slot = slot
    this.event = event
    this.orphan = orphan
  }

  get kind(): string {
    return this.#source.texts.text(this.kindId)
  }
  get kindId(): number {
    return this.#source.events.kind(this.event)
  }
  get timeS(): number {
    return this.#source.events.timeS[this.event]!
  }
  get position(): number {
    return this.#source.events.position[this.event]!
  }
  get writer(): number {
    return this.#source.events.writer[this.event]!
  }
  get parent(): Span | undefined {
    return this.parentSlot === NONE ? undefined : this.#source.view(this.parentSlot)
  }
  get subject(): string | undefined {
    return this.#text(this.#source.events.subject[this.event]!)
  }
  get agent(): string | undefined {
    const own = this.#source.events.agent[this.event]!
    if (own !== 0 || this.parentSlot === NONE) return this.#text(own)
    return this.#text(this.#source.spans.agent[this.parentSlot]!)
  }
  /** '' = an error without a text. */
  get error(): string | undefined {
    const error = this.#source.events.error[this.event]!
    return error === NONE ? undefined : this.#source.texts.text(error)
  }

  scopeText(keyIndex: number): string | undefined {
    const { events, scopes } = this.#source
    return this.#text(scopes.textId(events.scope[this.event]!, keyIndex))
  }

  #text(id: number): string | undefined {
    return id === 0 ? undefined : this.#source.texts.text(id)
  }
}

export class MarkTable {
  readonly #source: ViewSource
  readonly #marks: MarkView[] = []
  readonly #byEvent = new Map<number, MarkView>()
  readonly #changed = new Set<MarkView>()
  orphanCount = 0

  constructor(source: ViewSource) {
    this.#source = source
  }

  standing(): readonly Mark[] {
    return this.#marks.filter((mark) => mark.present)
  }

  set(event: number, isOrphan: boolean, parent: number): void {
    let mark = this.#byEvent.get(event)
    if (mark === undefined) {
      mark = new MarkView(this.#source, this.#marks.length, event, isOrphan)
      this.#marks.push(mark)
      this.#byEvent.set(event, mark)
      if (isOrphan) this.orphanCount++
    } else if (!mark.present) {
      mark.present = true
      if (isOrphan) this.orphanCount++
    }
    mark.parentSlot = parent
    this.#changed.add(mark)
  }

  remove(event: number): void {
    const mark = this.#byEvent.get(event)
    if (mark === undefined || !mark.present) return
    mark.present = false
    if (mark.orphan) this.orphanCount--
    this.#changed.add(mark)
  }

  takeChanges(): { readonly marks: readonly Mark[]; readonly removedMarks: readonly number[] } {
    const marks: Mark[] = []
    const removedMarks: number[] = []
    for (const mark of this.#changed) {
      if (mark.present) marks.push(mark)
      else removedMarks.push(mark.slot)
    }
    this.#changed.clear()
    return { marks, removedMarks }
  }
}
