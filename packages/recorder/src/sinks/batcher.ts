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
  readonly #onBatch: (batch: Batch, events: number) => void
  #text = ''
  /** Lines, and events among them, in the text. */
  #textLines = 0
  #textEvents = 0
  /** The same in this batch. */
  #batchLines = 0
  #batchEvents = 0
  #slab = new Uint8Array(0)
  #from = 0
  #to = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `onBatch` also hears how many of the lines are events; the others are samples. */
  constructor(onBatch: (batch: Batch, events: number) => void) {
    this.#onBatch = onBatch
  }

  /** `line` ends in `\n`. */
  add(line: string, isEvent: boolean): void {
    this.#text += line
    this.#textLines += 1
    if (isEvent) this.#textEvents += 1
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
    if (this.#to - this.#from >= BATCH_BYTES) this.#handOn()
  }

  /** What the old slab holds is handed on first. */
  #useSlab(slab: Uint8Array<ArrayBuffer>): void {
    if (this.#to > this.#from) this.#handOn()
    this.#slab = slab
    this.#from = 0
    this.#to = 0
  }

  #handOn(): void {
    const batch = { bytes: this.#slab.subarray(this.#from, this.#to), count: this.#batchLines }
    const events = this.#batchEvents
    this.#from = this.#to
    this.#batchLines = 0
    this.#batchEvents = 0
    this.#onBatch(batch, events)
  }
}
