/**
 * The energy of the open run: takes samples, and returns the joules of spans and the power over time.
 * Costs nothing without samples. The joules are updated a few times a second, not with every patch.
 */
import {
  energyBetween,
  EnergyLedger,
  energyTotals,
  energyWarnings,
  joulesPerToken,
  powerEnvelope,
  summarizeEnergy,
  Telemetry,
  type SpanEnergy,
  type TelemetrySample,
  type Trace,
} from '@wattline/trace'
import type { EnergyBreakdown, PowerAnswer } from '../../model/answers.ts'
import type { EnergyPatch } from '../../model/patch.ts'
import type { EnergyReport } from '../../model/run-info.ts'

/** Stream number of the first telemetry file; smaller numbers are writers of the log. */
const FIRST_FILE = 1_000_000
/** The width of a few screens. */
const MAX_PARTS = 8192

interface PowerFile {
  readonly name: string
  readonly samples: readonly TelemetrySample[]
  /** Seconds to add to its clock. */
  offsetS: number
}

export class RunEnergy {
  readonly #trace: Trace
  readonly #telemetry = new Telemetry({
    streamName: (stream) => this.files[stream - FIRST_FILE]?.name,
  })
  /** The telemetry files of the user. */
  readonly files: PowerFile[] = []
  #ledger: EnergyLedger | undefined
  #changed: Int32Array[] = []

  constructor(trace: Trace) {
    this.#trace = trace
  }

  get hasSamples(): boolean {
    return this.#telemetry.sampleCount > 0
  }

  /** Adds a sample of the log. */
  add(sample: TelemetrySample, writer: number): void {
    this.#telemetry.add(sample, writer)
  }

  /** Adds the samples of a telemetry file. */
  addFile({ name, samples, offsetS }: PowerFile): void {
    const stream = FIRST_FILE + this.files.length
    this.files.push({ name, samples, offsetS })
    this.#telemetry.setOffset(stream, offsetS)
    for (const sample of samples) this.#telemetry.add(sample, stream)
  }

  /** Shifts the samples of a file, to correct its clock. */
  setOffset(file: number, offsetS: number): void {
    const known = this.files[file]
    if (known === undefined) return
    known.offsetS = offsetS
    this.#telemetry.setOffset(FIRST_FILE + file, offsetS)
  }

  /** Remembers spans that a flush of the trace changed, for the next update. */
  noteSpans(slots: Int32Array): void {
    if (this.#ledger !== undefined && slots.length > 0) this.#changed.push(slots)
  }

  /** Updates all joules to the last flush of the trace. */
  update(): EnergyPatch {
    this.#ledger ??= new EnergyLedger(this.#trace, this.#telemetry)
    const changed = new Set<number>()
    for (const slots of this.#changed) for (const slot of slots) changed.add(slot)
    this.#changed = []
    const slots = this.#ledger.update(changed)
    const ownJ = Float64Array.from(slots, (slot) => this.energyOf(slot)?.ownJ ?? NaN)
    return { slots, ownJ, report: this.#report(this.#ledger) }
  }

  energyOf(slot: number): SpanEnergy | undefined {
    return this.#ledger?.energyOf(slot)
  }

  /** The energy by kind, tool, model and agent; undefined without telemetry. O(spans). */
  breakdown(): EnergyBreakdown | undefined {
    if (this.#ledger === undefined || this.#ledger.sources.length === 0) return undefined
    const { kinds, tools, models, agents } = summarizeEnergy(this.#trace, this.#ledger)
    return { kinds, tools, models, agents }
  }

  joulesPerToken(): number | undefined {
    return this.#ledger === undefined ? undefined : joulesPerToken(this.#trace, this.#ledger)
  }

  /** Joules of all sources between two times, and the share of that time that samples cover. */
  joulesIn(startS: number, endS: number): { joules: number; coverage: number } | undefined {
    const sources = this.#ledger?.sources ?? []
    if (sources.length === 0 || !(endS > startS)) return undefined
    const curves = sources.map(({ source }) => source.curve)
    const knownS = curves.reduce((sum, curve) => sum + curve.knownS(startS, endS), 0)
    return {
      joules: curves.reduce((sum, curve) => sum + energyBetween(curve, startS, endS), 0),
      coverage: knownS / (sources.length * (endS - startS)),
    }
  }

  /** The power of each source, in `parts` equal parts. */
  power(startS: number, endS: number, parts: number): PowerAnswer {
    const count = Math.min(Math.max(1, Math.floor(parts)), MAX_PARTS)
    const sources = this.#ledger?.sources ?? []
    return {
      startS,
      endS,
      sources: sources.map(({ source }) => ({
        name: source.name,
        ...powerEnvelope(source, startS, endS, count),
      })),
    }
  }

  #report(ledger: EnergyLedger): EnergyReport {
    return {
      ...energyTotals(this.#trace, ledger),
      warnings: energyWarnings(this.#telemetry, this.#trace),
      files: this.files.map(({ name, offsetS }) => ({ name, offsetS })),
    }
  }
}
