/**
 * NVIDIA GPUs, by the streaming query of `nvidia-smi`: one process that prints a line a GPU and an
 * interval.
 *
 * `power.draw` is a mean over the last second on newer GPUs, which smears a span's joules over its
 * neighbours; `power.draw.instant` is asked for besides, and left out where a driver does not know it.
 */
import { known, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type LineKind, StreamingTool, type Verdict } from './streaming-tool.ts'

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
  /** A GPU keeps its name when a lost one makes the tool count anew. */
  readonly #names = new Map<string, string>()
  #asksInstant = true
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
        isApart: true,
        read: (line) => this.#read(line, listener),
        verdict: (lastWords) => this.#verdict(lastWords),
      },
      listener,
    )
  }

  stop(): void {
    this.#tool?.stop()
  }

  #command(): readonly [string, ...string[]] {
    const fields = this.#asksInstant ? [...FIELDS, INSTANT] : FIELDS
    return [
      'nvidia-smi',
      `--query-gpu=${fields.join(',')}`,
      '--format=csv,noheader,nounits',
      '-lms',
      String(this.#options.intervalMs),
    ]
  }

  #verdict(lastWords: string): Verdict | undefined {
    if (this.#asksInstant && /not a valid field/i.test(lastWords)) {
      this.#asksInstant = false
      return 'again'
    }
    if (/no devices were found/i.test(lastWords)) {
      return { absentBecause: 'nvidia-smi finds no GPU' }
    }
    return undefined
  }

  #read(line: string, listener: MeterListener): LineKind {
    const cells = line.split(',').map((cell) => cell.trim())
    const [time, index, uuid, draw, compute, memory, usedMb, totalMb, celsius, instant] = cells
    const timestamp = timeS(time ?? '', this.#options.nowS())
    const isRow = cells.length === FIELDS.length || cells.length === FIELDS.length + 1
    if (!isRow || timestamp === undefined || !/^\d+$/.test(index ?? '')) return 'garbage'
    const reading = known({
      power_watts: figure(instant) ?? figure(draw),
      gpu_compute_utilization_pct: figure(compute),
      gpu_memory_bandwidth_utilization_pct: figure(memory),
      gpu_memory_usage_mb: figure(usedMb),
      gpu_memory_total_mb: figure(totalMb),
      temperature_celsius: figure(celsius),
    })
    const name = this.#nameOf(index ?? '', uuid ?? '')
    if (reading['power_watts'] === undefined) {
      listener.onNote(`nvidia-smi does not tell the power of ${name} (${draw})`)
    }
    listener.onSample({ timestamp, reading, source: `${this.#options.host}/${name}` })
    return 'reading'
  }

  #nameOf(index: string, uuid: string): string {
    const given = this.#names.get(uuid)
    if (given !== undefined) return given
    const taken = new Set(this.#names.values())
    let number = Number(index)
    while (taken.has(`gpu${number}`)) number++
    this.#names.set(uuid, `gpu${number}`)
    return `gpu${number}`
  }
}

/** `[N/A]`, `[Not Supported]`, `[GPU requires reset]` and the like are not available. */
function figure(cell: string | undefined): number | undefined {
  return cell !== undefined && /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : undefined
}

const TIME = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)$/
/** Zones differ from UTC by whole quarters of an hour. */
const QUARTER_S = 900

/**
 * Unix seconds of `2025/12/19 10:27:56.035`. Its zone is not told, so it is the one that brings the
 * time nearest to now: right in any zone, also in the hour that daylight saving repeats.
 */
function timeS(text: string, nowS: number): number | undefined {
  const [year, month, day, hour, minute, second] = TIME.exec(text)?.slice(1).map(Number) ?? []
  if (second === undefined) return undefined
  const asUtcS = Date.UTC(year!, month! - 1, day, hour, minute) / 1000 + second
  return asUtcS + Math.round((nowS - asUtcS) / QUARTER_S) * QUARTER_S
}
