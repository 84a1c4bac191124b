/**
 * The energy attribution of Intelligence Per Watt (`correlate_energy_to_events`, `compute_analysis`),
 * field for field, for comparing numbers.
 *
 * A pair of events gets the difference of the counters at the samples nearest to its start and end. So
 * nested and overlapping spans count several times, a span between two samples gets nothing or too
 * much, and a missing counter is 0. Wattline attributes differently by default.
 */
import { lowerBound } from '../columns/lower-bound.ts'
import type { AgentEvent, Metadata, TelemetrySample } from '../line/event.ts'
import { pairUpstream } from './pairing.ts'

/** One action, with the field names of upstream. Missing values are null. */
export interface UpstreamBreakdown extends Readonly<ReturnType<SampleWindow['figures']>> {
  readonly action_type: string
  readonly step_number: number
  readonly metadata: Metadata
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
      metadata: {
        ...start.metadata,
        ...end.metadata,
        start_timestamp: start.timestamp,
        end_timestamp: end.timestamp,
      },
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
    const { step_number } = byEnd[index]!
    const [start_timestamp, end_timestamp] = [endOf(byEnd[index]!), startOf(next)]
    if (!(end_timestamp > start_timestamp)) return []
    const between_steps = [step_number, next.step_number]
    const figures = window.figures(start_timestamp, end_timestamp, false)
    const metadata = { between_steps, start_timestamp, end_timestamp }
    return [{ action_type: 'idle', step_number, ...figures, metadata, cost_usd: null }]
  })
}

function startOf({ metadata }: UpstreamBreakdown): number {
  return Number(metadata['start_timestamp'])
}

function endOf({ metadata }: UpstreamBreakdown): number {
  return Number(metadata['end_timestamp'])
}

export function numberAt(data: Metadata, key: string): number | null {
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
    const bothW = within.flatMap((sample) => {
      const knownW = [
        ...available([sample], 'power_watts'),
        ...available([sample], 'cpu_power_watts'),
      ]
      return knownW.length === 0 ? [] : sumOf(knownW)
    })
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

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : sumOf(values) / values.length
}

export function maxOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value))
}
