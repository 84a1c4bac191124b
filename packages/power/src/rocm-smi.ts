/**
 * AMD GPUs: `rocm-smi --json`, asked again and again. It is a Python program that takes a good part of
 * a second, so it is asked once a second at most: asking more often would measure the asking.
 */
import { type ChildProcess, execFile } from 'node:child_process'
import { endChild, letGo } from './child-process.ts'
import {
  known,
  type MeterListener,
  type MeterOptions,
  type PowerMeter,
  type PowerSample,
} from './meter.ts'
import { Retries } from './retries.ts'

const LEAST_INTERVAL_MS = 1_000
const ANSWER_WITHIN_MS = 10_000
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
    const limits = { env, timeout: ANSWER_WITHIN_MS, maxBuffer: 1024 * 1024 }
    this.#child = execFile('rocm-smi', ARGS, limits, (error, stdout, stderr) => {
      if (this.#stopped) return
      if (error?.code === 'ENOENT') listener.onAbsent()
      else this.#onAnswer(stdout, stderr || (error?.message ?? ''), listener)
    })
    letGo(this.#child)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#pause)
    endChild(this.#child)
  }

  #onAnswer(stdout: string, complaint: string, listener: MeterListener): void {
    const samples = samplesIn(stdout, this.#options.host, this.#options.nowS())
    if (samples.length > 0) {
      this.#retries.worked()
      for (const sample of samples) listener.onSample(sample)
      return this.#again(Math.max(this.#options.intervalMs, LEAST_INTERVAL_MS), listener)
    }
    const said = (complaint.trim() || stdout.trim() || 'nothing').slice(0, EXCERPT_CHARS)
    const pauseMs = this.#retries.failed()
    if (pauseMs === undefined) {
      listener.onNote(`rocm-smi gives no reading: ${said}`)
      return listener.onAbsent()
    }
    if (this.#retries.hasWorked) listener.onNote('rocm-smi failed once or more and is asked again')
    return this.#again(pauseMs, listener)
  }

  #again(afterMs: number, listener: MeterListener): void {
    this.#pause = setTimeout(() => this.start(listener), afterMs).unref()
  }
}

/** Of `{"card0": {"Average Graphics Package Power (W)": "35.0", …}, …}`, warnings before it or not. */
function samplesIn(stdout: string, host: string, timestamp: number): PowerSample[] {
  return Object.entries(cardsIn(stdout)).flatMap(([card, values]) => {
    const number = /^card(\d+)$/.exec(card)?.[1]
    if (number === undefined || typeof values !== 'object' || values === null) return []
    const figure = (title: RegExp) => figureOf(values, title)
    const reading = known({
      // Not the limit, "Max Graphics Package Power (W)".
      power_watts: figure(/^(?:average|current)\b.*power \(w\)$/i),
      gpu_compute_utilization_pct: figure(/^gpu use \(%\)$/i),
      temperature_celsius: figure(/^temperature \(sensor (?:edge|junction)\) \(c\)$/i),
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
    // No JSON: no card, which is told with what was said instead.
    return {}
  }
}

function figureOf(values: object, title: RegExp): number | undefined {
  const found = Object.entries(values).find(([key]) => title.test(key))?.[1]
  return typeof found === 'string' && /^\d+(\.\d+)?$/.test(found) ? Number(found) : undefined
}
