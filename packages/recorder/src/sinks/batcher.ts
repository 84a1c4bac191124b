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
  #text = ''
  /** Lines in `#text`, and the events among them. */
  #textLines = 0
  #textEvents = 0
  /** The same for the encoded part of this batch. */
  #batchLines = 0
  #batchEvents = 0
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
    this.#textLines += 1
    if (isEvent) this.#textEvents += 1
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
    const neededBytes = text.length * BYTES_PER_CHAR
    if (neededBytes > SLAB_BYTES) {
      this.#useSlab(encoder.encode(text))
      this.#to = this.#slab.length
    } else {
      if (this.#slab.length - this.#to < neededBytes) this.#useSlab(new Uint8Array(SLAB_BYTES))
      this.#to += encoder.encodeInto(text, this.#slab.subarray(this.#to)).written
    }
    this.#batchLines += this.#textLines
    this.#batchEvents += this.#textEvents
    this.#textLines = 0
    this.#textEvents = 0
    if (this.#to - this.#from >= BATCH_BYTES) this.#emit()
  }

  /** Emits the current slab's lines first. */
  #useSlab(slab: Uint8Array<ArrayBuffer>): void {
    if (this.#to > this.#from) this.#emit()
    this.#slab = slab
    this.#from = 0
    this.#to = 0
  }

  #emit(): void {
    const batch = { bytes: this.#slab.subarray(this.#from, this.#to), count: this.#batchLines }
    const events = this.#batchEvents
    this.#from = this.#to
    this.#batchLines = 0
    this.#batchEvents = 0
    this.#onBatch(batch, events)
  }
}
