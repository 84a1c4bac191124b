/**
 * Numbers the writers of a log, and knows the writer of the next line. A line is of the writer that the
 * writer line before it names. A run of a server has its writers beside the log, in chunks of lines;
 * such a writer may send lines of others, with writer lines between them:
 *
 *     chunk of       a            b         a
 *     lines      {writer c} 1 2   3         4
 *     writer of       c           b         c
 */
import type { WriterLine } from '../line/event.ts'

/** The writer of lines that have none. */
const UNNAMED = ''

export class WriterNumbers {
  /** By number. */
  readonly ids: string[] = []
  readonly names: string[] = []
  readonly #numbers = new Map<string, number>()
  /** The writer that the last writer line in the chunks of a writer names. */
  readonly #named = new Map<number | undefined, number>()
  readonly #senders = new Map<number, number>()
  /** The writer of the chunks; undefined in a file. */
  #chunk: number | undefined
  #current: number | undefined

  /** The writer of the next line. */
  get current(): number {
    return (this.#current ??= this.numberOf(UNNAMED))
  }

  /** The number of a writer; new writers get the next one. */
  numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const number = this.ids.push(id) - 1
    this.names.push('')
    this.#numbers.set(id, number)
    return number
  }

  /** The next lines are in chunks of this writer. */
  enter(writer: number): void {
    if (writer === this.#chunk) return
    this.#chunk = writer
    this.#current = this.#named.get(writer) ?? writer
  }

  /** Applies a writer line. */
  name({ id, name }: WriterLine): void {
    const number = this.numberOf(id)
    if (name !== '') this.names[number] = name
    this.#named.set(this.#chunk, number)
    if (this.#chunk !== undefined) this.#senders.set(number, this.#chunk)
    this.#current = number
  }

  /** The writer whose chunks have the writer line of this one; undefined if there is none. */
  senderOf(writer: number): number | undefined {
    return this.#senders.get(writer)
  }
}
