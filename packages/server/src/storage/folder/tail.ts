/** Keeps the last committed chunks in memory, for readers near the end of the log. */
import { lowerBound } from '@wattline/trace'
import type { LogChunk } from '../store.ts'

/** As much as a recorder sends before it waits for an ack: a viewer that keeps up finds it here. */
const MAX_BYTES = 4 * 1024 * 1024
/** Trimmed in blocks, because removing chunks from the front takes time linear in their number. */
const SLACK_BYTES = MAX_BYTES / 4

/** Bounded, but at least one chunk. A reader that falls behind it reads from the file. */
export class Tail {
  /** Consecutive: each chunk starts at the cursor of the one before it. */
  readonly #chunks: LogChunk[] = []
  /** Where the first chunk starts. */
  #start = 0
  #bytes = 0

  push(start: number, chunk: LogChunk): void {
    if (this.#chunks.length === 0) this.#start = start
    this.#chunks.push(chunk)
    this.#bytes += chunk.bytes.length
    if (this.#bytes <= MAX_BYTES + SLACK_BYTES) return
    let drop = 0
    while (this.#bytes > MAX_BYTES && drop < this.#chunks.length - 1) {
      this.#bytes -= this.#chunks[drop]?.bytes.length ?? 0
      drop += 1
    }
    this.#start = this.#chunks[drop - 1]?.cursor ?? this.#start
    this.#chunks.splice(0, drop)
  }

  /** The chunk that starts at `cursor`; undefined when it was dropped. */
  after(cursor: number): LogChunk | undefined {
    const chunks = this.#chunks
    const index = lowerBound(0, chunks.length, (i) => (chunks[i]?.cursor ?? 0) <= cursor)
    const start = index === 0 ? this.#start : chunks[index - 1]?.cursor
    return start === cursor ? chunks[index] : undefined
  }

  clear(): void {
    this.#chunks.length = 0
    this.#bytes = 0
  }
}
