/**
 * Conserved attribution: sweeps over the starts and ends of spans in order of time and gives the energy
 * of each source to the leaves: running spans without a running child that the source can serve.
 *
 *     turn    ├──────────────────────────────┤
 *     call A      ├────────────┤                      only A: exclusive
 *     call B             ├───────────┤                A and B: split equally
 *     energy  turn│  A   │ A, B │ B  │ turn  idle     no leaf: idle
 *
 * The cost of a step does not depend on the number of leaves. Each source has σ, the joules of a leaf
 * that always runs (∫ dE / leaves); a leaf gets the rise of σ while it is a leaf. The sum of the slots
 * of all leaves identifies a single leaf.
 *
 * Bounds: energy between two samples may be used at any time between them. So a span used at least the
 * energy between whole samples while it was the only leaf, and at most that of all sample intervals in
 * which it was a leaf.
 */
import { larger } from '../columns/growth.ts'
import { CurveReader, type Curve } from '../telemetry/curve-reader.ts'
import { RunningSpans } from './running-spans.ts'

/** Joules by slot, summed over sources. */
export interface SpanJoules {
  /** Without its children. */
  ownJ: Float64Array
  /** The part of `ownJ` used as the only leaf. */
  exclusiveJ: Float64Array
  lowJ: Float64Array
  highJ: Float64Array
}

/** Joules of one source used by spans, and while no span ran. */
export interface SourceJoules {
  readonly spansJ: number
  readonly idleJ: number
}

interface SourceState {
  /** Joules of a leaf that always runs. */
  sigmaJ: number
  spansJ: number
  idleJ: number
  leaves: number
  /** Sum of the slots of all leaves; if there is one leaf, its slot. */
  slotSum: number
  /** Energy and its upper bound when the current leaf became the only one. */
  exclusiveFromJ: number
  exclusiveFromUpperJ: number
}

export class ConservedSweep {
  readonly joules: SpanJoules
  readonly #readers: readonly CurveReader[]
  readonly #sources: SourceState[]
  readonly #serves: (source: number, slot: number) => boolean
  readonly #running: RunningSpans
  #timeS = -Infinity
  #saved: Checkpoint | undefined
  /** Slots of the spans started since the last checkpoint. */
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
      exclusiveFromJ: 0,
      exclusiveFromUpperJ: 0,
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

  /** The energy of each source up to the last step. */
  get sources(): readonly SourceJoules[] {
    return this.#sources
  }

  /** Starts a span; `parent` is its slot or −1. */
  start(timeS: number, slot: number, parent: number): void {
    this.#advance(timeS)
    this.#makeRoom(slot)
    this.#started.push(slot)
    const isParentLeaf = parent >= 0 && this.#running.isLeaf(parent)
    this.#running.add(slot, parent)
    if (isParentLeaf) this.#stopBeingLeaf(parent)
    if (this.#running.childCount(slot) === 0) this.#becomeLeaf(slot)
  }

  /** Ends a span. Ignores a span that was not started. */
  end(timeS: number, slot: number): void {
    if (!this.#running.has(slot)) return
    this.#advance(timeS)
    if (this.#running.isLeaf(slot)) this.#stopBeingLeaf(slot)
    const parent = this.#running.parent(slot)
    this.#running.remove(slot)
    if (parent >= 0 && this.#running.has(parent) && this.#running.childCount(parent) === 0) {
      this.#becomeLeaf(parent)
    }
  }

  /** Saves the current state for `rollback`. */
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

  /** Slots of the spans that ran at the last checkpoint or started since: only their joules can change. */
  provisional(): Int32Array {
    return Int32Array.from([...(this.#saved?.running.slot ?? []), ...this.#started])
  }

  /** Restores the state of the last checkpoint. */
  rollback(): void {
    const saved = this.#saved
    if (saved === undefined) throw new TypeError('expected a checkpoint before a rollback')
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

  /** Attributes the rest of the samples to the running spans. Call `rollback` before any other step. */
  finish(): void {
    this.#advance(Infinity)
    for (const slot of this.#running.slots())
      if (this.#running.isLeaf(slot)) this.#stopBeingLeaf(slot)
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

  #becomeLeaf(slot: number): void {
    const running = this.#running
    running.setLeaf(slot, true)
    for (let at = 0; at < this.#sources.length; at++) {
      if (!this.#serves(at, slot)) continue
      const source = this.#sources[at]!
      const reader = this.#readers[at]!
      this.#endExclusive(source, reader)
      running.enter(slot, at, source.sigmaJ, reader.lowerJ)
      source.leaves++
      source.slotSum += slot
      this.#beginExclusive(source, reader)
    }
  }

  #stopBeingLeaf(slot: number): void {
    const running = this.#running
    const { ownJ, highJ } = this.joules
    running.setLeaf(slot, false)
    for (let at = 0; at < this.#sources.length; at++) {
      if (!this.#serves(at, slot)) continue
      const source = this.#sources[at]!
      const reader = this.#readers[at]!
      this.#endExclusive(source, reader)
      ownJ[slot]! += source.sigmaJ - running.enteredJ(slot, at)
      highJ[slot]! += running.leave(slot, at, reader.upperJ)
      source.leaves--
      source.slotSum -= slot
      this.#beginExclusive(source, reader)
    }
  }

  #beginExclusive(source: SourceState, reader: CurveReader): void {
    if (source.leaves !== 1) return
    source.exclusiveFromJ = reader.atJ
    source.exclusiveFromUpperJ = reader.upperJ
  }

  #endExclusive(source: SourceState, reader: CurveReader): void {
    if (source.leaves !== 1) return
    const { exclusiveJ, lowJ } = this.joules
    const slot = source.slotSum
    exclusiveJ[slot]! += reader.atJ - source.exclusiveFromJ
    lowJ[slot]! += Math.max(0, reader.lowerJ - source.exclusiveFromUpperJ)
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

/** The state at a checkpoint. */
interface Checkpoint {
  readonly timeS: number
  readonly running: ReturnType<RunningSpans['save']>
  readonly sources: readonly SourceState[]
  readonly readers: readonly ReturnType<CurveReader['save']>[]
  /** Own, exclusive, low and high of the running spans. */
  readonly joules: readonly Float64Array[]
}
