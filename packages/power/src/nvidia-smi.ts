/**
 * Reads NVIDIA GPUs with the streaming query of `nvidia-smi`: one process that prints one line for each
 * GPU and interval.
 *
 * On newer GPUs, `power.draw` is a mean over the last second, which spreads the energy of a span over
 * its neighbours. So `power.draw.instant` is queried too, unless the driver does not support it.
 */
import { GPU_UUID } from '@wattline/trace'
import { readingOf, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type Diagnosis, type LineKind, streamingMeter } from './streaming-tool.ts'

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

export function nvidiaSmi({ env, host, intervalMs, nowS }: MeterOptions): PowerMeter {
  let queriesInstant = true
  /**
   * By UUID: a GPU keeps its name when nvidia-smi renumbers the GPUs after one was lost. By index for
   * a GPU whose UUID the driver does not report.
   */
  const names = new Map<string, string>()

  function nameOf(index: string, uuid: string): string {
    const key = GPU_UUID.test(uuid) ? uuid : index
    const known = names.get(key)
    if (known !== undefined) return known
    const used = new Set(names.values())
    let number = Number(index)
    while (used.has(`gpu${number}`)) number++
    names.set(key, `gpu${number}`)
    return `gpu${number}`
  }

  function read(line: string, listener: MeterListener): LineKind {
    const cells = line.split(',').map((cell) => cell.trim())
    const [time, index, uuid, draw, compute, memory, usedMb, totalMb, celsius, instant] = cells
    const timestamp = timeS(time ?? '', nowS())
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
    const name = nameOf(index ?? '', uuid ?? '')
    if (reading['power_watts'] === undefined) {
      listener.onWarning(`nvidia-smi reports no power for ${name} (${draw})`)
    }
    listener.onSample({ timestamp, reading, source: `${host}/${name}` })
    return 'reading'
  }

  function diagnose(lastOutput: string): Diagnosis | undefined {
    if (queriesInstant && /not a valid field/i.test(lastOutput)) {
      queriesInstant = false
      return 'retry'
    }
    const hasNoGpu = /no devices were found/i.test(lastOutput)
    return hasNoGpu ? { giveUp: 'nvidia-smi finds no GPU' } : undefined
  }

  function command(): [file: string, ...args: string[]] {
    const fields = queriesInstant ? [...FIELDS, INSTANT] : FIELDS
    const query = `--query-gpu=${fields.join(',')}`
    return ['nvidia-smi', query, '--format=csv,noheader,nounits', '-lms', String(intervalMs)]
  }

  return streamingMeter({ name: 'nvidia-smi', command, env, isDetached: true, read, diagnose })
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
