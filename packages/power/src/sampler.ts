/**
 * Merges all power meters of this machine into one stream of samples.
 *
 * ```
 * nvidia-smi ─┐
 * RAPL       ─┤
 * rocm-smi   ─┼─▶ samples, each source from one meter ─▶ listener
 * powermetrics┘   warnings, each once
 * ```
 */
import { hostname } from 'node:os'
import type { MeterOptions, PowerListener, PowerMeter, PowerSample } from './meter.ts'
import { nvidiaSmi } from './nvidia-smi.ts'
import { powermetrics } from './powermetrics.ts'
import { rapl } from './rapl.ts'
import { rocmSmi } from './rocm-smi.ts'

export const DEFAULT_INTERVAL_MS = 100
/** Meters have no new values more often, and spans need samples at least this often. */
const MIN_INTERVAL_MS = 50
const MAX_INTERVAL_MS = 1_000

/**
 * Returns the interval in whole milliseconds.
 *
 * @throws {RangeError} if it is not a number from 50 to 1,000.
 */
export function checkIntervalMs(intervalMs: number): number {
  if (intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS) return Math.round(intervalMs)
  throw new RangeError(
    `the interval of power samples must be ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS} ms, got ${intervalMs}`,
  )
}

export interface PowerOptions {
  /** Time between two samples, 50 to 1,000 ms. @default 100 */
  readonly intervalMs?: number | undefined
  /** The first part of the name of every source. @default the host name */
  readonly host?: string | undefined
  /** Tools are searched in its `PATH`; `WATTLINE_SYSFS` replaces `/sys`. @default process.env */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** @default process.platform */
  readonly platform?: NodeJS.Platform | undefined
  /** The clock, in Unix seconds. @default Date.now */
  readonly nowS?: (() => number) | undefined
}

export interface PowerSampling {
  /** Resolves with true on the first sample; with false if there is no meter or it is stopped before. */
  readonly found: Promise<boolean>
  /** Stops sampling and ends the tools. A second call does nothing. */
  stop(): void
}

/**
 * Samples the power of this machine until it is stopped. Throws only here, and never keeps the process
 * alive. If there is no meter, the listener gets one warning.
 *
 * @throws {RangeError} if the interval is out of range.
 * @example
 * const sampling = samplePower({ onSample: console.log, onWarning: console.error })
 * setTimeout(() => sampling.stop(), 10_000)
 */
export function samplePower(listener: PowerListener, options: PowerOptions = {}): PowerSampling {
  const meters = metersOf(options)
  const unavailable = new Set<PowerMeter>()
  /** The meter that reported a source first. */
  const meterOf = new Map<string, PowerMeter>()
  const reported = new Set<string>()
  let stopped = false
  let settle: (found: boolean) => void = () => undefined
  const found = new Promise<boolean>((resolve) => (settle = resolve))

  function onSample(meter: PowerMeter, sample: PowerSample): void {
    if (stopped) return
    const owner = meterOf.get(sample.source) ?? meter
    meterOf.set(sample.source, owner)
    // Meters of two vendors both number their GPUs from 0.
    const source = owner === meter ? sample.source : `${sample.source}-${meter.name}`
    settle(true)
    listener.onSample({ ...sample, source })
  }

  function onUnavailable(meter: PowerMeter): void {
    unavailable.add(meter)
    if (unavailable.size < meters.length) return
    onWarning(`no power meter found (tried ${meters.map(({ name }) => name).join(', ')})`)
    settle(false)
  }

  function onWarning(text: string): void {
    if (stopped || reported.has(text)) return
    reported.add(text)
    listener.onWarning(text)
  }

  const stops = meters.map((meter) =>
    meter.start({
      onSample: (sample) => onSample(meter, sample),
      onWarning,
      onUnavailable: () => onUnavailable(meter),
    }),
  )

  function stop(): void {
    if (stopped) return
    for (const stopMeter of stops) stopMeter()
    stopped = true
    settle(false)
    process.off('exit', stop)
  }

  process.once('exit', stop)
  return { found, stop }
}

function metersOf(options: PowerOptions): readonly PowerMeter[] {
  const { env = process.env, platform = process.platform } = options
  const base: MeterOptions = {
    intervalMs: checkIntervalMs(options.intervalMs ?? DEFAULT_INTERVAL_MS),
    host: options.host ?? hostname(),
    env,
    nowS: options.nowS ?? (() => Date.now() / 1000),
  }
  const sysfs = env['WATTLINE_SYSFS'] || '/sys'
  if (platform === 'darwin') {
    return [powermetrics({ ...base, isRoot: process.getuid?.() === 0 })]
  }
  const gpus = [nvidiaSmi(base), rocmSmi(base)]
  return platform === 'linux' ? [...gpus, rapl({ ...base, sysfs })] : gpus
}
