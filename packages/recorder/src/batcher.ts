/**
 * Collects lines for a tick of a few milliseconds and hands them on as one batch: a write or a
 * frame for each line would cost a hundred times the line.
 *
 * ```
 * add(line) ─▶ text, some KiB ─encode─▶ slab ▓▓▓▓▓▓▓▓▒▒▒░░░░░   ▓ handed on  ▒ this batch  ░ free
 * ```
 *
 * The text is encoded early, while it is young, and into memory that is reused up to its last byte:
 * strings that wait for the tick would be copied by the garbage collector, again and again.
 */
import { BATCH_BYTES } from './batch.ts'
import type { Batch } from './sink.ts'
import { unref } from './timers.ts'

const TICK_MS = 5
const TEXT_CHARS = 8 * 1024
const SLAB_BYTES = 256 * 1024
/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_CHAR = 3

const encoder = new TextEncoder()

export class Batcher {
  readonly #onBatch: (batch: Batch) => void
  #text = ''
  #count = 0
  #slab = new Uint8Array(0)
  #from = 0
  #to = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(onBatch: (batch: Batch) => void) {
    this.#onBatch = onBatch
  }

  /** `line` ends in `\n`. */
  add(line: string): void {
    this.#text += line
    this.#count += 1
    if (this.#text.length >= TEXT_CHARS) this.#encode()
    if (this.#timer === undefined) this.#timer = unref(setTimeout(() => this.#tick(), TICK_MS))
  }

  #tick(): void {
    this.#timer = undefined
    this.cut()
  }

  /** Hands on what is there now. */
  cut(): void {
    if (this.#text !== '') this.#encode()
    if (this.#to > this.#from) this.#handOn()
  }

  #encode(): void {
    const text = this.#text
    const needed = text.length * BYTES_PER_CHAR
    if (this.#slab.length - this.#to < needed) this.#newSlab(needed)
    this.#text = ''
    this.#to += encoder.encodeInto(text, this.#slab.subarray(this.#to)).written
    if (this.#to - this.#from >= BATCH_BYTES) this.#handOn()
  }

  #newSlab(needed: number): void {
    const begun = this.#slab.subarray(this.#from, this.#to)
    this.#slab = new Uint8Array(Math.max(SLAB_BYTES, begun.length + needed))
    this.#slab.set(begun)
    this.#from = 0
    this.#to = begun.length
  }

  #handOn(): void {
    const batch = { bytes: this.#slab.subarray(this.#from, this.#to), count: this.#count }
    this.#from = this.#to
    this.#count = 0
    this.#onBatch(batch)
  }
}
