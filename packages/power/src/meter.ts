/**
 * The interface of all power meters. A meter is started once and stopped once. It never throws, never
 * keeps the process alive, and reports everything to its listener.
 */
import type { TelemetrySample } from '@wattline/trace'

/** A telemetry sample that names its source, `host/gpu0`. */
export interface PowerSample extends TelemetrySample {
  readonly source: string
}

export interface PowerListener {
  /** One reading of one source. */
  onSample(sample: PowerSample): void
  /** A sentence for the user; each is reported once. */
  onWarning(text: string): void
}

export interface MeterListener extends PowerListener {
  /** The meter cannot measure on this machine and has stopped. */
  onUnavailable(): void
}

export interface PowerMeter {
  /** The tool or interface, for messages. */
  readonly name: string
  /** Returns the function that stops it. */
  start(listener: MeterListener): () => void
}

/** Options of all meters. */
export interface MeterOptions {
  readonly intervalMs: number
  /** The first part of the name of every source. */
  readonly host: string
  /** Tools are searched in its `PATH`. */
  readonly env: NodeJS.ProcessEnv
  /** Unix seconds. */
  readonly nowS: () => number
}

/** A reading of the finite values. The others are not available, which is different from 0. */
export function readingOf(values: {
  readonly [key: string]: number | undefined
}): TelemetrySample['reading'] {
  const reading: Record<string, number> = {}
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && Number.isFinite(value)) reading[key] = value
  }
  return reading
}
