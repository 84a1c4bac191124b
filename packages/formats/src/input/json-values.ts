/**
 * Splits bytes into JSON values without parsing them, in one pass and with bounded memory:
 *
 *     {"a": 1} {            the values of the top level, however they are laid out
 *       "b": 2
 *     }
 *     [{"a": 1}, {"b": 2}   the elements of an array at the top level, also without its end
 *     {"x": 1, "items": [{"a": 1}, {"b": 2}], "y": 2}
 *                            with the array name `items`: its elements, and {"x": 1, "items": [], "y": 2}
 */
import { joinBytes } from '@wattline/trace'

const LF = 10
const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_ARRAY = 91
const BACKSLASH = 92
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const SPACE = 32

/** The fields before an array are passed on only while they are few, so that the cost stays linear. */
const EARLY_RESTS = 8
const EARLY_REST_BYTES = 1024 * 1024
/** Longer keys are not names of arrays. */
const MOST_KEY_BYTES = 64

export interface ValueSink {
  /** A value, or an element of the array `array`. `bytes` are valid during the call only. */
  value(bytes: Uint8Array, line: number, array: string | undefined): void
  /** The value around named arrays; `text` may lack its end. Only called with array names. */
  rest(bytes: Uint8Array, line: number, isWhole: boolean): void
  /** A value that is too long or has a newline within a text. */
  broken(line: number, reason: string): void
}

export interface JsonValuesOptions {
  readonly arrays?: readonly string[]
  readonly maxBytes: number
  readonly sink: ValueSink
}

export class JsonValues {
  readonly #arrays: readonly string[]
  readonly #maxBytes: number
  readonly #sink: ValueSink
  /** Open brackets around the current byte, and those that are around a value. */
  #depth = 0
  #base = 0
  #inText = false
  #isEscaped = false
  #line = 1
  readonly #outer = new Part()
  readonly #element = new Part()
  /** The named array that is being read; its elements are at `#elementDepth`. */
  #array: string | undefined
  #elementDepth = 0
  /** The last text outside of elements, and whether a colon followed it. */
  #key: number[] = []
  #isKey = false
  #rests = 0
  #hasArray = false
  #isFirst = true

  constructor({ arrays = [], maxBytes, sink }: JsonValuesOptions) {
    this.#arrays = arrays
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Whether the values are the elements of an array. */
  get isArray(): boolean {
    return this.#base === 1
  }

  /** Forgets the current value and starts at a line. */
  restart(line: number): void {
    this.#reset()
    this.#base = 0
    this.#line = line
    this.#isFirst = true
  }

  push(chunk: Uint8Array): void {
    this.#outer.resume()
    this.#element.resume()
    const size = chunk.length
    const hasNames = this.#arrays.length > 0
    let at = 0
    while (at < size) {
      if (this.#inText) {
        at = this.#text(chunk, at, size, hasNames && !this.#element.isOpen)
        continue
      }
      const byte = chunk[at]!
      if (byte > COMMA && byte !== COLON && (byte | 32) !== 123 && (byte | 32) !== 125) {
        // A digit, a letter: of a number or literal.
        this.#begin(at)
        at++
        this.#isKey = false
        continue
      }
      switch (byte) {
        case QUOTE:
          this.#begin(at)
          this.#inText = true
          if (hasNames) this.#key.length = 0
          this.#isKey = false
          break
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          this.#open(chunk, at, byte)
          break
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          this.#close(chunk, at)
          break
        case COMMA:
          if (this.#element.isOpen && this.#depth === this.#elementDepth)
            this.#endElement(chunk, at)
          this.#isKey = false
          break
        case COLON:
          this.#isKey = true
          break
        case LF:
          this.#line++
          break
        default:
          if (byte > SPACE) this.#begin(at)
      }
      at++
    }
    this.#outer.suspend(chunk, this.#maxBytes)
    this.#element.suspend(chunk, this.#maxBytes)
  }

  /** The bytes of the value that has not ended. */
  rest(): Uint8Array {
    return this.#outer.all()
  }

  /** Whether a value has not ended. */
  get isTorn(): boolean {
    return this.#outer.isOpen
  }

  /** Ends the input: passes the fields of a document that has no end. Returns whether it has none. */
  end(): boolean {
    const { isTorn } = this
    if (isTorn && this.#hasArray) this.#sink.rest(this.#outer.all(), this.#outer.line, false)
    this.#reset()
    return isTorn
  }

  /** Continues within a text; returns the index behind it or the end of the chunk. */
  #text(chunk: Uint8Array, from: number, size: number, isCollected: boolean): number {
    let at = from
    if (this.#isEscaped) {
      this.#isEscaped = false
      at++
    }
    const start = at
    while (at < size) {
      const byte = chunk[at]!
      if (byte === QUOTE) {
        if (isCollected) this.#collect(chunk, start, at)
        this.#inText = false
        return at + 1
      }
      if (byte === BACKSLASH) {
        if (at + 1 === size) {
          this.#isEscaped = true
          return size
        }
        at += 2
      } else if (byte === LF) {
        this.#breakOff()
        return at
      } else at++
    }
    if (isCollected) this.#collect(chunk, start, size)
    // An escape may reach beyond the chunk's last byte only above.
    return at
  }

  #collect(chunk: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to && this.#key.length <= MOST_KEY_BYTES; at++) {
      this.#key.push(chunk[at]!)
    }
  }

  /** A text contains a newline, so the value is not JSON. The next line may be a new value. */
  #breakOff(): void {
    this.#sink.broken(this.#outer.isOpen ? this.#outer.line : this.#line, 'a newline within a text')
    this.#reset()
  }

  #reset(): void {
    this.#depth = this.#base
    this.#inText = false
    this.#isEscaped = false
    this.#array = undefined
    this.#isKey = false
    this.#rests = 0
    this.#hasArray = false
    this.#outer.clear()
    this.#element.clear()
  }

  /** A byte of a value: starts an element if none is open. */
  #begin(at: number): void {
    if (this.#array === undefined || this.#element.isOpen) return
    if (this.#depth === this.#elementDepth) this.#element.open(at, this.#line)
  }

  #open(chunk: Uint8Array, at: number, byte: number): void {
    if (this.#depth === this.#base && this.#array === undefined) {
      if (byte === OPEN_ARRAY && this.#base === 0 && this.#isFirst) {
        this.#base = 1
        this.#depth = 1
        this.#isFirst = false
        return
      }
      this.#isFirst = false
      this.#outer.open(at, this.#line)
    }
    this.#begin(at)
    this.#depth++
    const isNamed = this.#isKey && byte === OPEN_ARRAY && this.#array === undefined
    this.#isKey = false
    if (!isNamed) return
    const name = this.#nameOfKey()
    if (name !== undefined) this.#enter(name, chunk, at)
  }

  #nameOfKey(): string | undefined {
    const key = this.#key
    return this.#arrays.find(
      (name) =>
        name.length === key.length && key.every((byte, index) => name.charCodeAt(index) === byte),
    )
  }

  #enter(name: string, chunk: Uint8Array, at: number): void {
    this.#array = name
    this.#elementDepth = this.#depth
    this.#hasArray = true
    this.#outer.pause(chunk, at + 1, this.#maxBytes)
    if (this.#rests >= EARLY_RESTS || this.#outer.size > EARLY_REST_BYTES) return
    this.#rests++
    this.#sink.rest(this.#outer.all(), this.#outer.line, false)
  }

  #close(chunk: Uint8Array, at: number): void {
    this.#isKey = false
    if (this.#array !== undefined && this.#depth === this.#elementDepth) {
      if (this.#element.isOpen) this.#endElement(chunk, at)
      this.#array = undefined
      this.#outer.continue(at)
      this.#depth--
      return
    }
    if (this.#depth <= this.#base) {
      // The end of the array at the top, or a bracket too many.
      this.#base = 0
      this.#depth = 0
      return
    }
    this.#depth--
    if (this.#depth === this.#base && this.#outer.isOpen) this.#endValue(chunk, at + 1)
  }

  #endElement(chunk: Uint8Array, to: number): void {
    const { line } = this.#element
    const bytes = this.#element.close(chunk, to, this.#maxBytes)
    if (bytes === undefined) this.#sink.broken(line, tooLong(this.#maxBytes))
    else this.#sink.value(bytes, line, this.#array)
  }

  #endValue(chunk: Uint8Array, to: number): void {
    const { line } = this.#outer
    const bytes = this.#outer.close(chunk, to, this.#maxBytes)
    if (bytes === undefined) this.#sink.broken(line, tooLong(this.#maxBytes))
    else if (this.#hasArray) this.#sink.rest(bytes, line, true)
    else this.#sink.value(bytes, line, undefined)
    this.#hasArray = false
    this.#rests = 0
  }
}

function tooLong(maxBytes: number): string {
  return `expected a value of at most ${maxBytes} bytes`
}

/** The bytes of a value, which may begin in an earlier chunk and have gaps. */
class Part {
  isOpen = false
  line = 0
  size = 0
  #parts: Uint8Array[] = []
  /** Where the part continues in the current chunk; −1 = it is in a gap. */
  #from = -1
  #isTooLong = false

  open(at: number, line: number): void {
    this.isOpen = true
    this.line = line
    this.size = 0
    this.#from = at
    this.#isTooLong = false
  }

  /** A gap begins at `at`. */
  pause(chunk: Uint8Array, at: number, maxBytes: number): void {
    this.#keep(chunk, at, maxBytes)
    this.#from = -1
  }

  continue(at: number): void {
    if (this.isOpen) this.#from = at
  }

  /** The chunk ends. */
  suspend(chunk: Uint8Array, maxBytes: number): void {
    if (this.isOpen) this.#keep(chunk, chunk.length, maxBytes)
  }

  /** A new chunk begins. */
  resume(): void {
    if (this.#from >= 0) this.#from = 0
  }

  /** The bytes up to `to`, as a view of the chunk if they are all in it; undefined if they are too many. */
  close(chunk: Uint8Array, to: number, maxBytes: number): Uint8Array | undefined {
    const isInChunk = this.#parts.length === 0 && !this.#isTooLong
    const bytes = isInChunk ? chunk.subarray(this.#from, to) : this.#joined(chunk, to, maxBytes)
    this.clear()
    return bytes === undefined || bytes.length > maxBytes ? undefined : bytes
  }

  clear(): void {
    this.isOpen = false
    this.#from = -1
    this.#parts = []
    this.size = 0
    this.#isTooLong = false
  }

  all(): Uint8Array {
    if (this.#parts.length > 1) this.#parts = [joinBytes(this.#parts)]
    return this.#parts[0] ?? new Uint8Array(0)
  }

  #joined(chunk: Uint8Array, to: number, maxBytes: number): Uint8Array | undefined {
    this.#keep(chunk, to, maxBytes)
    return this.#isTooLong ? undefined : this.all()
  }

  #keep(chunk: Uint8Array, to: number, maxBytes: number): void {
    if (!this.isOpen || this.#from < 0) return
    this.size += to - this.#from
    if (this.size > maxBytes) {
      this.#isTooLong = true
      this.#parts = []
    } else if (to > this.#from) this.#parts.push(chunk.slice(this.#from, to))
    this.#from = to
  }
}
