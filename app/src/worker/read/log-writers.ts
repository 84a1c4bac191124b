/** Who wrote the log: each writer's number in the trace, and what the server knows of it. */
import type { WriterQuality } from '@wattline/trace'
import type { LogWriter } from '../../model/run-info.ts'
import type { ServerWriter } from './server-run.ts'

/** A file has one writer, and does not tell who that was. */
const UNTOLD: ServerWriter = {
  id: '',
  name: '',
  state: 'closed',
  lost: 0,
  duplicates: undefined,
  clockBehindS: undefined,
}

export class LogWriters {
  readonly #numbers = new Map<string, number>()
  readonly #facts: ServerWriter[] = []

  /** Writers are numbered in the order in which they are heard of. */
  numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const number = this.#facts.push({ ...UNTOLD, id, state: 'live' }) - 1
    this.#numbers.set(id, number)
    return number
  }

  /** Takes what the server says of a writer; gives how many more of its lines are lost than before. */
  note(facts: ServerWriter): number {
    const number = this.numberOf(facts.id)
    const { lost } = this.#facts[number] ?? UNTOLD
    this.#facts[number] = facts
    return Math.max(0, facts.lost - lost)
  }

  /** By number. */
  get all(): readonly ServerWriter[] {
    return this.#facts
  }

  clear(): void {
    this.#numbers.clear()
    this.#facts.length = 0
  }

  /** What is in doubt of each, with what the server alone can tell. */
  withQuality(parts: readonly WriterQuality[]): LogWriter[] {
    return parts.map((part) => {
      const { id, name, duplicates, clockBehindS } = this.#facts[part.writer] ?? UNTOLD
      return { ...part, id, name, duplicates, clockBehindS }
    })
  }
}
