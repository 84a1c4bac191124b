/** Keeps the last committed chunks in memory, for readers near the end of the log. */
import type { LogChunk } from '../store.ts'

/** As much as a recorder sends before it waits for an ack: a viewer that keeps up finds it here. */
const MAX_BYTES = 4 * 1024 * 1024
/** Trimmed in blocks, because removing entries from the front takes time linear in their number. */
const SLACK_BYTES = MAX_BYTES / 4

interface TailEntry {
  readonly start: number
  readonly chunk: LogChunk
}

/** Bounded, but at least one chunk. A reader that falls behind it reads from the file. */
export class Tail {
  readonly #entries: TailEntry[] = []
  #bytes = 0

  push(start: number, chunk: LogChunk): void {
    this.#entries.push({ start, chunk })
    this.#bytes += chunk.bytes.length
    if (this.#bytes <= MAX_BYTES + SLACK_BYTES) return
    let drop = 0
    while (this.#bytes > MAX_BYTES && drop < this.#entries.length - 1) {
      this.#bytes -= this.#entries[drop]?.chunk.bytes.length ?? 0
      drop += 1
    }
    this.#entries.splice(0, drop)
  }

  /** The chunk that starts at `cursor`; undefined when it was dropped. */
  after(cursor: number): LogChunk | undefined {
    let low = 0
    let high = this.#entries.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const entry = this.#entries[middle]
      if (entry === undefined) return undefined
      if (entry.start === cursor) return entry.chunk
      if (entry.start < cursor) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  clear(): void {
    this.#entries.length = 0
    this.#bytes = 0
  }
}
