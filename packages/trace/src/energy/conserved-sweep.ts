/**
 * Conserved attribution: a sweep over the boundaries of spans, in order of time, that gives each
 * source's energy to the leaves: spans that run, have no running child, and that the source can serve.
 *
 *     turn    ├──────────────────────────────┤
 *     call A      ├────────────┤                      A alone: exclusive
 *     call B             ├───────────┤                A and B: shared in equal parts
 *     energy  turn│  A   │ A, B │ B  │ turn  idle     no leaf: idle
 *
 * A step costs the same however long a slice is and however many leaves there are. Per source it
 * keeps σ, the joules that one leaf would have got if it had been there always (∫ dE / leaves): a leaf
 * gets the rise of σ while it was one. Who is alone is known by the sum of the leaves' slots.
 *
 * Bounds: between two samples the energy may have been used at any time. So the least a span used is
 * what lies between whole samples while it was alone, and the most is that of all samples' intervals
 * that it touches as a leaf.
 */
import { larger } from '../columns/growth.ts'
import { CurveReader, type Curve } from '../telemetry/curve-reader.ts'
import { RunningSpans } from './running-spans.ts'

/** Joules by span, summed over sources. */
export interface SpanJoules {
  /** What it used itself, its children not counted. */
  ownJ: Float64Array
  /** Of its own, what it used while it was the only leaf. */
  exclusiveJ: Float64Array
  lowJ: Float64Array
  highJ: Float64Array
}

/** Joules of one source that went to spans, and to nobody. */
export interface SourceJoules {
  readonly spansJ: number
  readonly idleJ: number
}

interface SourceState {
  /** Joules a leaf would have got that had been there always. */
  sigmaJ: number
  spansJ: number
  idleJ: number
  leaves: number
  /** Of the leaves' slots; the slot of the leaf where it is alone. */
  slotSum: number
  /** Energy and its upper bound where the time alone began. */
  aloneJ: number
  aloneUpperJ: number
}

export class ConservedSweep {
  readonly joules: SpanJoules
  readonly #readers: readonly CurveReader[]
  readonly #sources: SourceState[]
  readonly #serves: (source: number, slot: number) => boolean
  readonly #running: RunningSpans
  #timeS = -Infinity
  #saved: Saved | undefined
  /** Spans started since the last checkpoint. */
  #started: number[] = []

  /** @param serves whether a source can serve a span */
  constructor(curves: readonly Curve[], serves: (source: number, slot: number) => boolean) {
    this.#readers = curves.map((curve) => new CurveReader(curve))
    this.#sources = curves.map(() => ({
      sigmaJ: 0,
      spansJ: 0,
      idleJ: 0,
      leaves: 0,
      slotSum: 0,
      aloneJ: 0,
      aloneUpperJ: 0,
    }))
    this.#serves = serves
    this.#running = new RunningSpans(curves.length)
    this.joules = {
      ownJ: new Float64Array(256),
      exclusiveJ: new Float64Array(256),
      lowJ: new Float64Array(256),
      highJ: new Float64Array(256),
    }
  }

  /** What each source's energy up to the last step went to. */
  get sources(): readonly SourceJoules[] {
    return this.#sources
  }

  /** A span begins; its parent is −1 where it has none. */
  start(timeS: number, slot: number, parent: number): void {
    this.#advance(timeS)
    this.#makeRoom(slot)
    this.#started.push(slot)
    const isParentLeaf = parent >= 0 && this.#running.isLeaf(parent)
    this.#running.add(slot, parent)
    if (isParentLeaf) this.#leave(parent)
    if (this.#running.childCount(slot) === 0) this.#enter(slot)
  }

  /** A span ends; one that was never started is passed over. */
  end(timeS: number, slot: number): void {
    if (!this.#running.has(slot)) return
    this.#advance(timeS)
    if (this.#running.isLeaf(slot)) this.#leave(slot)
    const parent = this.#running.parent(slot)
    this.#running.remove(slot)
    if (parent >= 0 && this.#running.has(parent) && this.#running.childCount(parent) === 0) {
      this.#enter(parent)
    }
  }

  /** Remembers this state. What was added since the last checkpoint is now for good. */
  checkpoint(): void {
    this.#started = []
    const slots = this.#running.slots()
    const { ownJ, exclusiveJ, lowJ, highJ } = this.joules
    this.#saved = {
      timeS: this.#timeS,
      running: this.#running.save(),
      sources: this.#sources.map((source) => ({ ...source })),
      readers: this.#readers.map((reader) => reader.save()),
      joules: [ownJ, exclusiveJ, lowJ, highJ].map((column) =>
        Float64Array.from(slots, (slot) => column[slot]!),
      ),
    }
  }

  /** Spans that ran at the last checkpoint or started since: only theirs can be provisional. */
  touched(): Int32Array {
    return Int32Array.from([...(this.#saved?.running.slot ?? []), ...this.#started])
  }

  /** Back to the last checkpoint. */
  rollback(): void {
    const saved = this.#saved
    if (saved === undefined) throw new TypeError('expected a checkpoint to go back to')
    const { ownJ, exclusiveJ, lowJ, highJ } = this.joules
    const columns = [ownJ, exclusiveJ, lowJ, highJ]
    for (const slot of this.#started) for (const column of columns) column[slot] = 0
    this.#running.restore(saved.running)
    const slots = this.#running.slots()
    columns.forEach((column, at) => {
      slots.forEach((slot, index) => (column[slot] = saved.joules[at]![index]!))
    })
    this.#timeS = saved.timeS
    saved.sources.forEach((source, at) => Object.assign(this.#sources[at]!, source))
    saved.readers.forEach((reader, at) => this.#readers[at]!.restore(reader))
    this.#started = []
  }

  /** Gives running spans their joules up to the end of the samples; go on only after `rollback`. */
  finish(): void {
    this.#advance(Infinity)
    for (const slot of this.#running.slots()) if (this.#running.isLeaf(slot)) this.#leave(slot)
  }

  #advance(timeS: number): void {
    if (timeS === this.#timeS) return
    this.#timeS = timeS
    for (let at = 0; at < this.#sources.length; at++) {
      const source = this.#sources[at]!
      const reader = this.#readers[at]!
      const beforeJ = reader.atJ
      reader.moveTo(timeS)
      const riseJ = reader.atJ - beforeJ
      if (source.leaves === 0) {
        source.idleJ += riseJ
      } else {
        source.spansJ += riseJ
        source.sigmaJ += riseJ / source.leaves
      }
    }
  }

  #enter(slot: number): void {
    const running = this.#running
    running.setLeaf(slot, true)
    for (let at = 0; at < this.#sources.length; at++) {
      if (!this.#serves(at, slot)) continue
      const source = this.#sources[at]!
      const reader = this.#readers[at]!
      this.#endAlone(source, reader)
      running.enter(slot, at, source.sigmaJ, reader.lowerJ)
      source.leaves++
      source.slotSum += slot
      this.#beginAlone(source, reader)
    }
  }

  #leave(slot: number): void {
    const running = this.#running
    const { ownJ, highJ } = this.joules
    running.setLeaf(slot, false)
    for (let at = 0; at < this.#sources.length; at++) {
      if (!this.#serves(at, slot)) continue
      const source = this.#sources[at]!
      const reader = this.#readers[at]!
      this.#endAlone(source, reader)
      ownJ[slot]! += source.sigmaJ - running.enteredJ(slot, at)
      highJ[slot]! += running.leave(slot, at, reader.upperJ)
      source.leaves--
      source.slotSum -= slot
      this.#beginAlone(source, reader)
    }
  }

  #beginAlone(source: SourceState, reader: CurveReader): void {
    if (source.leaves !== 1) return
    source.aloneJ = reader.atJ
    source.aloneUpperJ = reader.upperJ
  }

  #endAlone(source: SourceState, reader: CurveReader): void {
    if (source.leaves !== 1) return
    const { exclusiveJ, lowJ } = this.joules
    const slot = source.slotSum
    exclusiveJ[slot]! += reader.atJ - source.aloneJ
    lowJ[slot]! += Math.max(0, reader.lowerJ - source.aloneUpperJ)
  }

  #makeRoom(slot: number): void {
    const { joules } = this
    while (slot >= joules.ownJ.length) {
      joules.ownJ = larger(joules.ownJ)
      joules.exclusiveJ = larger(joules.exclusiveJ)
      joules.lowJ = larger(joules.lowJ)
      joules.highJ = larger(joules.highJ)
    }
  }
}

interface Saved {
  readonly timeS: number
  readonly running: ReturnType<RunningSpans['save']>
  readonly sources: readonly SourceState[]
  readonly readers: readonly ReturnType<CurveReader['save']>[]
  /** Own, exclusive, low and high of the running spans. */
  readonly joules: readonly Float64Array[]
}
