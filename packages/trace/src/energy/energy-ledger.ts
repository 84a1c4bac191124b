/**
 * The energy of each span of a run, updated incrementally while the run grows.
 *
 *     time ──────────────────────────────────────────────────▶
 *     │ final                        │ provisional             │
 *     └──────────────────────────────┴ checkpoint ─────────────┴ last event, last sample
 *
 * An update returns to the checkpoint, advances it and attributes the rest again, so its cost depends on
 * the new data. A change before the checkpoint (a late event or sample) starts from the beginning.
 */
import { SpanFlag } from '../trace/span.ts'
import type { SpanView } from '../trace/span-view.ts'
import { NONE } from '../columns/columns.ts'
import { larger } from '../columns/growth.ts'
import { kindOf } from '../row/kinds.ts'
import type { Trace } from '../trace/trace.ts'
import { ConservedSweep, type SourceJoules } from './conserved-sweep.ts'
import type { PowerSource } from '../telemetry/power-source.ts'
import { serves } from './serves.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Events and samples may arrive out of order by this time without a restart. */
const LATENESS_S = 1
/** The end of a span that gets no energy: it did not end or has no duration. */
const NO_ENERGY = -Infinity

/** Joules of one span. */
export interface SpanEnergy {
  /** Without its children. */
  readonly ownJ: number
  /** With its children. */
  readonly totalJ: number
  /** The part of `ownJ` used while no other span was a leaf. The rest was split equally with others. */
  readonly exclusiveJ: number
  /** Bounds of `ownJ`. */
  readonly lowJ: number
  readonly highJ: number
}

/** A source that counts, with its energy used by spans and idle. */
export interface SummedSource extends SourceJoules {
  readonly source: PowerSource
}

/**
 * @example
 * const ledger = new EnergyLedger(trace, telemetry)
 * ledger.update(trace.flush().spanSlots)
 * ledger.energyOf(0).ownJ
 */
export class EnergyLedger {
  readonly #trace: Trace
  readonly #telemetry: Telemetry
  readonly #span: SpanView
  #sources: readonly PowerSource[] = []
  #sweep: ConservedSweep | undefined
  /** The time of the checkpoint: results before it are final. */
  #settledS = -Infinity
  /** The spans as last updated, by slot. */
  #startS = new Float64Array(256)
  #endS = new Float64Array(256).fill(NO_ENERGY)
  #parent = new Int32Array(256).fill(NONE)
  #place = new Int32Array(256)
  #totalJ = new Float64Array(256)
  /** Whether totals contain joules of a span whose parent has changed. */
  #hasNewParents = false
  /** Whether an update has changed the place of a span, and so that of its phases. */
  #hasMoved = false
  /** Whether each source serves each place, as a table with one row for each place. */
  #serves: boolean[] = []

  constructor(trace: Trace, telemetry: Telemetry) {
    this.#trace = trace
    this.#telemetry = telemetry
    this.#span = trace.spanView()
    for (let slot = 0; slot < trace.spanCount; slot++) this.#updateSpan(slot)
  }

  /** The sources that count: their units are plausible and they have samples within the run. */
  get sources(): readonly SummedSource[] {
    const joules = this.#sweep?.sources ?? []
    return this.#sources.map((source, at) => ({
      source,
      spansJ: joules[at]?.spansJ ?? 0,
      idleJ: joules[at]?.idleJ ?? 0,
    }))
  }

  /**
   * The joules of a span; undefined if no source measures them: none serves its place, as for a span in
   * a cloud, or none has samples of its time.
   */
  energyOf(slot: number): SpanEnergy | undefined {
    if (this.#sweep === undefined || !this.#isMeasured(slot)) return undefined
    const { ownJ, exclusiveJ, lowJ, highJ } = this.#sweep.joules
    return {
      ownJ: ownJ[slot] ?? 0,
      totalJ: this.#totalJ[slot] ?? 0,
      exclusiveJ: exclusiveJ[slot] ?? 0,
      lowJ: lowJ[slot] ?? 0,
      highJ: highJ[slot] ?? 0,
    }
  }

  /**
   * Updates the ledger with changed spans (`TraceChanges.spanSlots`) and new samples. Returns the slots
   * whose joules may have changed, ascending.
   */
  update(changedSlots: Iterable<number>): Int32Array {
    let changedS = this.#telemetry.settle()
    for (const slot of changedSlots) changedS = Math.min(changedS, this.#updateSpan(slot))
    if (this.#hasMoved) changedS = Math.min(changedS, this.#updatePhases())
    const isRestart = this.#chooseSources() || changedS < this.#settledS
    if (this.#sources.length === 0) return this.#clear()
    this.#addPlaces()
    if (isRestart || this.#sweep === undefined) return this.#restart()
    return this.#continue(this.#sweep, changedSlots)
  }

  #clear(): Int32Array {
    const had = this.#sweep !== undefined
    this.#sweep = undefined
    return had ? this.#allSlots() : new Int32Array(0)
  }

  #restart(): Int32Array {
    this.#settledS = -Infinity
    this.#sweep = new ConservedSweep(
      this.#sources.map(({ curve }) => curve),
      (source, slot) => this.#serves[this.#place[slot]! * this.#sources.length + source]!,
    )
    this.#sweep.checkpoint()
    this.#run(this.#sweep, () => undefined)
    this.#sumTotals(this.#sweep)
    return this.#allSlots()
  }

  #continue(sweep: ConservedSweep, changedSlots: Iterable<number>): Int32Array {
    const beforeJ = new Map<number, number>()
    for (const slot of sweep.provisional()) beforeJ.set(slot, sweep.joules.ownJ[slot]!)
    sweep.rollback()
    this.#run(sweep, (slot) => {
      if (!beforeJ.has(slot)) beforeJ.set(slot, 0)
    })
    const changed = new Set([...beforeJ.keys(), ...changedSlots])
    for (const [slot, ownJ] of beforeJ) {
      const riseJ = (sweep.joules.ownJ[slot] ?? 0) - ownJ
      if (riseJ === 0) continue
      for (let at = slot; at !== NONE; at = this.#parent[at]!) {
        this.#totalJ[at]! += riseJ
        changed.add(at)
      }
    }
    if (this.#hasNewParents) this.#sumTotalsAgain(sweep, changed)
    return Int32Array.from(changed).sort()
  }

  /** Sums all totals again and adds the slots whose total changed to `changed`. */
  #sumTotalsAgain(sweep: ConservedSweep, changed: Set<number>): void {
    const beforeJ = this.#totalJ.slice()
    this.#sumTotals(sweep)
    for (const [slot, totalJ] of this.#totalJ.entries()) {
      if (totalJ !== beforeJ[slot]) changed.add(slot)
    }
  }

  /** Sweeps from the checkpoint to the end and advances the checkpoint as far as possible. */
  #run(sweep: ConservedSweep, onStart: (slot: number) => void): void {
    const sink = {
      start: (timeS: number, slot: number) => {
        // Also for spans without energy: new samples decide whether they are measured.
        onStart(slot)
        if (this.#endS[slot] === NO_ENERGY) return
        sweep.start(timeS, slot, this.#parent[slot]!)
      },
      end: (timeS: number, slot: number) => sweep.end(timeS, slot),
    }
    const settledS = Math.max(this.#settledS, this.#settleS())
    this.#trace.eachBoundary(this.#settledS, settledS, sink)
    this.#settledS = settledS
    sweep.checkpoint()
    this.#trace.eachBoundary(settledS, Infinity, sink)
    sweep.finish()
  }

  /** The time up to which all events and samples have arrived; silent sources are not waited for. */
  #settleS(): number {
    const lastEventS = this.#trace.lastEventS ?? -Infinity
    const lastS = Math.max(
      lastEventS,
      ...this.#sources.map(({ curve }) => curve.lastS ?? -Infinity),
    )
    const awaited = this.#sources.filter(({ curve }) => curve.lastS! > lastS - 2 * curve.gapS)
    return Math.min(lastEventS, ...awaited.map(({ curve }) => curve.stableS)) - LATENESS_S
  }

  /** Updates a span. Returns the time from which it differs from before, or infinity. */
  #updateSpan(slot: number): number {
    this.#makeRoom(slot)
    const span = this.#span
    span.slot = slot
    const { startS, parentSlot, hasUpdates } = span
    const spanEndS = span.endS ?? ((span.flags & SpanFlag.OPEN) === 0 ? NO_ENERGY : Infinity)
    const endS = spanEndS > startS ? spanEndS : NO_ENERGY
    const placeId = this.#placeOf(span)
    const previousEndS = this.#endS[slot]!
    const hasChanged =
      this.#startS[slot] !== startS ||
      this.#parent[slot] !== parentSlot ||
      this.#place[slot] !== placeId ||
      (endS === NO_ENERGY) !== (previousEndS === NO_ENERGY)
    if (this.#place[slot] !== placeId && hasUpdates) this.#hasMoved = true
    if (this.#parent[slot] !== parentSlot && this.#totalJ[slot] !== 0) this.#hasNewParents = true
    this.#startS[slot] = startS
    this.#endS[slot] = endS
    this.#parent[slot] = parentSlot
    this.#place[slot] = placeId
    if (hasChanged) return startS
    return endS === previousEndS ? Infinity : Math.min(endS, previousEndS)
  }

  /** Updates the phases of spans that updates moved to another place. */
  #updatePhases(): number {
    this.#hasMoved = false
    let changedS = Infinity
    for (const span of this.#trace.eachSpan()) {
      const isPhase = kindOf(span.kind).isPhase === true
      if (isPhase) changedS = Math.min(changedS, this.#updateSpan(span.slot))
    }
    return changedS
  }

  /** A phase of a model call without a place ran at the place of the call. */
  #placeOf(span: SpanView): number {
    const { placeId, parentSlot } = span
    if (placeId !== 0 || parentSlot === NONE || kindOf(span.kind).isPhase !== true) return placeId
    span.slot = parentSlot
    return span.startPlaceId
  }

  /** Chooses the sources that count. Returns whether they have changed. */
  #chooseSources(): boolean {
    const { firstEventS = Infinity, lastEventS = -Infinity } = this.#trace
    const sources = this.#telemetry.summed(firstEventS, lastEventS)
    const isSame =
      sources.length === this.#sources.length &&
      sources.every((source, at) => source === this.#sources[at])
    if (isSame) return false
    this.#sources = sources
    this.#serves = []
    return true
  }

  #isMeasured(slot: number): boolean {
    const startS = this.#startS[slot]!
    const endS = Math.max(startS, this.#endS[slot]!)
    const from = this.#place[slot]! * this.#sources.length
    return this.#sources.some(
      ({ curve }, at) =>
        this.#serves[from + at]! && startS <= curve.lastS! && endS >= curve.firstS!,
    )
  }

  #addPlaces(): void {
    const { places, texts } = this.#trace
    const size = this.#sources.length
    for (let place = this.#serves.length / size; place < places.count; place++) {
      for (const source of this.#sources) {
        this.#serves.push(serves(source, places.place(place), (id) => texts.text(id)))
      }
    }
  }

  /** Adds the joules of each span to its own total and those of its ancestors. */
  #sumTotals({ joules }: ConservedSweep): void {
    this.#hasNewParents = false
    this.#totalJ.fill(0)
    for (let slot = 0; slot < this.#trace.spanCount; slot++) {
      const ownJ = joules.ownJ[slot] ?? 0
      if (ownJ === 0) continue
      for (let at = slot; at !== NONE; at = this.#parent[at]!) this.#totalJ[at]! += ownJ
    }
  }

  #allSlots(): Int32Array {
    return Int32Array.from({ length: this.#trace.spanCount }, (_, slot) => slot)
  }

  #makeRoom(slot: number): void {
    while (slot >= this.#startS.length) {
      const known = this.#startS.length
      this.#startS = larger(this.#startS)
      this.#endS = larger(this.#endS).fill(NO_ENERGY, known)
      this.#parent = larger(this.#parent).fill(NONE, known)
      this.#place = larger(this.#place)
      this.#totalJ = larger(this.#totalJ)
    }
  }
}
