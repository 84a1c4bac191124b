/**
 * Fills an event's row straight from a line's bytes, without an object, and without a string for
 * texts that are known. It takes the lines writers write all day and nothing else: whatever is
 * unusual (a sample, a failure without a text, an escaped key, a key said twice, milliseconds, broken JSON) is left
 * to `parseLine` and `readEvent`, with which it agrees in every field of every line it takes.
 *
 *     {"event_type": "tool_call_start", "timestamp": 1800000000.5, "metadata": {"tool": "search", …}}
 *      └ kind and phase, once a type    └ digits → float64          └ what is between values is known by its bytes
 */
import { DROPPED_TYPE, splitEventType, type Decode } from '../line/event.ts'
import { END, POINT, START, type EventRow } from '../row/event-row.ts'
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
import { KeyTable } from './key-table.ts'
import { Gap, GapMaker } from './gap-trie.ts'
import { AGENT_KEYS } from '../row/metadata-keys.ts'
import {
  errorOf,
  insertId,
  insertParent,
  KEY_ROLES,
  MAX_EXTRA_CHARS,
  setUsage,
  type KeyRoles,
} from '../row/metadata-reader.ts'
import { NumberReader } from './number-reader.ts'

/** The line is left to `parseLine`; what the row holds then means nothing. */
export const NOT_SCANNED = -1

/** Beyond it, an event's time is not in seconds. */
const MAX_SECONDS = 1e11
/** Longer texts of `status` are no words: they are not kept. */
const MAX_STATUS_BYTES = 64

const FIELDS = new KeyTable(['event_type', 'timestamp', 'metadata'])
const EVENT_TYPE = 0
const TIMESTAMP = 1
const METADATA = 2

interface ScanRoles extends KeyRoles {
  /** The key's value is kept as a text. */
  readonly isName: boolean
  /** The key's value is known by its hash. */
  readonly isIdentity: boolean
}

const KEY_NAMES: readonly string[] = [...KEY_ROLES.keys()]
const ROLES: readonly ScanRoles[] = Array.from(KEY_ROLES.values(), (roles) => ({
  ...roles,
  isName:
    roles.scopeIndex >= 0 ||
    roles.placeIndex >= 0 ||
    roles.subjectRank >= 0 ||
    roles.agentRank >= 0,
  isIdentity: roles.idIndex >= 0 || roles.parentIndex >= 0,
}))
const KEYS = new KeyTable(KEY_NAMES)
const ERROR = KEY_NAMES.indexOf('error')
const SUCCESS = KEY_NAMES.indexOf('success')
const STATUS = KEY_NAMES.indexOf('status')
/** Stands for the key that is noted. */
const EXTRA = KEY_NAMES.length

/** Reads events from lines; it remembers the event types and the keys of the line it is in. */
export class LineScanner {
  readonly #texts: Interner
  readonly #decode: Decode
  readonly #number: NumberReader
  /** Event types seen, and what each of them says, by its number here. */
  readonly #types = new Interner()
  readonly #kinds: number[] = [0]
  readonly #phases: number[] = [POINT]
  #lastType = 0
  #droppedType = -1
  /** Words of `status` seen, and whether they mean a failure. */
  readonly #statuses = new Interner()
  readonly #failures: boolean[] = [false]
  /** The line in which each key was seen last, to notice a key said twice. */
  readonly #seenIn = new Int32Array(ROLES.length)
  #line = 0
  #gaps = new GapMaker()
  /** Gaps of lines, whose keys are those of FIELDS. */
  #lineGaps = Gap.root()
  /** Gaps of metadata, by event type: a start and its end have different keys. */
  #metadataGaps: Gap[] = [Gap.root()]
  /** The key in the gap that was understood last; −1 = it has no meaning. */
  #key = -1
  #bytes: Uint8Array = new Uint8Array(0)
  /** Of the same bytes. */
  #view: DataView = new DataView(this.#bytes.buffer)
  /** Rank of the key that gave `row.agent`. */
  #agentRank = 0
  /** `success` or `status` says so, whether or not there is an `error` that says why. */
  #hasFailed = false
  /** The key without meaning whose value goes into `row.extra`. */
  #extraKey: KeyTable | undefined
  #extraIn = 0

  /** Texts are numbered by `texts`; new ones are made by `decode`. */
  constructor(texts: Interner, decode: Decode) {
    this.#texts = texts
    this.#decode = decode
    this.#number = new NumberReader(decode)
  }

  /** A key of plain ASCII that is none of {@link KEY_ROLES}; undefined = nothing more is noted. */
  setExtraKey(key: string | undefined): void {
    this.#extraKey = key === undefined ? undefined : new KeyTable([key])
    // What is known of gaps does not hold any more.
    this.#gaps = new GapMaker()
    this.#metadataGaps = this.#metadataGaps.map(() => Gap.root())
  }

  /**
   * Reads the event of the line that begins at `from` into `row`. Gives where the line ends, which is
   * its newline or else `to`; or NOT_SCANNED.
   */
  scan(bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    row.clear()
    this.#line = (this.#line + 1) | 0
    this.#agentRank = AGENT_KEYS.length
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
      gap = known ?? this.#gaps.learn(gap, bytes.subarray(at, value), field)
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
    // Only a start names its parent, and the type may come last in a line.
    if (row.phase !== START) row.parentCount = 0
    return at
  }

  /** Understands a gap: over the brace or comma it begins with, and the key, to the value. */
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
      this.#phases.push(phase === 'start' ? START : phase === 'end' ? END : POINT)
      this.#metadataGaps.push(Gap.root())
      if (this.#types.text(type) === DROPPED_TYPE) this.#droppedType = type
    }
    // Its count is in its metadata, and it is rare.
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
      gap = known ?? this.#gaps.learn(gap, bytes.subarray(at, value), key)
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

  /** The value of a key that means something. Objects and lists are left to the slow path. */
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
    if (roles.isError) return this.#flag(key, first === LOWER_F) ? end : -1
    if (roles.isName)
      this.#nameBy(roles, this.#texts.idOfBytes(bytes, from, end, this.#decode), row)
    return end
  }

  /** A short plain text, a whole number, a boolean or null; anything else takes the slow path. */
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
    if (isNumber && !this.#number.isPlainInteger) return -1
    row.extra = this.#texts.idOfBytes(bytes, from, end, this.#decode)
    return end
  }

  #takeNumber(key: number, bytes: Uint8Array, from: number, to: number, row: EventRow): number {
    const roles = ROLES[key]!
    const end = this.#number.read(bytes, from, to)
    if (end < 0 || key === ERROR) return -1
    if (roles.usageField !== undefined) setUsage(row, roles.usageField, this.#number.value)
    if (!roles.isName && !roles.isIdentity) return end
    // As a text it is what String() makes of it: 1.0 is "1".
    if (!this.#number.isPlainInteger) return -1
    this.#takeBytes(roles, hashBytes(bytes, from, end), bytes, from, end, row)
    return end
  }

  /** A text by its bytes, or a number by its digits, in the uses its key has. */
  #takeBytes(
    roles: ScanRoles,
    hash: TextHash,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: EventRow,
  ): void {
    if (roles.isIdentity) identifyBy(roles, hash, row)
    if (!roles.isName) return
    this.#nameBy(roles, this.#texts.idOfHash(hash, bytes, from, to, this.#decode), row)
  }

  #takeText(roles: ScanRoles, text: string, row: EventRow): void {
    if (roles.isName) this.#nameBy(roles, this.#texts.id(text), row)
    if (roles.isIdentity) identifyBy(roles, hashText(text), row)
  }

  #nameBy(roles: ScanRoles, text: number, row: EventRow): void {
    if (roles.scopeIndex >= 0) row.setScope(roles.scopeIndex, text)
    if (roles.placeIndex >= 0) row.place[roles.placeIndex] = text
    if (roles.subjectRank >= 0 && roles.subjectRank < row.subjectRank) {
      row.subject = text
      row.subjectRank = roles.subjectRank
    }
    if (roles.agentRank >= 0 && roles.agentRank < this.#agentRank) {
      row.agent = text
      this.#agentRank = roles.agentRank
    }
  }

  /** A text of a key that tells how it went, with its quotes. A word of `status` is judged once. */
  #outcome(
    key: number,
    isPlain: boolean,
    bytes: Uint8Array,
    from: number,
    to: number,
    row: EventRow,
  ): number {
    if (key === ERROR) {
      row.hasError = true
      row.error = this.#textId(this.#texts, isPlain, bytes, from, to)
    } else if (key === STATUS) {
      if (to - from > MAX_STATUS_BYTES) return -1
      const word = this.#textId(this.#statuses, isPlain, bytes, from, to)
      if (word === this.#failures.length) {
        this.#failures.push(errorOf({ status: this.#statuses.text(word) }) !== undefined)
      }
      if (this.#failures[word] === true) this.#hasFailed = true
    }
    return to
  }

  /** The number of a string, which is plain and was hashed last, or else has to be read. */
  #textId(texts: Interner, isPlain: boolean, bytes: Uint8Array, from: number, to: number): number {
    return isPlain
      ? texts.idOfHash(lastHash, bytes, from + 1, to - 1, this.#decode)
      : texts.id(this.#unescaped(bytes, from, to))
  }

  /** The same of `true` and `false`; it says whether that is understood. */
  #flag(key: number, isFalse: boolean): boolean {
    if (key === SUCCESS && isFalse) this.#hasFailed = true
    return key !== ERROR || isFalse
  }

  /** A string's text as JSON.parse reads it, from its bytes with the quotes. */
  #unescaped(bytes: Uint8Array, from: number, to: number): string {
    return JSON.parse(this.#decode(bytes.subarray(from, to))) as string
  }
}

/** From a key's opening quote to its closing one; −1 for a key with escapes: it may mean any other. */
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

function identifyBy(roles: ScanRoles, { high, low }: TextHash, row: EventRow): void {
  if (roles.idIndex >= 0) insertId(row, roles.idIndex, high, low)
  if (roles.parentIndex >= 0) insertParent(row, roles.parentIndex, high, low)
}
