/**
 * Collects the telemetry samples of a run by power source. A source is identified by its name, whichever
 * writer samples it; a sample without a source name belongs to its writer or file.
 */
import type { TelemetrySample } from '../line/event.ts'
import { PowerSource } from './power-source.ts'
import { readMeters } from './reading.ts'

export interface TelemetryOptions {
  /** Names the source of samples without one. @default 'power', then 'power-1', … */
  readonly streamName?: (stream: number) => string | undefined
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
  readonly #streamName: TelemetryOptions['streamName']
  readonly #sources = new Map<string, PowerSource>()
  readonly #offsetS: number[] = []
  #sampleCount = 0
  /** The earliest time moved by an offset since the last `settle`. */
  #movedS = Infinity

  constructor(options: TelemetryOptions = {}) {
    this.#streamName = options.streamName
  }

  /** In the order of their first sample. */
  get sources(): readonly PowerSource[] {
    return [...this.#sources.values()]
  }

  get sampleCount(): number {
    return this.#sampleCount
  }

  /** Adds a sample; `stream` is the number of its writer or file. */
  add(sample: TelemetrySample, stream = 0): void {
    this.#sampleCount++
    const timeS = sample.timestamp + (this.#offsetS[stream] ?? 0)
    const base =
      sample.source ?? this.#streamName?.(stream) ?? (stream === 0 ? 'power' : `power-${stream}`)
    readMeters(base, sample.reading, (name, meter, unusable) => {
      // The name of a writer or file does not contain a host.
      const place = sample.source === undefined ? name.slice(base.length + 1) : name
      this.#source(name, place, stream).add(timeS, meter, stream, unusable)
    })
  }

  /** The sources that count in a run between two times, see `PowerSource.excludedBecause`. */
  summed(runFirstS: number, runLastS: number): readonly PowerSource[] {
    return this.sources.filter(
      (source) => source.excludedBecause(runFirstS, runLastS) === undefined,
    )
  }

  /** Joules of a run between two times, after `settle`; undefined without a source. O(sources). */
  totalJ(runFirstS: number, runLastS: number): number | undefined {
    const sources = this.summed(runFirstS, runLastS)
    if (sources.length === 0) return undefined
    return sources.reduce((sumJ, { curve }) => sumJ + curve.totalJ, 0)
  }

  /** Sets the seconds to add to all times of a stream, also of added samples, to correct its clock. */
  setOffset(stream: number, offsetS: number): void {
    const byS = offsetS - (this.#offsetS[stream] ?? 0)
    this.#offsetS[stream] = offsetS
    for (const source of this.#sources.values()) {
      if (source.stream === stream) this.#movedS = Math.min(this.#movedS, source.shift(byS))
    }
  }

  /** Updates all sources. Returns the earliest time of a change, or infinity. */
  settle(): number {
    let changedS = this.#movedS
    this.#movedS = Infinity
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
