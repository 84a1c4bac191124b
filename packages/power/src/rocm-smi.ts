/**
 * Reads AMD GPUs by running `rocm-smi --json` repeatedly. It is a Python program that runs for a large
 * part of a second, so it runs at most once a second: more often, it would measure itself.
 */
import { type ChildProcess, execFile } from 'node:child_process'
import { killChild, unrefChild } from './child-process.ts'
import {
  type MeterListener,
  type MeterOptions,
  type PowerMeter,
  type PowerSample,
  readingOf,
} from './meter.ts'
import { Retries } from './retries.ts'

const MIN_INTERVAL_MS = 1_000
const TIMEOUT_MS = 10_000
const ARGS = ['--showpower', '--showuse', '--showtemp', '--json']
const EXCERPT_CHARS = 120

export class RocmSmi implements PowerMeter {
  readonly name = 'rocm-smi'
  readonly #options: MeterOptions
  readonly #retries = new Retries()
  #child: ChildProcess | undefined
  #pause: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: MeterOptions) {
    this.#options = options
  }

  start(listener: MeterListener): void {
    const { env } = this.#options
    const limits = { env, timeout: TIMEOUT_MS, maxBuffer: 1024 * 1024 }
    this.#child = execFile('rocm-smi', ARGS, limits, (error, stdout, stderr) => {
      if (this.#stopped) return
      if (error?.code === 'ENOENT') listener.onUnavailable()
      else this.#onOutput(stdout, stderr || (error?.message ?? ''), listener)
    })
    unrefChild(this.#child)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#pause)
    killChild(this.#child)
  }

  #onOutput(stdout: string, errors: string, listener: MeterListener): void {
    const samples = samplesIn(stdout, this.#options.host, this.#options.nowS())
    if (samples.length > 0) {
      this.#retries.noteSuccess()
      for (const sample of samples) listener.onSample(sample)
      return this.#runAfter(Math.max(this.#options.intervalMs, MIN_INTERVAL_MS), listener)
    }
    const output = (errors.trim() || stdout.trim() || 'nothing').slice(0, EXCERPT_CHARS)
    const pauseMs = this.#retries.noteFailure()
    if (pauseMs === undefined) {
      listener.onWarning(`rocm-smi gives no readings: ${output}`)
      return listener.onUnavailable()
    }
    if (this.#retries.hasWorked) listener.onWarning('rocm-smi failed and is tried again')
    return this.#runAfter(pauseMs, listener)
  }

  #runAfter(afterMs: number, listener: MeterListener): void {
    this.#pause = setTimeout(() => this.start(listener), afterMs).unref()
  }
}

/** Reads `{"card0": {"Average Graphics Package Power (W)": "35.0", …}, …}`, also after warnings. */
function samplesIn(stdout: string, host: string, timestamp: number): PowerSample[] {
  return Object.entries(cardsIn(stdout)).flatMap(([card, values]) => {
    const number = /^card(\d+)$/.exec(card)?.[1]
    if (number === undefined || typeof values !== 'object' || values === null) return []
    const numberIn = (title: RegExp) => numberOf(values, title)
    const reading = readingOf({
      // Excludes the limit, "Max Graphics Package Power (W)".
      power_watts: numberIn(/^(?:average|current)\b.*power \(w\)$/i),
      gpu_compute_utilization_pct: numberIn(/^gpu use \(%\)$/i),
      temperature_celsius: numberIn(/^temperature \(sensor (?:edge|junction)\) \(c\)$/i),
    })
    if (Object.keys(reading).length === 0) return []
    return [{ timestamp, reading, source: `${host}/gpu${number}` }]
  })
}

function cardsIn(stdout: string): object {
  try {
    const value: unknown = JSON.parse(stdout.slice(stdout.indexOf('{')))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // Output without JSON has no cards; the caller reports the output.
    return {}
  }
}

function numberOf(values: object, title: RegExp): number | undefined {
  const found = Object.entries(values).find(([key]) => title.test(key))?.[1]
  return typeof found === 'string' && /^\d+(\.\d+)?$/.test(found) ? Number(found) : undefined
}
