/**
 * Collects lines for a tick of a few milliseconds and hands them on as one batch: a write or a
 * frame for each line would cost a hundred times the line.
 */
import { BATCH_BYTES, makeBatch } from './batch.ts'
import type { Batch } from './sink.ts'
import { unref } from './timers.ts'

const TICK_MS = 5

export class Batcher {
  readonly #onBatch: (batch: Batch) => void
  #text = ''
  #count = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(onBatch: (batch: Batch) => void) {
    this.#onBatch = onBatch
  }

  /** `line` ends in `\n`. */
  add(line: string): void {
    this.#text += line
    this.#count += 1
    if (this.#text.length >= BATCH_BYTES) this.cut()
    else if (this.#timer === undefined) this.#timer = unref(setTimeout(() => this.#tick(), TICK_MS))
  }

  #tick(): void {
    this.#timer = undefined
    this.cut()
  }

  /** Hands on what is there now. */
  cut(): void {
    if (this.#count === 0) return
    const batch = makeBatch(this.#text, this.#count)
    this.#text = ''
    this.#count = 0
    this.#onBatch(batch)
  }
}
