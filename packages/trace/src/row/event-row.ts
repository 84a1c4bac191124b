/**
 * One event as numbers: what pairing needs of a line. It is filled by a reader (from parsed
 * metadata, or straight from a line's bytes), taken by `Trace`, and used again for the next, so that
 * reading a log allocates nothing per event.
 */
import { ID_KEYS, PARENT_KEYS, PLACE_KEYS, SCOPE_SIZE, SUBJECT_KEYS } from './metadata-keys.ts'

export const START = 0
export const END = 1
export const POINT = 2

/** Text numbers are those of the trace's `Interner`; 0 = none. */
export class EventRow {
  timeS = 0
  kind = 0
  /** START, END or POINT. */
  phase = POINT
  idCount = 0
  /** Indexes into ID_KEYS, ascending. */
  readonly idKeys = new Uint8Array(ID_KEYS.length)
  readonly idHigh = new Uint32Array(ID_KEYS.length)
  readonly idLow = new Uint32Array(ID_KEYS.length)
  parentCount = 0
  /** Indexes into PARENT_KEYS, ascending. */
  readonly parentKeys = new Uint8Array(PARENT_KEYS.length)
  readonly parentHigh = new Uint32Array(PARENT_KEYS.length)
  readonly parentLow = new Uint32Array(PARENT_KEYS.length)
  /** Bit i = it has the scope key i; and the text numbers of those alone: what is not there is not cleared. */
  scopeMask = 0
  readonly scope = new Int32Array(SCOPE_SIZE)
  /** Text numbers of the place keys. */
  readonly place = new Int32Array(PLACE_KEYS.length)
  subject = 0
  /** Index into SUBJECT_KEYS: the lower one wins over start and end together. */
  subjectRank = 0
  agent = 0
  hasError = false
  /** Text of the error; 0 = it has none. */
  error = 0
  /** NaN = not told. */
  inputTokens = NaN
  outputTokens = NaN
  totalTokens = NaN
  costUsd = NaN
  /** Events that a recorder says it had to drop (`recorder_dropped`). */
  dropped = 0
  /** Text of the one more key that a reader was asked to note; 0 = none. */
  extra = 0

  clear(): void {
    this.idCount = 0
    this.parentCount = 0
    this.scopeMask = 0
    // One by one: a call of fill() takes longer than all the rest.
    for (let index = 0; index < PLACE_KEYS.length; index++) this.place[index] = 0
    this.subject = 0
    this.subjectRank = SUBJECT_KEYS.length
    this.agent = 0
    this.hasError = false
    this.error = 0
    this.inputTokens = NaN
    this.outputTokens = NaN
    this.totalTokens = NaN
    this.costUsd = NaN
    this.dropped = 0
    this.extra = 0
  }

  setScope(index: number, text: number): void {
    this.scopeMask |= 1 << index
    this.scope[index] = text
  }
}
