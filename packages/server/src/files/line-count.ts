/** Counts the lines of a followed file, independent of its readers. Each byte is read once. */
import { coalesced } from '../base/coalesced.ts'
import { CHUNK_BYTES } from './log-chunks.ts'
import type { LogFile } from './log-file.ts'

export class LineCount {
  readonly #file: LogFile
  #counted = { gen: '', bytes: 0, lines: 0 }
  /** Counts the lines that were added since the last call. */
  readonly update = coalesced(() => this.#pass())

  constructor(file: LogFile) {
    this.#file = file
  }

  /** Lines counted so far in the current generation of the file. */
  get lines(): number {
    return this.#counted.gen === this.#file.state?.gen ? this.#counted.lines : 0
  }

  async #pass(): Promise<void> {
    for (;;) {
      const gen = this.#file.state?.gen
      if (gen === undefined) return
      if (this.#counted.gen !== gen) this.#counted = { gen, bytes: 0, lines: 0 }
      const { bytes: at, lines } = this.#counted
      const bytes = await this.#file.readAt(at, CHUNK_BYTES)
      if (bytes.length === 0) return
      this.#counted = { gen, bytes: at + bytes.length, lines: lines + countLines(bytes) }
    }
  }
}

/** Number of newlines in `bytes`. */
export function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count += 1
  return count
}
