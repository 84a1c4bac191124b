/**
 * Transfers the output of a `RowReader` from one worker to another as arrays, so that several workers can
 * read a large log while one pairs its events. A text is transferred once; batches refer to it by the
 * writer's number, which the reader maps to its own.
 *
 *     words    −1 − i                                    the sample, malformed line, unit or writer `others[i]`
 *              head  scope  position  line  kind  subject  [agent]
 *              (key high low) of each id and parent  the texts of scope, place, error and extra
 *     numbers  seconds, then the known figures and `dropped`
 *
 *     head     phase 0…1 · ids 2…4 · parents 5…6 · error 7 · places 8…10 · extra 11 · agent 12 · cancelled 13
 *              dropped 14 · figures 15…29
 *     scope    mask of the scope keys 0…15 · rank of the subject 16…20 · outcome 21…
 */
import { larger } from '../columns/growth.ts'
import type { TelemetrySample, WriterLine } from '../line/event.ts'
import { EventRow, type IdList } from '../row/event-row.ts'
import { FIGURE_COUNT } from '../row/usage.ts'
import { ID_KEYS, PARENT_KEYS, PLACE_KEYS, SCOPE_SIZE } from '../row/metadata-keys.ts'
import type { Interner } from '../row/interner.ts'
import type { RowSink } from './row-reader.ts'
import type { TimeUnit } from '../line/timestamp.ts'

const IDS_SHIFT = 2
const IDS_MASK = 7
const PARENTS_SHIFT = 5
const PARENTS_MASK = 3
const HAS_ERROR = 1 << 7
const PLACES_SHIFT = 8
const HAS_EXTRA = 1 << 11
const HAS_AGENT = 1 << 12
const IS_CANCELLED = 1 << 13
const DROPPED = 1 << 14
const FIGURES_SHIFT = 15
const PHASE_MASK = 3
const SCOPE_MASK = (1 << SCOPE_SIZE) - 1
const RANK_MASK = 0x1f
const OUTCOME_SHIFT = SCOPE_SIZE + 5

/** Upper limits for one event. */
const EVENT_WORDS = 9 + (ID_KEYS.length + PARENT_KEYS.length) * 3 + SCOPE_SIZE + PLACE_KEYS.length
const EVENT_NUMBERS = 2 + FIGURE_COUNT

const FIRST_WORDS = 1 << 14
const FIRST_NUMBERS = 1 << 12

type OtherLine =
  | { readonly type: 'sample'; readonly sample: TelemetrySample }
  | { readonly type: 'malformed'; readonly reason: string }
  | { readonly type: 'rescaled'; readonly unit: TimeUnit }
  | { readonly type: 'writer'; readonly writer: WriterLine }

interface Other {
  readonly content: OtherLine
  readonly position: number
  readonly line: number
}

function writeIds({ count, keys, high, low }: IdList, words: Int32Array, from: number): number {
  let at = from
  for (let i = 0; i < count; i++) {
    words[at++] = keys[i]!
    words[at++] = high[i]!
    words[at++] = low[i]!
  }
  return at
}

function readIds({ count, keys, high, low }: IdList, words: Int32Array, from: number): number {
  let at = from
  for (let i = 0; i < count; i++) {
    keys[i] = words[at++]!
    high[i] = words[at++]!
    low[i] = words[at++]!
  }
  return at
}

/** Plain data. `words` and `numbers` may be transferred and later given back to the writer. */
export interface RowBatch {
  readonly words: Int32Array<ArrayBuffer>
  readonly numbers: Float64Array<ArrayBuffer>
  /** Length of the used part of `words`; the same for `numbers`. */
  readonly wordCount: number
  readonly numberCount: number
  /** The texts that are new since the last batch. Their numbers continue those of earlier batches. */
  readonly texts: readonly string[]
  readonly others: readonly Other[]
  /** The log position that the positions in the batch are relative to, in bytes. */
  readonly basePosition: number
}

/** The arrays of a batch that has been read, for reuse. */
export type SpentBatch = Pick<RowBatch, 'words' | 'numbers'>

/** A sink that collects lines into batches. */
export class RowBatchWriter implements RowSink {
  readonly #interner: Interner
  /** Number of texts that earlier batches had. */
  #sentTexts = 1
  #words = new Int32Array(FIRST_WORDS)
  #numbers = new Float64Array(FIRST_NUMBERS)
  #wordCount = 0
  #numberCount = 0
  #others: Other[] = []
  #basePosition = 0
  readonly #spare: SpentBatch[] = []

  /** `texts` numbers the texts of the rows. Only the reader may add to it. */
  constructor(texts: Interner) {
    this.#interner = texts
  }

  /** Sets the position that positions are relative to. All lines of a batch are within 2 GiB of it. */
  begin(basePosition: number): void {
    this.#basePosition = basePosition
  }

  event(row: EventRow, position: number, lineNumber: number): void {
    this.#reserve()
    const words = this.#words
    const headAt = this.#wordCount
    let at = headAt + 1
    words[at++] = (row.outcome << OUTCOME_SHIFT) | (row.subjectRank << SCOPE_SIZE) | row.scopeMask
    words[at++] = position - this.#basePosition
    words[at++] = lineNumber
    words[at++] = row.kind
    words[at++] = row.subject
    let head =
      row.phase |
      (row.usageMask << FIGURES_SHIFT) |
      (row.ids.count << IDS_SHIFT) |
      (row.parents.count << PARENTS_SHIFT) |
      (row.dropped === 0 ? 0 : DROPPED) |
      (row.isCancelled ? IS_CANCELLED : 0)
    this.#writeNumbers(row)
    if (row.agent !== 0) {
      head |= HAS_AGENT
      words[at++] = row.agent
    }
    at = writeIds(row.ids, words, at)
    at = writeIds(row.parents, words, at)
    for (let bits = row.scopeMask; bits !== 0; bits &= bits - 1) {
      words[at++] = row.scope[31 - Math.clz32(bits & -bits)]!
    }
    for (let i = 0; i < PLACE_KEYS.length; i++) {
      if (row.place[i] === 0) continue
      head |= 1 << (PLACES_SHIFT + i)
      words[at++] = row.place[i]!
    }
    if (row.hasError) {
      head |= HAS_ERROR
      words[at++] = row.error
    }
    if (row.extra !== 0) {
      head |= HAS_EXTRA
      words[at++] = row.extra
    }
    words[headAt] = head
    this.#wordCount = at
  }

  sample(sample: TelemetrySample, position: number, line: number): void {
    this.#other({ content: { type: 'sample', sample }, position, line })
  }

  malformed(reason: string, position: number, line: number): void {
    this.#other({ content: { type: 'malformed', reason }, position, line })
  }

  rescaled(unit: TimeUnit, position: number, line: number): void {
    this.#other({ content: { type: 'rescaled', unit }, position, line })
  }

  writer(writer: WriterLine, position: number, line: number): void {
    this.#other({ content: { type: 'writer', writer }, position, line })
  }

  /** The batch of all lines since the last call. */
  take(): RowBatch {
    const batch: RowBatch = {
      words: this.#words,
      numbers: this.#numbers,
      wordCount: this.#wordCount,
      numberCount: this.#numberCount,
      texts: this.#interner.texts.slice(this.#sentTexts),
      others: this.#others,
      basePosition: this.#basePosition,
    }
    const spare = this.#spare.pop()
    this.#words = spare?.words ?? new Int32Array(batch.words.length)
    this.#numbers = spare?.numbers ?? new Float64Array(batch.numbers.length)
    this.#wordCount = 0
    this.#numberCount = 0
    this.#sentTexts = this.#interner.size
    this.#others = []
    return batch
  }

  /** Reuses arrays: the first write to new memory takes longer than filling it. */
  giveBack(spent: SpentBatch): void {
    this.#spare.push(spent)
  }

  /** Writes the seconds and the known numbers. */
  #writeNumbers(row: EventRow): void {
    const numbers = this.#numbers
    let at = this.#numberCount
    numbers[at++] = row.timeS
    for (let figure = 0; figure < FIGURE_COUNT; figure++) {
      if ((row.usageMask & (1 << figure)) !== 0) numbers[at++] = row.usage[figure]!
    }
    if (row.dropped !== 0) numbers[at++] = row.dropped
    this.#numberCount = at
  }

  #other(other: Other): void {
    this.#reserve()
    this.#words[this.#wordCount++] = -1 - this.#others.length
    this.#others.push(other)
  }

  #reserve(): void {
    if (this.#wordCount + EVENT_WORDS > this.#words.length) this.#words = larger(this.#words)
    if (this.#numberCount + EVENT_NUMBERS > this.#numbers.length) {
      this.#numbers = larger(this.#numbers)
    }
  }
}

/** Reads the batches of one writer, in order. */
export class RowBatchReader {
  readonly #interner: Interner
  /** By text number of the writer: the number in `texts`. */
  #idOf = new Int32Array(1024)
  #idCount = 1
  readonly #row = new EventRow()

  /** `texts` numbers the texts of the resulting rows. */
  constructor(texts: Interner) {
    this.#interner = texts
  }

  /**
   * Passes the lines of a batch to `sink`. `linesBefore` is added to line numbers, for a writer that did
   * not begin with the first line of the log.
   */
  read(batch: RowBatch, sink: RowSink, linesBefore = 0): void {
    this.#learn(batch.texts)
    const { words, numbers, wordCount, others, basePosition } = batch
    const row = this.#row
    const idOf = this.#idOf
    let number = 0
    for (let at = 0; at < wordCount;) {
      const head = words[at++]!
      if (head < 0) {
        passOn(others[-1 - head]!, sink, linesBefore)
        continue
      }
      row.clear()
      const scope = words[at++]!
      const position = basePosition + words[at++]!
      const line = linesBefore + words[at++]!
      row.phase = head & PHASE_MASK
      row.kind = idOf[words[at++]!]!
      row.subject = idOf[words[at++]!]!
      row.subjectRank = (scope >>> SCOPE_SIZE) & RANK_MASK
      row.outcome = scope >>> OUTCOME_SHIFT
      if ((head & HAS_AGENT) !== 0) row.agent = idOf[words[at++]!]!
      row.ids.count = (head >>> IDS_SHIFT) & IDS_MASK
      at = readIds(row.ids, words, at)
      row.parents.count = (head >>> PARENTS_SHIFT) & PARENTS_MASK
      at = readIds(row.parents, words, at)
      for (let bits = scope & SCOPE_MASK; bits !== 0; bits &= bits - 1) {
        row.setScope(31 - Math.clz32(bits & -bits), idOf[words[at++]!]!)
      }
      for (let i = 0; i < PLACE_KEYS.length; i++) {
        if ((head & (1 << (PLACES_SHIFT + i))) !== 0) row.place[i] = idOf[words[at++]!]!
      }
      if ((head & HAS_ERROR) !== 0) {
        row.hasError = true
        row.error = idOf[words[at++]!]!
      }
      row.isCancelled = (head & IS_CANCELLED) !== 0
      if ((head & HAS_EXTRA) !== 0) row.extra = idOf[words[at++]!]!
      row.timeS = numbers[number++]!
      for (let figure = 0; figure < FIGURE_COUNT; figure++) {
        if ((head & (1 << (FIGURES_SHIFT + figure))) !== 0) row.setUsage(figure, numbers[number++]!)
      }
      if ((head & DROPPED) !== 0) row.dropped = numbers[number++]!
      sink.event(row, position, line)
    }
  }

  #learn(texts: readonly string[]): void {
    while (this.#idCount + texts.length > this.#idOf.length) this.#idOf = larger(this.#idOf)
    for (const text of texts) this.#idOf[this.#idCount++] = this.#interner.id(text)
  }
}

function passOn({ content, position, line }: Other, sink: RowSink, linesBefore: number): void {
  const lineNumber = linesBefore + line
  if (content.type === 'sample') sink.sample(content.sample, position, lineNumber)
  else if (content.type === 'malformed') sink.malformed(content.reason, position, lineNumber)
  else if (content.type === 'writer') sink.writer?.(content.writer, position, lineNumber)
  else sink.rescaled?.(content.unit, position, lineNumber)
}
