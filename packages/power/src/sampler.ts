/**
 * All meters of this machine as one stream of samples.
 *
 * ```
 * nvidia-smi ─┐
 * RAPL       ─┤
 * rocm-smi   ─┼─▶ samples, each source by one meter ─▶ listener
 * powermetrics┘   notes, each once
 * ```
 */
import { hostname } from 'node:os'
import { checkIntervalMs, DEFAULT_INTERVAL_MS } from './interval.ts'
import type { MeterOptions, PowerListener, PowerMeter, PowerSample } from './meter.ts'
import { NvidiaSmi } from './nvidia-smi.ts'
import { Powermetrics } from './powermetrics.ts'
import { Rapl } from './rapl.ts'
import { RocmSmi } from './rocm-smi.ts'

export interface PowerOptions {
  /** Time between two samples, 50 to 1,000 ms. @default 100 */
  readonly intervalMs?: number | undefined
  /** First part of every source's name. @default the machine's name */
  readonly host?: string | undefined
  /** `PATH` is where tools are looked for; `WATTLINE_SYSFS` is where sysfs is. @default process.env */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** @default process.platform */
  readonly platform?: NodeJS.Platform | undefined
  /** Unix seconds. @default the wall clock */
  readonly nowS?: (() => number) | undefined
}

export interface PowerSampling {
  /** True with the first sample; false when nothing here tells its power, or it was stopped before. */
  readonly found: Promise<boolean>
  /** Ends it, and the tools with it. A second call does nothing. */
  stop(): void
}

/**
 * Reads this machine's power until it is stopped. Never throws later than here, and never keeps the
 * process alive. With nothing to read, that is noted once.
 *
 * @throws {RangeError} for an interval out of range.
 * @example
 * const sampling = samplePower({ onSample: console.log, onNote: console.error })
 * setTimeout(() => sampling.stop(), 10_000)
 */
export function samplePower(listener: PowerListener, options: PowerOptions = {}): PowerSampling {
  const sampler = new Sampler(listener, metersOf(options))
  sampler.start()
  return sampler
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
    return [new Powermetrics({ ...base, isRoot: process.getuid?.() === 0 })]
  }
  const gpus = [new NvidiaSmi(base), new RocmSmi(base)]
  return platform === 'linux' ? [...gpus, new Rapl({ ...base, sysfs })] : gpus
}

class Sampler implements PowerSampling {
  readonly found: Promise<boolean>
  readonly #listener: PowerListener
  readonly #meters: readonly PowerMeter[]
  readonly #absent = new Set<PowerMeter>()
  /** Which meter told of a source first. */
  readonly #meterOf = new Map<string, PowerMeter>()
  readonly #said = new Set<string>()
  readonly #stopAtExit = () => this.stop()
  #settle: (found: boolean) => void = () => undefined
  #stopped = false

  constructor(listener: PowerListener, meters: readonly PowerMeter[]) {
    this.#listener = listener
    this.#meters = meters
    this.found = new Promise((resolve) => (this.#settle = resolve))
  }

  start(): void {
    process.once('exit', this.#stopAtExit)
    for (const meter of this.#meters) {
      meter.start({
        onSample: (sample) => this.#onSample(meter, sample),
        onNote: (text) => this.#note(text),
        onAbsent: () => this.#onAbsent(meter),
      })
    }
  }

  stop(): void {
    if (this.#stopped) return
    for (const meter of this.#meters) meter.stop()
    this.#stopped = true
    this.#settle(false)
    process.off('exit', this.#stopAtExit)
  }

  #onSample(meter: PowerMeter, sample: PowerSample): void {
    if (this.#stopped) return
    const owner = this.#meterOf.get(sample.source) ?? meter
    this.#meterOf.set(sample.source, owner)
    // In a machine with GPUs of two makers, both are numbered from 0.
    const source = owner === meter ? sample.source : `${sample.source}-${meter.name}`
    this.#settle(true)
    this.#listener.onSample({ ...sample, source })
  }

  #onAbsent(meter: PowerMeter): void {
    this.#absent.add(meter)
    if (this.#absent.size < this.#meters.length) return
    const names = this.#meters.map(({ name }) => name).join(', ')
    this.#note(`nothing here tells its power (looked for ${names})`)
    this.#settle(false)
  }

  #note(text: string): void {
    if (this.#stopped || this.#said.has(text)) return
    this.#said.add(text)
    this.#listener.onNote(text)
  }
}
