/**
 * Fills a row from the bytes of a line, without an object and without strings for known texts. It scans
 * usual lines only. Unusual ones (a sample, a failure without a text, an escaped key, a repeated key,
 * milliseconds, invalid JSON) are left to `parseLine` and `readEvent`. For every line that it scans, the
 * row is the same as theirs.
 *
 *     {"event_type": "tool_call_start", "timestamp": 1800000000.5, "metadata": {"tool": "search", …}}
 *      └ kind and phase, cached by type └ digits → float64          └ gaps are recognized by their bytes
 */
import { DROPPED_TYPE, splitEventType, type Decode } from '../line/event.ts'
import { POINT, START, type EventRow } from '../row/event-row.ts'
import { hashBytes, hashPlain, hashText, lastHash, type TextHash } from '../row/hash.ts'
import { Interner } from '../row/interner.ts'
import {
  BACKSLASH,
  CLOSE_OBJECT,
  COMMA,
  endOfLiteral,
  endOfPlain,
  endOfString,
  endOfValue,
  isDigit,
  LF,
  LOWER_F,
  LOWER_N,
  MINUS,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  startOfValue,
} from '../line/json-bytes.ts'
import { FAILED, FINE, outcomeOfKey } from '../row/outcome.ts'
import { KeyTable } from './key-table.ts'
import { GapNode, GapLearner } from './gap-trie.ts'
import {
  errorOf,
  isCancelled,
  KEY_ROLES,
  MAX_EXTRA_CHARS,
  nameTurn,
  PHASES,
  setIdentity,
  setName,
  setFigure,
  TURN,
  type KeyRoles,
} from '../row/metadata-reader.ts'
import { NumberReader } from './number-reader.ts'

/** The line is left to `parseLine`, and the content of the row is not valid. */
export const NOT_SCANNED = -1

/** Larger times are not in seconds. */
const MAX_SECONDS = 1e11
/** Longer texts of `status` are not cached but left to the slow path. */
const MAX_STATUS_BYTES = 64
/** Shorter texts of `error` may mean that there is none; the slow path decides. With the quotes. */
const MIN_ERROR_BYTES = 8
const SPACE = 0x20
/** Of `"false"`. */
const FALSE_BYTES = 7

const FIELDS = new KeyTable(['event_type', 'timestamp', 'metadata'])
const EVENT_TYPE = 0
const TIMESTAMP = 1
const METADATA = 2

const KEY_NAMES: readonly string[] = [...KEY_ROLES.keys()]
const ROLES: readonly KeyRoles[] = [...KEY_ROLES.values()]
const KEYS = new KeyTable(KEY_NAMES)
const ERROR = KEY_NAMES.indexOf('error')
const SUCCESS = KEY_NAMES.indexOf('success')
const IS_ERROR = KEY_NAMES.indexOf('is_error')
const STATUS = KEY_NAMES.indexOf('status')
/** By key: the outcome that it means no failure, or a failure; 0 for keys that decide no outcome. */
const SAYS_FINE = KEY_NAMES.map((name) => outcomeOfKey(name, FINE))
const SAYS_FAILED = KEY_NAMES.map((name) => outcomeOfKey(name, FAILED))
/** The number of the extra key. */
const EXTRA = KEY_NAMES.length

/** Scans the lines of one log. It caches event types, words of `status` and gaps. */
export class LineScanner {
  readonly #texts: Interner
  readonly #decode: Decode
  readonly #number: NumberReader
  /** The event types seen, and the kind and phase of each by its number. */
  readonly #types = new Interner()
  readonly #kinds: number[] = [0]
  readonly #phases: number[] = [POINT]
  #lastType = 0
  #droppedType = -1
  /** The words of `status` seen, and what each means. */
  readonly #statuses = new Interner()
  readonly #meanings: ('failed' | 'cancelled' | undefined)[] = [undefined]
  /** By key: the last line that had it, to detect a repeated key. */
  readonly #seenIn = new Int32Array(ROLES.length)
  #line = 0
  #learner = new GapLearner()
  /** Gaps between the fields of lines. Their keys are those of FIELDS. */
  #lineGaps = GapNode.root()
  /** Gaps of metadata by event type, because a start and its end have different keys. */
  #metadataGaps: GapNode[] = [GapNode.root()]
  /** The key of the gap that was parsed last; −1 = a key without a role. */
  #key = -1
  #bytes: Uint8Array = new Uint8Array(0)
  /** A view of the same bytes. */
  #view: DataView = new DataView(this.#bytes.buffer)
  readonly #turnKind: number
  /** Whether `success`, `is_error` or `status` means a failure, with or without an `error`. */
  #hasFailed = false
  /** The key whose value is stored in `row.extra`. */
  #extraKey: KeyTable | undefined
  #extraIn = 0

  /** `texts` numbers the texts of rows; `decode` makes strings of new ones. */
  constructor(texts: Interner, decode: Decode) {
    this.#texts = texts
    this.#decode = decode
    this.#number = new NumberReader(decode)
    this.#turnKind = texts.id(TURN)
  }

  /** Sets the extra key: plain ASCII and without a role in {@link KEY_ROLES}; undefined = none. */
  setExtraKey(key: string | undefined): void {
    this.#extraKey = key === undefined ? undefined : new KeyTable([key])
    // The gaps learned so far do not have the new key.
    this.#learner = new GapLearner()
    this.#metadataGaps = this.#metadataGaps.map(() => GapNode.root())
  }

  /**
   * Scans the line that begins at `from` into `row`. Returns the index of its newline, or `to` if there is
   * none, or NOT_SCANNED.
   */
  scan(bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    row.clear()
    this.#line = (this.#line + 1) | 0
    this.#hasFailed = false
    let type = 0
    let fields = 0
    let gap = this.#lineGaps
    let at = skipSpace(bytes, from, to)
    if (at >= to || bytes[at] !== OPEN_OBJECT) return NOT_SCANNED
    do {
      const known = gap.next(this.#view, at, to)
      const value =
        known === undefined
          ? this.#gap(bytes, at, to, FIELDS)
          : skipSpace(bytes, at + known.size, to)
      if (value < 0 || value >= to) return NOT_SCANNED
      const field = known === undefined ? this.#key : known.key
      gap = known ?? this.#learner.learn(gap, bytes.subarray(at, value), field)
      if (field >= 0) {
        if ((fields & (1 << field)) !== 0) return NOT_SCANNED
        fields |= 1 << field
      }
      if (field === EVENT_TYPE) at = this.#type(bytes, value, to)
      else if (field === TIMESTAMP) at = this.#time(bytes, value, to, row)
      else if (field === METADATA) at = this.#metadata(bytes, value, to, row)
      else at = endOfValue(bytes, value, to)
      if (at < 0) return NOT_SCANNED
      if (field === EVENT_TYPE) type = this.#lastType
      at = skipSpace(bytes, at, to)
    } while (at < to && bytes[at] === COMMA)
    if (at >= to || bytes[at] !== CLOSE_OBJECT) return NOT_SCANNED
    at = skipSpace(bytes, at + 1, to)
    if (at < to && bytes[at] !== LF) return NOT_SCANNED
    if (type === 0 || (fields & (1 << TIMESTAMP)) === 0) return NOT_SCANNED
    if (this.#hasFailed && !row.hasError) return NOT_SCANNED
    row.kind = this.#kinds[type]!
    row.phase = this.#phases[type]!
    // Only a start names its parent. The type may be the last field of the line.
    if (row.phase !== START) row.parents.count = 0
    if (row.kind === this.#turnKind) nameTurn(row)
    return at
  }

  /** Parses a gap: from its brace or comma over the key to the value. */
  #gap(bytes: Uint8Array, from: number, to: number, keys: KeyTable): number {
    const key = skipSpace(bytes, from + 1, to)
    if (key >= to || bytes[key] !== QUOTE) return -1
    const keyEnd = endOfKey(bytes, key, to)
    if (keyEnd < 0) return -1
    this.#key = keys.find(bytes, key + 1, keyEnd)
    if (keys === KEYS && this.#extraKey?.find(bytes, key + 1, keyEnd) === 0) this.#key = EXTRA
    return startOfValue(bytes, keyEnd + 1, to)
  }

  /** An event type in plain ASCII. */
  #type(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from] !== QUOTE) return -1
    const close = hashPlain(bytes, this.#view, from + 1, to)
    if (close === from + 1 || close >= to || bytes[close] !== QUOTE) return -1
    const type = this.#types.idOfHash(lastHash, bytes, from + 1, close, this.#decode)
    if (type === this.#kinds.length) {
      const { kind, phase } = splitEventType(this.#types.text(type))
      this.#kinds.push(this.#texts.id(kind))
      this.#phases.push(PHASES[phase])
      this.#metadataGaps.push(GapNode.root())
      if (this.#types.text(type) === DROPPED_TYPE) this.#droppedType = type
    }
    // The slow path reads its count from its metadata; it is rare.
    if (type === this.#droppedType) return -1
    this.#lastType = type
    return close + 1
  }

  #time(bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    const end = this.#number.read(bytes, from, to)
    const seconds = this.#number.value
    if (end < 0 || !(seconds >= -MAX_SECONDS && seconds <= MAX_SECONDS)) return -1
    row.timeS = seconds
    return end
  }

  #metadata(bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    if (bytes[from] !== OPEN_OBJECT) return -1
    let gap = this.#metadataGaps[this.#lastType]!
    let at = from
    for (;;) {
      const known = gap.next(this.#view, at, to)
      if (known === undefined && at === from) {
        const end = skipSpace(bytes, from + 1, to)
        if (end < to && bytes[end] === CLOSE_OBJECT) return end + 1
      }
      const value =
        known === undefined ? this.#gap(bytes, at, to, KEYS) : skipSpace(bytes, at + known.size, to)
      if (value < 0 || value >= to) return -1
      const key = known === undefined ? this.#key : known.key
      gap = known ?? this.#learner.learn(gap, bytes.subarray(at, value), key)
      let end: number
      if (key < 0) end = endOfValue(bytes, value, to)
      else if (key === EXTRA) end = this.#readExtra(bytes, value, to, row)
      else end = this.#known(key, bytes, value, to, row)
      if (end < 0) return -1
      at = skipSpace(bytes, end, to)
      if (at >= to) return -1
      if (bytes[at] === CLOSE_OBJECT) return at + 1
      if (bytes[at] !== COMMA) return -1
    }
  }

  /** Reads the value of a key with a role. Objects and arrays are left to the slow path. */
  #known(key: number, bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    if (this.#seenIn[key] === this.#line) return -1
    this.#seenIn[key] = this.#line
    const roles = ROLES[key]!
    const first = bytes[from]!
    if (first === QUOTE) {
      const plain = hashPlain(bytes, this.#view, from + 1, to)
      const isPlain = plain < to && bytes[plain] === QUOTE
      const close = isPlain ? plain : endOfString(bytes, plain, to)
      if (close < 0) return -1
      if (close === from + 1) return close + 1
      if (roles.isError) return this.#outcome(key, isPlain, bytes, from, close + 1, row)
      if (isPlain) this.#takeBytes(roles, lastHash, bytes, from + 1, close, row)
      else this.#takeText(roles, this.#unescaped(bytes, from, close + 1), row)
      return close + 1
    }
    if (first === MINUS || isDigit(first)) return this.#takeNumber(key, bytes, from, to, row)
    const end = endOfLiteral(bytes, from, to)
    if (end < 0 || first === LOWER_N) return end
    if (roles.isError) {
      const isFalse = first === LOWER_F
      const isFailure = key === SUCCESS ? isFalse : key === IS_ERROR && !isFalse
      if (isFailure) this.#hasFailed = true
      row.outcome |= isFailure ? SAYS_FAILED[key]! : SAYS_FINE[key]!
      return key === ERROR && !isFalse ? -1 : end
    }
    if (roles.figure !== undefined) setFigure(row, roles.figure, first !== LOWER_F)
    if (roles.isName) {
      setName(row, roles, this.#texts.idOfBytes(bytes, from, end, this.#decode))
    }
    return end
  }

  /** Reads the value of the extra key: a short plain text, an integer, a boolean or null. */
  #readExtra(bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    if (this.#extraIn === this.#line) return -1
    this.#extraIn = this.#line
    const first = bytes[from]!
    if (first === QUOTE) {
      const close = endOfPlain(bytes, from + 1, to)
      if (close >= to || bytes[close] !== QUOTE || close - from > MAX_EXTRA_CHARS) return -1
      if (close > from + 1) row.extra = this.#texts.idOfBytes(bytes, from + 1, close, this.#decode)
      return close + 1
    }
    const isNumber = first === MINUS || isDigit(first)
    const end = isNumber ? this.#number.read(bytes, from, to) : endOfLiteral(bytes, from, to)
    if (end < 0 || first === LOWER_N) return end
    if (isNumber && (!this.#number.isPlainInteger || end - from > MAX_EXTRA_CHARS)) return -1
    row.extra = this.#texts.idOfBytes(bytes, from, end, this.#decode)
    return end
  }

  #takeNumber(key: number, bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    const roles = ROLES[key]!
    const end = this.#number.read(bytes, from, to)
    if (end < 0 || key === ERROR) return -1
    if (roles.figure !== undefined) setFigure(row, roles.figure, this.#number.value)
    if (roles.isError) row.outcome |= SAYS_FINE[key]!
    if (!roles.isName && !roles.isIdentity) return end
    // The text of a number is not always its bytes: that of 1.0 is "1".
    if (!this.#number.isPlainInteger) return -1
    this.#takeBytes(roles, hashBytes(bytes, from, end), bytes, from, end, row)
    return end
  }

  /** Stores a plain text or an integer, given by its bytes, for the roles of its key. */
  #takeBytes(
    roles: KeyRoles,
    hash: TextHash,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: EventRow,
  ): void {
    if (roles.isIdentity) setIdentity(row, roles, hash)
    if (!roles.isName) return
    setName(row, roles, this.#texts.idOfHash(hash, bytes, from, to, this.#decode))
  }

  #takeText(roles: KeyRoles, text: string, row: EventRow): void {
    if (roles.isName) setName(row, roles, this.#texts.id(text))
    if (roles.isIdentity) setIdentity(row, roles, hashText(text))
  }

  /** Reads a text (with its quotes) of a key with the error role. Words of `status` are cached. */
  #outcome(
    key: number,
    isPlain: boolean,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: EventRow,
  ): number {
    if (key === ERROR) {
      if (to - from < MIN_ERROR_BYTES || mayBeBlank(bytes[from + 1]!)) return -1
      row.hasError = true
      row.outcome |= SAYS_FAILED[key]!
      row.error = this.#textId(this.#texts, isPlain, bytes, from, to)
    } else if (key === STATUS) {
      if (to - from > MAX_STATUS_BYTES) return -1
      const word = this.#textId(this.#statuses, isPlain, bytes, from, to)
      if (word === this.#meanings.length) this.#meanings.push(meaningOf(this.#statuses.text(word)))
      const meaning = this.#meanings[word]
      if (meaning === 'cancelled') return -1
      if (meaning === 'failed') this.#hasFailed = true
      row.outcome |= meaning === 'failed' ? SAYS_FAILED[key]! : SAYS_FINE[key]!
    } else {
      if (key === SUCCESS && (!isPlain || to - from === FALSE_BYTES)) return -1
      row.outcome |= SAYS_FINE[key]!
    }
    return to
  }

  /** The text number of a string. A plain one is the one that was hashed last. */
  #textId(texts: Interner, isPlain: boolean, bytes: Uint8Array, from: number, to: number): number {
    return isPlain
      ? texts.idOfHash(lastHash, bytes, from + 1, to - 1, this.#decode)
      : texts.id(this.#unescaped(bytes, from, to))
  }

  /** The text of a string from its bytes with the quotes. */
  #unescaped(bytes: Uint8Array, from: number, to: number): string {
    return JSON.parse(this.#decode(bytes.subarray(from, to))) as string
  }
}

/** Whether a text that starts with this byte may consist of white space. */
function mayBeBlank(first: number): boolean {
  return first <= SPACE || first === BACKSLASH || first >= 0x80
}

function meaningOf(status: string): 'failed' | 'cancelled' | undefined {
  if (isCancelled({ status })) return 'cancelled'
  return errorOf({ status }) === undefined ? undefined : 'failed'
}

/** From a key's opening quote to its closing one; −1 for a key with escapes, which may be any key. */
function endOfKey(bytes: Uint8Array, from: number, to: number): number {
  const plain = endOfPlain(bytes, from + 1, to)
  if (plain < to && bytes[plain] === QUOTE) return plain
  const end = endOfString(bytes, plain, to)
  return end >= 0 && hasEscape(bytes, plain, end) ? -1 : end
}

function hasEscape(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return true
  return false
}
