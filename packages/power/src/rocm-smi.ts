/**
 * Reads AMD GPUs by running `rocm-smi --json` repeatedly. It is a Python program that runs for a large
 * part of a second, so it runs at most once a second: more often, it would measure itself.
 */
import { type ChildProcess, execFile } from 'node:child_process'
import { killChild, unrefChild } from './child-process.ts'
import { type MeterOptions, type PowerMeter, type PowerSample, readingOf } from './meter.ts'
import { Retries } from './retries.ts'

const MIN_INTERVAL_MS = 1_000
const TIMEOUT_MS = 10_000
const ARGS = ['--showpower', '--showuse', '--showtemp', '--json']
const EXCERPT_CHARS = 120

export function rocmSmi({ env, host, intervalMs, nowS }: MeterOptions): PowerMeter {
  return {
    name: 'rocm-smi',
    start(listener) {
      const retries = new Retries()
      let child: ChildProcess | undefined
      let pause: NodeJS.Timeout | undefined
      let stopped = false

      function run(): void {
        const limits = { env, timeout: TIMEOUT_MS, maxBuffer: 1024 * 1024 }
        child = execFile('rocm-smi', ARGS, limits, (error, stdout, stderr) => {
          if (stopped) return
          if (error?.code === 'ENOENT') return listener.onUnavailable()
          const pauseMs = pauseAfter(stdout, stderr || (error?.message ?? ''))
          if (pauseMs === undefined) return listener.onUnavailable()
          pause = setTimeout(run, pauseMs).unref()
        })
        unrefChild(child)
      }

      /** Reports the samples in the output. Returns the pause before the next run; undefined = give up. */
      function pauseAfter(stdout: string, errors: string): number | undefined {
        const samples = samplesIn(stdout, host, nowS())
        for (const sample of samples) listener.onSample(sample)
        if (samples.length > 0) {
          retries.noteSuccess()
          return Math.max(intervalMs, MIN_INTERVAL_MS)
        }
        const pauseMs = retries.noteFailure()
        if (pauseMs === undefined) {
          const output = (errors.trim() || stdout.trim() || 'nothing').slice(0, EXCERPT_CHARS)
          listener.onWarning(`rocm-smi gives no readings: ${output}`)
        } else if (retries.hasWorked) listener.onWarning('rocm-smi failed and is tried again')
        return pauseMs
      }

      run()
      return () => {
        stopped = true
        clearTimeout(pause)
        killChild(child)
      }
    },
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
