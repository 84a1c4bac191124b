/**
 * The energy of a run that may still grow: which span used how many joules, kept up to date by what
 * has changed since.
 *
 *     time ──────────────────────────────────────────────────▶
 *     │ for good                     │ provisional             │
 *     └──────────────────────────────┴ checkpoint ─────────────┴ last event, last sample
 *
 * An update goes back to the checkpoint, moves it on and does the rest again; it costs what is new.
 * A change before the checkpoint (an event or a sample that comes late) begins from the start.
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

/** Events and samples that come later than so much are late. */
const LATENESS_S = 1
/** A span that takes no energy: it did not end, or has no length. */
const TAKES_NONE = -Infinity

/** Joules of one span. */
export interface SpanEnergy {
  /** Its own, its children not counted. */
  readonly ownJ: number
  /** Its own and its children's. */
  readonly totalJ: number
  /** Of its own, what it used while nothing else did. The rest is shared in equal parts. */
  readonly exclusiveJ: number
  /** Bounds of its own. */
  readonly lowJ: number
  readonly highJ: number
}

/** A source that is summed, and what its energy went to. */
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
  /** Before it, everything is for good. */
  #settledS = -Infinity
  /** What the sweep knows of each span, by slot. */
  #startS = new Float64Array(256)
  #endS = new Float64Array(256).fill(TAKES_NONE)
  #parent = new Int32Array(256).fill(NONE)
  #place = new Int32Array(256)
  #totalJ = new Float64Array(256)
  /** Whether a span's joules are in the totals of parents that it no longer has. */
  #hasMoved = false
  /** Whether each source serves each place, a row a place. */
  #serves: boolean[] = []

  constructor(trace: Trace, telemetry: Telemetry) {
    this.#trace = trace
    this.#telemetry = telemetry
    this.#span = trace.spanView()
    for (let slot = 0; slot < trace.spanCount; slot++) this.#note(slot)
  }

  /** The sources that are summed: their units are right and they have samples within the run. */
  get sources(): readonly SummedSource[] {
    const joules = this.#sweep?.sources ?? []
    return this.#sources.map((source, at) => ({
      source,
      spansJ: joules[at]?.spansJ ?? 0,
      idleJ: joules[at]?.idleJ ?? 0,
    }))
  }

  /** Undefined while no source is summed. */
  energyOf(slot: number): SpanEnergy | undefined {
    if (this.#sweep === undefined || this.#sources.length === 0) return undefined
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
   * Takes in spans that changed (`TraceChanges.spanSlots`) and new samples. Gives the slots whose
   * joules may differ now, ascending.
   */
  update(changedSlots: Iterable<number>): Int32Array {
    let changedS = this.#telemetry.settle()
    for (const slot of changedSlots) changedS = Math.min(changedS, this.#note(slot))
    const isRestart = this.#chooseSources() || changedS < this.#settledS
    if (this.#sources.length === 0) return this.#forget()
    this.#learnPlaces()
    if (isRestart || this.#sweep === undefined) return this.#restart()
    return this.#goOn(this.#sweep, changedSlots)
  }

  #forget(): Int32Array {
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

  #goOn(sweep: ConservedSweep, changedSlots: Iterable<number>): Int32Array {
    const beforeJ = new Map<number, number>()
    for (const slot of sweep.touched()) beforeJ.set(slot, sweep.joules.ownJ[slot]!)
    sweep.rollback()
    this.#run(sweep, (slot) => {
      if (!beforeJ.has(slot)) beforeJ.set(slot, 0)
    })
    const changed = new Set([...beforeJ.keys(), ...changedSlots])
    for (const [slot, ownJ] of beforeJ) {
      const riseJ = sweep.joules.ownJ[slot]! - ownJ
      if (riseJ === 0) continue
      for (let at = slot; at !== NONE; at = this.#parent[at]!) {
        this.#totalJ[at]! += riseJ
        changed.add(at)
      }
    }
    if (this.#hasMoved) this.#sumTotalsAnew(sweep, changed)
    return Int32Array.from(changed).sort()
  }

  /** Adds to `changed` the slots whose totals are others now. */
  #sumTotalsAnew(sweep: ConservedSweep, changed: Set<number>): void {
    const beforeJ = this.#totalJ.slice()
    this.#sumTotals(sweep)
    for (const [slot, totalJ] of this.#totalJ.entries()) {
      if (totalJ !== beforeJ[slot]) changed.add(slot)
    }
  }

  /** From the checkpoint to the end, the checkpoint moved on as far as nothing more is awaited. */
  #run(sweep: ConservedSweep, onStart: (slot: number) => void): void {
    const sink = {
      start: (timeS: number, slot: number) => {
        if (this.#endS[slot] === TAKES_NONE) return
        onStart(slot)
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

  /** Up to where no sample and no event is awaited; a source that fell silent is not waited for. */
  #settleS(): number {
    const lastEventS = this.#trace.lastEventS ?? -Infinity
    const lastS = Math.max(
      lastEventS,
      ...this.#sources.map(({ curve }) => curve.lastS ?? -Infinity),
    )
    const awaited = this.#sources.filter(({ curve }) => curve.lastS! > lastS - 2 * curve.gapS)
    return Math.min(lastEventS, ...awaited.map(({ curve }) => curve.stableS)) - LATENESS_S
  }

  /** Notes what a span is now; gives the time from which that differs from what was known. */
  #note(slot: number): number {
    this.#makeRoom(slot)
    const span = this.#span
    span.slot = slot
    const { startS, parentSlot } = span
    const spanEndS = span.endS ?? ((span.flags & SpanFlag.OPEN) === 0 ? TAKES_NONE : Infinity)
    const endS = spanEndS > startS ? spanEndS : TAKES_NONE
    const placeId = this.#placeOf(span)
    const knownEndS = this.#endS[slot]!
    const isOther =
      this.#startS[slot] !== startS ||
      this.#parent[slot] !== parentSlot ||
      this.#place[slot] !== placeId ||
      (endS === TAKES_NONE) !== (knownEndS === TAKES_NONE)
    if (this.#parent[slot] !== parentSlot && this.#totalJ[slot] !== 0) this.#hasMoved = true
    this.#startS[slot] = startS
    this.#endS[slot] = endS
    this.#parent[slot] = parentSlot
    this.#place[slot] = placeId
    if (isOther) return startS
    return endS === knownEndS ? Infinity : Math.min(endS, knownEndS)
  }

  /** A part of a model call that does not say where it runs, runs where the call does. */
  #placeOf(span: SpanView): number {
    const { placeId, parentSlot } = span
    if (placeId !== 0 || parentSlot === NONE || kindOf(span.kind).isPhase !== true) return placeId
    span.slot = parentSlot
    return span.startPlaceId
  }

  /** True when other sources are summed than before. */
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

  #learnPlaces(): void {
    const { places, texts } = this.#trace
    const size = this.#sources.length
    for (let place = this.#serves.length / size; place < places.count; place++) {
      for (const source of this.#sources) {
        this.#serves.push(serves(source, places.place(place), (id) => texts.text(id)))
      }
    }
  }

  /** Each span's own to itself and all above it. */
  #sumTotals({ joules }: ConservedSweep): void {
    this.#hasMoved = false
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
      this.#endS = larger(this.#endS).fill(TAKES_NONE, known)
      this.#parent = larger(this.#parent).fill(NONE, known)
      this.#place = larger(this.#place)
      this.#totalJ = larger(this.#totalJ)
    }
  }
}
