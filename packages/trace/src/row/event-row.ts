/**
 * The parts of an event that pairing needs, as numbers. A reader fills a row from parsed metadata or from
 * the bytes of a line, `Trace` reads it, and the reader fills it again, so that reading a log does not
 * allocate an object per event.
 */
import { ID_KEYS, PARENT_KEYS, PLACE_KEYS, SCOPE_SIZE, SUBJECT_KEYS } from './metadata-keys.ts'

export const START = 0
export const END = 1
export const POINT = 2

/** Texts are numbers of an `Interner`; 0 = none. */
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
  /** Bit i = the event has SCOPE_KEYS[i]. */
  scopeMask = 0
  /** Text numbers by index into SCOPE_KEYS. Only those in `scopeMask` are valid; others are not cleared. */
  readonly scope = new Int32Array(SCOPE_SIZE)
  /** Text numbers by index into PLACE_KEYS. */
  readonly place = new Int32Array(PLACE_KEYS.length)
  subject = 0
  /** Index into SUBJECT_KEYS of the key of the subject. A span has the subject with the lower rank of its start and end. */
  subjectRank = 0
  agent = 0
  hasError = false
  /** Text number of the error; 0 = an error without a text, or no error. */
  error = 0
  /** NaN = unknown, also for the three below. */
  inputTokens = NaN
  outputTokens = NaN
  totalTokens = NaN
  costUsd = NaN
  /** Number of events that the recorder dropped, in a `recorder_dropped` event. */
  dropped = 0
  /** Text number of the value of the extra key, see `RowReader.setExtraKey`; 0 = none. */
  extra = 0

  clear(): void {
    this.idCount = 0
    this.parentCount = 0
    this.scopeMask = 0
    // fill() takes longer than the rest of this method.
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
