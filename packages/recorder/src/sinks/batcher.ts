/**
 * Collects the lines of a few milliseconds into one batch. A write or a frame per line would cost a
 * hundred times as much as the line.
 *
 * ```
 * add(line) ─▶ text, some KiB ─encode─▶ slab ▓▓▓▓▓▓▓▓▒▒▒░░░░░   ▓ emitted  ▒ this batch  ░ free
 * ```
 *
 * The text is encoded early and into memory that is used up to its last byte. Strings that wait for
 * the tick would survive several collections, and the garbage collector would copy them each time.
 */
import { BATCH_BYTES } from './batch.ts'
import type { Batch } from './sink.ts'

const TICK_MS = 5
const TEXT_CHARS = 8 * 1024
const SLAB_BYTES = 256 * 1024
/** UTF-8 needs at most three bytes per UTF-16 code unit. */
const BYTES_PER_CHAR = 3

const encoder = new TextEncoder()

export class Batcher {
  readonly #onBatch: (batch: Batch, events: number) => void
  /** The end of this batch, not encoded yet. */
  #text = ''
  /** Lines of this batch, and the events among them. */
  #lines = 0
  #events = 0
  #slab = new Uint8Array(0)
  #from = 0
  #to = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `onBatch` receives each batch and how many of its lines are events; the others are samples. */
  constructor(onBatch: (batch: Batch, events: number) => void) {
    this.#onBatch = onBatch
  }

  /** Adds a line, which must end in `\n`. */
  add(line: string, isEvent: boolean): void {
    this.#text += line
    this.#lines += 1
    if (isEvent) this.#events += 1
    if (this.#text.length >= TEXT_CHARS) this.#encode()
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#tick(), TICK_MS)
      // A browser's timer is a number, without unref().
      this.#timer.unref?.()
    }
  }

  #tick(): void {
    this.#timer = undefined
    this.cut()
  }

  /** Emits the lines collected so far. */
  cut(): void {
    if (this.#text !== '') this.#encode()
    if (this.#to > this.#from) this.#emit()
  }

  #encode(): void {
    const text = this.#text
    this.#text = ''
    if (text.length * BYTES_PER_CHAR > SLAB_BYTES) {
      const encoded = encoder.encode(text)
      this.#makeRoom(encoded.length)
      this.#slab.set(encoded, this.#to)
      this.#to += encoded.length
    } else {
      this.#makeRoom(text.length * BYTES_PER_CHAR)
      this.#to += encoder.encodeInto(text, this.#slab.subarray(this.#to)).written
    }
    if (this.#to - this.#from >= BATCH_BYTES) this.#emit()
  }

  /** Continues the batch in a new slab if the current one has less than `bytes` left. */
  #makeRoom(bytes: number): void {
    if (this.#slab.length - this.#to >= bytes) return
    const begun = this.#slab.subarray(this.#from, this.#to)
    this.#slab = new Uint8Array(Math.max(SLAB_BYTES, begun.length + bytes))
    this.#slab.set(begun)
    this.#from = 0
    this.#to = begun.length
  }

  #emit(): void {
    const batch = { bytes: this.#slab.subarray(this.#from, this.#to), count: this.#lines }
    const events = this.#events
    this.#from = this.#to
    this.#lines = 0
    this.#events = 0
    this.#onBatch(batch, events)
  }
}
