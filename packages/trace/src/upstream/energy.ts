/**
 * The energy attribution of Intelligence Per Watt (`correlate_energy_to_events`, `compute_analysis`),
 * field for field, for comparing numbers.
 *
 * A pair of events gets the difference of the counters at the samples nearest to its start and end. So
 * nested and overlapping spans count several times, a span between two samples gets nothing or too
 * much, and a missing counter is 0. Wattline attributes differently by default.
 */
import { lowerBound } from '../columns/lower-bound.ts'
import type { AgentEvent, JsonValue, Metadata, TelemetrySample } from '../line/event.ts'
import { pairUpstream } from './pairing.ts'

/** One action, with the field names of upstream. Missing values are null. */
export interface UpstreamBreakdown {
  readonly action_type: string
  readonly step_number: number
  readonly gpu_energy_joules: number
  readonly cpu_energy_joules: number
  readonly total_energy_joules: number
  readonly duration_ms: number
  readonly max_power_watts: number | null
  readonly avg_power_watts: number | null
  readonly memory_bandwidth_gbps: number | null
  readonly metadata: Metadata
  readonly gpu_max_power_watts: number | null
  readonly gpu_avg_power_watts: number | null
  readonly cpu_max_power_watts: number | null
  readonly cpu_avg_power_watts: number | null
  readonly gpu_compute_utilization_pct_avg: number | null
  readonly gpu_compute_utilization_pct_max: number | null
  readonly gpu_memory_bw_utilization_pct_avg: number | null
  readonly gpu_memory_bw_utilization_pct_max: number | null
  readonly gpu_tensor_core_utilization_pct_avg: number | null
  readonly gpu_tensor_core_utilization_pct_max: number | null
  readonly cost_usd: number | null
}

export interface UpstreamOptions {
  /** Adds idle actions between the end of an action and the start of the next. @default false */
  readonly includeIdle?: boolean
}

/** Attributes energy like upstream. Actions are in the order of their ends; with idle, of their starts. */
export function correlateUpstream(
  samples: readonly TelemetrySample[],
  events: readonly AgentEvent[],
  options: UpstreamOptions = {},
): UpstreamBreakdown[] {
  if (samples.length === 0) return []
  const window = new SampleWindow(samples)
  const actions = pairUpstream(events).map(([startAt, endAt], step): UpstreamBreakdown => {
    const [start, end] = [events[startAt]!, events[endAt]!]
    return {
      action_type: start.event_type.replaceAll('_start', '').replaceAll('_end', ''),
      step_number: step,
      ...window.figures(start.timestamp, end.timestamp, true),
      metadata: merged(start.metadata, end.metadata, start.timestamp, end.timestamp),
      cost_usd: numberAt(end.metadata, 'cost_usd'),
    }
  })
  if (options.includeIdle !== true) return actions
  return [...actions, ...idleBetween(actions, window)].sort((a, b) => startOf(a) - startOf(b))
}

function idleBetween(
  actions: readonly UpstreamBreakdown[],
  window: SampleWindow,
): UpstreamBreakdown[] {
  const byEnd = actions.toSorted((a, b) => endOf(a) - endOf(b))
  return byEnd.slice(1).flatMap((next, index) => {
    const current = byEnd[index]!
    const [fromS, untilS] = [endOf(current), startOf(next)]
    if (!(untilS > fromS)) return []
    const steps = [current.step_number, next.step_number]
    return [
      {
        action_type: 'idle',
        step_number: current.step_number,
        ...window.figures(fromS, untilS, false),
        metadata: { between_steps: steps, start_timestamp: fromS, end_timestamp: untilS },
        cost_usd: null,
      },
    ]
  })
}

function startOf({ metadata }: UpstreamBreakdown): number {
  return numberAt(metadata, 'start_timestamp') ?? NaN
}

function endOf({ metadata }: UpstreamBreakdown): number {
  return numberAt(metadata, 'end_timestamp') ?? NaN
}

function merged(start: Metadata, end: Metadata, startS: number, endS: number): Metadata {
  // Object.fromEntries creates own properties, also for `__proto__`.
  return Object.fromEntries<JsonValue>([
    ...Object.entries(start),
    ...Object.entries(end),
    ['start_timestamp', startS],
    ['end_timestamp', endS],
  ])
}

function numberAt(data: Metadata, key: string): number | null {
  const value = Object.hasOwn(data, key) ? data[key] : undefined
  return typeof value === 'number' ? value : null
}

/** The samples in order of time; keeps their order in the list for ties. */
class SampleWindow {
  readonly #samples: readonly TelemetrySample[]
  /** Indexes of the samples, sorted by time and then by index. */
  readonly #order: readonly number[]

  constructor(samples: readonly TelemetrySample[]) {
    this.#samples = samples
    this.#order = samples
      .map((_, index) => index)
      .sort((a, b) => samples[a]!.timestamp - samples[b]!.timestamp || a - b)
  }

  figures(startS: number, endS: number, withBandwidth: boolean) {
    const [from, until] = [this.#nearest(startS).reading, this.#nearest(endS).reading]
    const gpuJ = counterRise(from, until, 'energy_joules')
    const cpuJ = counterRise(from, until, 'cpu_energy_joules')
    const within = this.#within(startS, endS)
    const gpuW = available(within, 'power_watts')
    const cpuW = available(within, 'cpu_power_watts')
    const bothW = within.flatMap(({ reading }) => combinedWatts(reading))
    const compute = available(within, 'gpu_compute_utilization_pct')
    const bandwidth = available(within, 'gpu_memory_bandwidth_utilization_pct')
    const tensor = available(within, 'gpu_tensor_core_utilization_pct')
    return {
      gpu_energy_joules: gpuJ,
      cpu_energy_joules: cpuJ,
      total_energy_joules: gpuJ + cpuJ,
      duration_ms: (endS - startS) * 1000,
      max_power_watts: maxOf(bothW),
      avg_power_watts: meanOf(bothW),
      memory_bandwidth_gbps: withBandwidth ? memoryBandwidth(within) : null,
      gpu_max_power_watts: maxOf(gpuW),
      gpu_avg_power_watts: meanOf(gpuW),
      cpu_max_power_watts: maxOf(cpuW),
      cpu_avg_power_watts: meanOf(cpuW),
      gpu_compute_utilization_pct_avg: meanOf(compute),
      gpu_compute_utilization_pct_max: maxOf(compute),
      gpu_memory_bw_utilization_pct_avg: meanOf(bandwidth),
      gpu_memory_bw_utilization_pct_max: maxOf(bandwidth),
      gpu_tensor_core_utilization_pct_avg: meanOf(tensor),
      gpu_tensor_core_utilization_pct_max: maxOf(tensor),
    }
  }

  /** The nearest sample; of two at equal distance, the first in the list. */
  #nearest(timeS: number): TelemetrySample {
    const distance = (index: number) => Math.abs(this.#samples[index]!.timestamp - timeS)
    const behind = this.#firstAt(timeS)
    const before = behind === 0 ? behind : this.#firstAt(this.#timeAt(behind - 1))
    const [one, other] = [this.#order[before]!, this.#order[behind] ?? this.#order[before]!]
    const isFirst =
      distance(one) === distance(other) ? one < other : distance(one) < distance(other)
    return this.#samples[isFirst ? one : other]!
  }

  /** Samples in order of time, both ends included. */
  #within(startS: number, endS: number): TelemetrySample[] {
    const found: TelemetrySample[] = []
    for (let at = this.#firstAt(startS); at < this.#order.length; at++) {
      if (this.#timeAt(at) > endS) break
      found.push(this.#samples[this.#order[at]!]!)
    }
    return found
  }

  #timeAt(at: number): number {
    return this.#samples[this.#order[at]!]!.timestamp
  }

  /** Index in `#order` of the first sample that is not before `timeS`. */
  #firstAt(timeS: number): number {
    return lowerBound(0, this.#order.length, (at) => this.#timeAt(at) < timeS)
  }
}

/** A missing counter is 0; if it fell, its new value counts. */
function counterRise(from: Metadata, until: Metadata, key: string): number {
  const untilJ = numberAt(until, key) ?? 0
  const riseJ = untilJ - (numberAt(from, key) ?? 0)
  return riseJ < 0 ? untilJ : riseJ
}

function available(samples: readonly TelemetrySample[], key: string): number[] {
  return samples.flatMap(({ reading }) => {
    const value = numberAt(reading, key)
    return value !== null && value >= 0 ? [value] : []
  })
}

function combinedWatts(reading: Metadata): number[] {
  const known = ['power_watts', 'cpu_power_watts']
    .map((key) => numberAt(reading, key))
    .filter((value) => value !== null && value >= 0)
  return known.length === 0 ? [] : [known.reduce<number>((sum, value) => sum + (value ?? 0), 0)]
}

const BYTES_PER_MB = 1024 * 1024
const BYTES_PER_GB = 1024 ** 3

/** The change of used memory per second: the bandwidth estimate of upstream. */
function memoryBandwidth(samples: readonly TelemetrySample[]): number | null {
  let [bytes, seconds] = [0, 0]
  for (let at = 1; at < samples.length; at++) {
    const [before, now] = [samples[at - 1]!, samples[at]!]
    const fromMb = numberAt(before.reading, 'gpu_memory_usage_mb')
    const untilMb = numberAt(now.reading, 'gpu_memory_usage_mb')
    const lengthS = now.timestamp - before.timestamp
    if (fromMb === null || untilMb === null || lengthS <= 0) continue
    bytes += Math.abs(untilMb - fromMb) * BYTES_PER_MB
    seconds += lengthS
  }
  return seconds === 0 ? null : bytes / seconds / BYTES_PER_GB
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

export function maxOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value))
}
