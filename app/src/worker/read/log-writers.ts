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
  /** All writers, by number. */
  readonly all: ServerWriter[] = []

  /** The number of a writer; new writers get the next one. */
  numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const number = this.all.push({ ...UNKNOWN_WRITER, id, state: 'live' }) - 1
    this.#numbers.set(id, number)
    return number
  }

  /** Stores the server's data of a writer. Returns how many more lines are lost than before. */
  update(writer: ServerWriter): number {
    const number = this.numberOf(writer.id)
    const { lost } = this.all[number] ?? UNKNOWN_WRITER
    this.all[number] = writer
    return Math.max(0, writer.lost - lost)
  }

  /** Adds to the quality of each writer what only the server knows. */
  withQuality(parts: readonly WriterQuality[]): LogWriter[] {
    return parts.map((part) => {
      const { id, name, duplicates, clockBehindS } = this.all[part.writer] ?? UNKNOWN_WRITER
      return { ...part, id, name, duplicates, clockBehindS }
    })
  }
}
