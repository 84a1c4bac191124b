/**
 * The telemetry of a run: its samples, source by source. A source is known by its name, whoever
 * samples it; a sample without a name belongs to the writer or the file it came from.
 */
import type { TelemetrySample } from '../line/event.ts'
import { PowerSource } from './power-source.ts'
import { readMeters } from './reading.ts'

export interface TelemetryOptions {
  /** Names samples that carry no source. @default 'power', then 'power-1', … */
  readonly streamName?: (stream: number) => string
}

/**
 * @example
 * const telemetry = new Telemetry()
 * telemetry.add({ timestamp: 1, reading: { power_watts: 80 }, source: 'box/gpu0' })
 * telemetry.add({ timestamp: 2, reading: { power_watts: 90 }, source: 'box/gpu0' })
 * telemetry.settle()
 * telemetry.sources[0].curve.totalJ // 85
 */
export class Telemetry {
  readonly #streamName: (stream: number) => string
  readonly #sources = new Map<string, PowerSource>()
  readonly #offsetS: number[] = []
  #sampleCount = 0
  #moved = Infinity

  constructor(options: TelemetryOptions = {}) {
    this.#streamName = options.streamName ?? defaultName
  }

  /** In the order in which they were first heard of. */
  get sources(): readonly PowerSource[] {
    return [...this.#sources.values()]
  }

  get sampleCount(): number {
    return this.#sampleCount
  }

  /** Takes a sample; `stream` numbers the writer or the file it came from. */
  add(sample: TelemetrySample, stream = 0): void {
    this.#sampleCount++
    const timeS = sample.timestamp + (this.#offsetS[stream] ?? 0)
    const base = sample.source ?? this.#streamName(stream)
    readMeters(base, sample.reading, (name, meter, unusable) => {
      // The name of a writer or a file is no host.
      const place = sample.source === undefined ? name.slice(base.length + 1) : name
      this.#source(name, place, stream).add(timeS, meter, stream, unusable)
    })
  }

  /** The sources that are summed in a run of these times: their units are right, and they have samples in it. */
  summed(runFirstS: number, runLastS: number): readonly PowerSource[] {
    return this.sources.filter(
      (source) => source.excludedBecause(runFirstS, runLastS) === undefined,
    )
  }

  /** Joules of a run of these times, after `settle`; undefined where nothing is measured. O(sources). */
  totalJ(runFirstS: number, runLastS: number): number | undefined {
    const sources = this.summed(runFirstS, runLastS)
    if (sources.length === 0) return undefined
    return sources.reduce((sumJ, { curve }) => sumJ + curve.totalJ, 0)
  }

  /** Seconds added to the times of a stream, for a clock that is off. Takes effect at once. */
  setOffset(stream: number, offsetS: number): void {
    const byS = offsetS - (this.#offsetS[stream] ?? 0)
    this.#offsetS[stream] = offsetS
    for (const source of this.#sources.values()) {
      if (source.stream === stream) this.#moved = Math.min(this.#moved, source.shift(byS))
    }
  }

  /** Brings all sources up to date; gives the time from which anything changed, else infinity. */
  settle(): number {
    let changedS = this.#moved
    this.#moved = Infinity
    for (const source of this.#sources.values()) changedS = Math.min(changedS, source.settle())
    return changedS
  }

  #source(name: string, place: string, stream: number): PowerSource {
    let source = this.#sources.get(name)
    if (source === undefined) {
      source = new PowerSource(name, place, stream)
      this.#sources.set(name, source)
    }
    return source
  }
}

function defaultName(stream: number): string {
  return stream === 0 ? 'power' : `power-${stream}`
}
