/**
 * What every way of reading power has in common. A meter is started once and stopped once; it never
 * throws, it never keeps the process alive, and what it has to say goes to its listener.
 */
import type { TelemetrySample } from '@wattline/trace'

/** A telemetry sample that names its source, `host/gpu0`. */
export interface PowerSample extends TelemetrySample {
  readonly source: string
}

export interface PowerListener {
  /** One source, at one instant. */
  onSample(sample: PowerSample): void
  /** Something a person should know, as a sentence; said once. */
  onNote(text: string): void
}

export interface MeterListener extends PowerListener {
  /** There is nothing to measure with here, and there will not be. */
  onAbsent(): void
}

export interface PowerMeter {
  /** The tool or interface, for people. */
  readonly name: string
  start(listener: MeterListener): void
  stop(): void
}

/** What a meter is told when it is made. */
export interface MeterOptions {
  readonly intervalMs: number
  /** First part of every source's name. */
  readonly host: string
  /** PATH is where tools are looked for. */
  readonly env: NodeJS.ProcessEnv
  /** Unix seconds. */
  readonly nowS: () => number
}

/** Members that say something; the others are not available, which is not 0. */
export function known(reading: {
  readonly [key: string]: number | undefined
}): TelemetrySample['reading'] {
  const told: Record<string, number> = {}
  for (const [key, value] of Object.entries(reading)) {
    if (value !== undefined && Number.isFinite(value)) told[key] = value
  }
  return told
}
