/** The writers of a log: their numbers in the trace, and what the server knows of them. */
import { WriterNumbers, type WriterQuality } from '@wattline/trace'
import type { LogWriter } from '../../model/run-info.ts'
import type { ServerWriter } from './server-run.ts'

/** A writer without data of the server. */
const UNKNOWN_WRITER: ServerWriter = {
  id: '',
  name: '',
  state: 'closed',
  lost: 0,
  duplicates: undefined,
  clockBehindS: undefined,
}

export class LogWriters {
  readonly numbers = new WriterNumbers()
  /** By number, the data of the server. */
  readonly #known: (ServerWriter | undefined)[] = []

  /** All writers, by number. */
  get all(): ServerWriter[] {
    const { ids, names } = this.numbers
    return ids.map(
      (id, at) =>
        this.#known[at] ?? { ...UNKNOWN_WRITER, id, name: names[at] ?? '', state: 'live' },
    )
  }

  /** The number of a writer; new writers get the next one. */
  numberOf(id: string): number {
    return this.numbers.numberOf(id)
  }

  /** Stores the server's data of a writer. Returns how many more lines are lost than before. */
  update(writer: ServerWriter): number {
    const number = this.numberOf(writer.id)
    const { lost } = this.#known[number] ?? UNKNOWN_WRITER
    this.#known[number] = writer
    return Math.max(0, writer.lost - lost)
  }

  /** Writers that another writer has sent, with its state: the server does not know them. */
  *sent(): Generator<readonly [number: number, state: ServerWriter['state']]> {
    for (const number of this.numbers.ids.keys()) {
      const sender = this.numbers.senderOf(number)
      const state = sender === undefined ? undefined : this.#known[sender]?.state
      if (this.#known[number] === undefined && state !== undefined) yield [number, state]
    }
  }

  /** Adds to the quality of each writer what only the server knows. */
  withQuality(parts: readonly WriterQuality[]): LogWriter[] {
    const { all } = this
    return parts.map((part) => {
      const { id, name, duplicates, clockBehindS } = all[part.writer] ?? UNKNOWN_WRITER
      return { ...part, id, name, duplicates, clockBehindS }
    })
  }
}
