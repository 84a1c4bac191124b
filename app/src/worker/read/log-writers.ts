/** The writers of a log: their numbers in the trace, and what the server knows of them. */
import type { WriterQuality } from '@wattline/trace'
import type { LogWriter } from '../../model/run-info.ts'
import type { ServerWriter } from './server-run.ts'

/** The one writer of a file, which does not name it. */
const UNKNOWN_WRITER: ServerWriter = {
  id: '',
  name: '',
  state: 'closed',
  lost: 0,
  duplicates: undefined,
  clockBehindS: undefined,
}

export class LogWriters {
  readonly #numbers = new Map<string, number>()
  readonly #writers: ServerWriter[] = []

  /** The number of a writer; new writers get the next one. */
  numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const number = this.#writers.push({ ...UNKNOWN_WRITER, id, state: 'live' }) - 1
    this.#numbers.set(id, number)
    return number
  }

  /** Stores the server's data of a writer. Returns how many more lines are lost than before. */
  update(writer: ServerWriter): number {
    const number = this.numberOf(writer.id)
    const { lost } = this.#writers[number] ?? UNKNOWN_WRITER
    this.#writers[number] = writer
    return Math.max(0, writer.lost - lost)
  }

  /** All writers, by number. */
  get all(): readonly ServerWriter[] {
    return this.#writers
  }

  clear(): void {
    this.#numbers.clear()
    this.#writers.length = 0
  }

  /** Adds to the quality of each writer what only the server knows. */
  withQuality(parts: readonly WriterQuality[]): LogWriter[] {
    return parts.map((part) => {
      const { id, name, duplicates, clockBehindS } = this.#writers[part.writer] ?? UNKNOWN_WRITER
      return { ...part, id, name, duplicates, clockBehindS }
    })
  }
}
