/**
 * The parts of an event that pairing needs, as numbers. A reader fills a row from parsed metadata or from
 * the bytes of a line, `Trace` reads it, and the reader fills it again, so that reading a log does not
 * allocate an object per event.
 */
import type { TextHash } from './hash.ts'
import {
  AGENT_KEYS,
  ID_KEYS,
  PARENT_KEYS,
  PLACE_KEYS,
  SCOPE_SIZE,
  SUBJECT_KEYS,
} from './metadata-keys.ts'
import { FIGURE_COUNT } from './usage.ts'

export const START = 0
export const END = 1
export const POINT = 2
/** An event whose metadata is laid over a start. */
export const UPDATE = 3

/** The ids of an event in the order of their keys, each as the two halves of its hash. */
export class IdList {
  count = 0
  /** Indexes into ID_KEYS or PARENT_KEYS, ascending, so that equal ids are equal lists. */
  readonly keys: Uint8Array
  readonly high: Uint32Array
  readonly low: Uint32Array

  constructor(maxCount: number) {
    this.keys = new Uint8Array(maxCount)
    this.high = new Uint32Array(maxCount)
    this.low = new Uint32Array(maxCount)
  }

  insert(key: number, { high, low }: TextHash): void {
    const { keys } = this
    let at = this.count++
    for (; at > 0 && keys[at - 1]! > key; at--) {
      keys[at] = keys[at - 1]!
      this.high[at] = this.high[at - 1]!
      this.low[at] = this.low[at - 1]!
    }
    keys[at] = key
    this.high[at] = high
    this.low[at] = low
  }
}

/** Texts are numbers of an `Interner`; 0 = none. */
export class EventRow {
  timeS = 0
  kind = 0
  /** START, END, POINT or UPDATE. */
  phase = POINT
  readonly ids = new IdList(ID_KEYS.length)
  readonly parents = new IdList(PARENT_KEYS.length)
  /** Bit i = the event has SCOPE_KEYS[i]. */
  scopeMask = 0
  /** Text numbers by index into SCOPE_KEYS. Only those in `scopeMask` are valid; others are not cleared. */
  readonly scope = new Int32Array(SCOPE_SIZE)
  /** Text numbers by index into PLACE_KEYS. */
  readonly place = new Int32Array(PLACE_KEYS.length)
  subject = 0
  /**
   * 0 = the subject is the number of a turn, else 1 + the index of its key in SUBJECT_KEYS. A span has
   * the subject with the lower rank of its start and end.
   */
  subjectRank = 0
  agent = 0
  /** Index into AGENT_KEYS of the key of the agent. */
  agentRank = 0
  hasError = false
  /** Text number of the error; 0 = an error without a text, or no error. */
  error = 0
  /** It was cancelled, which is not an error. */
  isCancelled = false
  /** What each key says about success or failure; see outcome.ts. */
  outcome = 0
  /** Bit i = the event has the figure i; see `Figure`. */
  usageMask = 0
  /** Figures as they are logged. Only those in `usageMask` are valid. */
  readonly usage = new Float64Array(FIGURE_COUNT)
  /** Number of events that the recorder dropped, in a `recorder_dropped` event. */
  dropped = 0
  /** Text number of the value of the extra key, see `RowReader.setExtraKey`; 0 = none. */
  extra = 0

  clear(): void {
    this.ids.count = 0
    this.parents.count = 0
    this.scopeMask = 0
    // fill() takes longer than the rest of this method.
    for (let index = 0; index < PLACE_KEYS.length; index++) this.place[index] = 0
    this.subject = 0
    this.subjectRank = SUBJECT_KEYS.length + 1
    this.agent = 0
    this.agentRank = AGENT_KEYS.length
    this.hasError = false
    this.error = 0
    this.isCancelled = false
    this.outcome = 0
    this.usageMask = 0
    this.dropped = 0
    this.extra = 0
  }

  setScope(index: number, text: number): void {
    this.scopeMask |= 1 << index
    this.scope[index] = text
  }

  setUsage(figure: number, value: number): void {
    this.usageMask |= 1 << figure
    this.usage[figure] = value
  }
}
