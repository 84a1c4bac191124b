/**
 * Splits a telemetry reading into its meters. A reading of Intelligence Per Watt has up to three meters,
 * and each is a separate source:
 *
 *     key                                source "host/gpu0"      source "box"
 *     power_watts, energy_joules         host/gpu0               box
 *     cpu_power_watts, cpu_energy_joules host/cpu                box/cpu
 *     ane_power_watts, ane_energy_joules host/ane                box/ane
 *
 * The CPU belongs to the host and not to a GPU: every GPU of a machine reports the same CPU. Null,
 * missing, negative (−1) and non-numeric values are not available.
 */
import type { Metadata } from '../line/event.ts'

/** The values of one meter at one time; NaN = not available. */
export interface MeterReading {
  /** Cumulative joules. */
  readonly counterJ: number
  readonly watts: number
  readonly utilizationPct: number
  readonly temperatureC: number
  readonly memoryMb: number
}

interface MeterKeys {
  /** The suffix of the source name. */
  readonly part: string | undefined
  readonly keys: readonly (readonly [field: keyof MeterReading, key: string])[]
}

const METERS: readonly MeterKeys[] = [
  {
    part: undefined,
    keys: [
      ['counterJ', 'energy_joules'],
      ['watts', 'power_watts'],
      ['utilizationPct', 'gpu_compute_utilization_pct'],
      ['temperatureC', 'temperature_celsius'],
      ['memoryMb', 'gpu_memory_usage_mb'],
    ],
  },
  {
    part: 'cpu',
    keys: [
      ['counterJ', 'cpu_energy_joules'],
      ['watts', 'cpu_power_watts'],
      ['memoryMb', 'cpu_memory_usage_mb'],
    ],
  },
  {
    part: 'ane',
    keys: [
      ['counterJ', 'ane_energy_joules'],
      ['watts', 'ane_power_watts'],
    ],
  },
]

/** Gets the values of a meter; `unusable` counts values that are neither numbers nor missing. */
export type OnMeter = (source: string, meter: MeterReading, unusable: number) => void

/** Calls `onMeter` with each meter of a reading that has a value. */
export function readMeters(source: string, reading: Metadata, onMeter: OnMeter): void {
  for (const { part, keys } of METERS) {
    const meter = {
      counterJ: NaN,
      watts: NaN,
      utilizationPct: NaN,
      temperatureC: NaN,
      memoryMb: NaN,
    }
    let usable = 0
    let unusable = 0
    for (const [field, key] of keys) {
      const value = Object.hasOwn(reading, key) ? reading[key] : undefined
      if (value === undefined || value === null) continue
      if (typeof value !== 'number') unusable++
      else if (value >= 0 && value < Infinity) {
        meter[field] = value
        usable++
      }
    }
    if (usable + unusable > 0) onMeter(sourceName(source, part), meter, unusable)
  }
}

const GPU_SEGMENT = /(^|\/)(?:gpu|cuda)[:_-]?\d*$/i

/** `host/gpu0` with part `cpu` is `host/cpu`; `box` is `box/cpu`. */
function sourceName(source: string, part: string | undefined): string {
  if (part === undefined) return source
  return GPU_SEGMENT.test(source) ? source.replace(GPU_SEGMENT, `$1${part}`) : `${source}/${part}`
}
