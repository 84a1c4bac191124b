/**
 * Reads NVIDIA GPUs with the streaming query of `nvidia-smi`: one process that prints one line for each
 * GPU and interval.
 *
 * On newer GPUs, `power.draw` is a mean over the last second, which spreads the energy of a span over
 * its neighbours. So `power.draw.instant` is queried too, unless the driver does not support it.
 */
import { readingOf, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type LineKind, StreamingTool, type Diagnosis } from './streaming-tool.ts'

const FIELDS = [
  'timestamp',
  'index',
  'uuid',
  'power.draw',
  'utilization.gpu',
  'utilization.memory',
  'memory.used',
  'memory.total',
  'temperature.gpu',
] as const

const INSTANT = 'power.draw.instant'

export class NvidiaSmi implements PowerMeter {
  readonly name = 'nvidia-smi'
  readonly #options: MeterOptions
  /** By UUID: a GPU keeps its name when nvidia-smi renumbers the GPUs after one was lost. */
  readonly #names = new Map<string, string>()
  #queriesInstant = true
  #tool: StreamingTool | undefined

  constructor(options: MeterOptions) {
    this.#options = options
  }

  start(listener: MeterListener): void {
    this.#tool = new StreamingTool(
      {
        name: this.name,
        command: () => this.#command(),
        env: this.#options.env,
        isDetached: true,
        read: (line) => this.#read(line, listener),
        diagnose: (lastOutput) => this.#diagnose(lastOutput),
      },
      listener,
    )
  }

  stop(): void {
    this.#tool?.stop()
  }

  #command(): readonly [string, ...string[]] {
    const fields = this.#queriesInstant ? [...FIELDS, INSTANT] : FIELDS
    return [
      'nvidia-smi',
      `--query-gpu=${fields.join(',')}`,
      '--format=csv,noheader,nounits',
      '-lms',
      String(this.#options.intervalMs),
    ]
  }

  #diagnose(lastOutput: string): Diagnosis | undefined {
    if (this.#queriesInstant && /not a valid field/i.test(lastOutput)) {
      this.#queriesInstant = false
      return 'retry'
    }
    if (/no devices were found/i.test(lastOutput)) {
      return { giveUp: 'nvidia-smi finds no GPU' }
    }
    return undefined
  }

  #read(line: string, listener: MeterListener): LineKind {
    const cells = line.split(',').map((cell) => cell.trim())
    const [time, index, uuid, draw, compute, memory, usedMb, totalMb, celsius, instant] = cells
    const timestamp = timeS(time ?? '', this.#options.nowS())
    const isRow = cells.length === FIELDS.length || cells.length === FIELDS.length + 1
    if (!isRow || timestamp === undefined || !/^\d+$/.test(index ?? '')) return 'unreadable'
    const reading = readingOf({
      power_watts: numberIn(instant) ?? numberIn(draw),
      gpu_compute_utilization_pct: numberIn(compute),
      gpu_memory_bandwidth_utilization_pct: numberIn(memory),
      gpu_memory_usage_mb: numberIn(usedMb),
      gpu_memory_total_mb: numberIn(totalMb),
      temperature_celsius: numberIn(celsius),
    })
    const name = this.#nameOf(index ?? '', uuid ?? '')
    if (reading['power_watts'] === undefined) {
      listener.onWarning(`nvidia-smi reports no power for ${name} (${draw})`)
    }
    listener.onSample({ timestamp, reading, source: `${this.#options.host}/${name}` })
    return 'reading'
  }

  #nameOf(index: string, uuid: string): string {
    const known = this.#names.get(uuid)
    if (known !== undefined) return known
    const used = new Set(this.#names.values())
    let number = Number(index)
    while (used.has(`gpu${number}`)) number++
    this.#names.set(uuid, `gpu${number}`)
    return `gpu${number}`
  }
}

/** Undefined for `[N/A]`, `[Not Supported]`, `[GPU requires reset]` and other text. */
function numberIn(cell: string | undefined): number | undefined {
  return cell !== undefined && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : undefined
}

const TIME = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)$/
/** The offset of a time zone is a multiple of 15 minutes. */
const QUARTER_S = 900

/**
 * Unix seconds of `2025/12/19 10:27:56.035`. The text has no time zone; this takes the offset that
 * brings the time closest to now. That is right in every zone and also when daylight saving ends.
 */
function timeS(text: string, nowS: number): number | undefined {
  const [year, month, day, hour, minute, second] = TIME.exec(text)?.slice(1).map(Number) ?? []
  if (second === undefined) return undefined
  const asUtcS = Date.UTC(year!, month! - 1, day, hour, minute) / 1000 + second
  return asUtcS + Math.round((nowS - asUtcS) / QUARTER_S) * QUARTER_S
}
