/**
 * Reads the RAPL energy counters of CPU and memory (Intel and AMD) through Linux powercap.
 *
 * ```
 * /sys/class/powercap/intel-rapl:0/     name package-0 ─▶ host/cpu0
 *                     intel-rapl:0:0/   name core          part of the package: not counted again
 *                     intel-rapl:0:1/   name dram      ─▶ host/dram0, not part of the package
 *                     intel-rapl:1/     name psys          the whole board: only if there is no package
 * ```
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type MeterOptions, type PowerMeter, type PowerSample, readingOf } from './meter.ts'

export interface RaplOptions extends MeterOptions {
  /** Where sysfs is mounted. */
  readonly sysfs: string
}

/** No socket uses this much. A faster rise of the counter is a reset, not a wrap-around. */
const MAX_W = 20_000
const ZONE = /^intel-rapl:\d+(:\d+)?$/

export function rapl({ host, intervalMs, nowS, sysfs }: RaplOptions): PowerMeter {
  const folder = join(sysfs, 'class', 'powercap')
  return {
    name: 'RAPL',
    start(listener) {
      let counters = countedZones(zonesIn(folder)).map(
        (zone) => new Counter(zone, `${host}/${sourceName(zone)}`),
      )
      const sample = (timestamp: number) => {
        counters = counters.filter((counter) => {
          try {
            listener.onSample(counter.read(timestamp))
            return true
          } catch (error) {
            listener.onWarning(errorText(counter.path, error))
            return false
          }
        })
        if (counters.length === 0) clearInterval(timer)
      }
      const timer = setInterval(() => sample(nowS()), intervalMs).unref()
      sample(nowS())
      if (counters.length === 0) listener.onUnavailable()
      return () => clearInterval(timer)
    },
  }
}

interface Zone {
  readonly folder: string
  /** `package-0`, `dram`, `psys`. */
  readonly name: string
  /** The name of the zone that contains it. */
  readonly parent: string | undefined
  readonly rangeUj: number
}

function zonesIn(folder: string): Zone[] {
  let entries: string[]
  try {
    entries = readdirSync(folder)
  } catch {
    // Without powercap there is no RAPL.
    return []
  }
  const nameOf = (entry: string) => textOf(join(folder, entry, 'name'))
  return entries.flatMap((entry) => {
    const name = ZONE.test(entry) ? nameOf(entry) : undefined
    if (name === undefined) return []
    const outer = /^(.+:\d+):\d+$/.exec(entry)?.[1]
    const parent = outer === undefined ? undefined : nameOf(outer)
    const rangeUj = Number(textOf(join(folder, entry, 'max_energy_range_uj')) ?? Number.NaN)
    return [{ folder: join(folder, entry), name, parent, rangeUj }]
  })
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // The zone is skipped.
    return undefined
  }
}

/** The zones that together count each joule once. */
function countedZones(zones: readonly Zone[]): readonly Zone[] {
  const parts = zones.filter(({ name }) => name.startsWith('package') || name === 'dram')
  return parts.length > 0 ? parts : zones.filter(({ name }) => name === 'psys')
}

/** `package-0` is cpu0, its dram dram0; `package-1-die-0` is cpu1-die-0. */
function sourceName({ name, parent }: Zone): string {
  if (name === 'dram') return `dram${parent?.replace(/^package-?/, '') ?? ''}`
  return name.replace(/^package-?/, 'cpu')
}

/** A counter that keeps rising when the counter of the kernel wraps around. */
class Counter {
  readonly path: string
  readonly #source: string
  readonly #rangeUj: number
  #lastUj: number | undefined
  #lastS = 0
  #sumUj = 0

  constructor({ folder, rangeUj }: Zone, source: string) {
    this.path = join(folder, 'energy_uj')
    this.#source = source
    this.#rangeUj = rangeUj
  }

  /** Throws if the file cannot be read. */
  read(nowS: number): PowerSample {
    const text = readFileSync(this.path, 'utf8').trim()
    if (!/^\d+$/.test(text)) throw new Error(`expected microjoules, got ${JSON.stringify(text)}`)
    const watts = this.#advance(Number(text), nowS)
    const reading = readingOf({ energy_joules: this.#sumUj / 1e6, power_watts: watts })
    return { timestamp: nowS, reading, source: this.#source }
  }

  /** Returns the mean power since the last reading, if there is one. */
  #advance(nowUj: number, nowS: number): number | undefined {
    const lastUj = this.#lastUj
    const lengthS = nowS - this.#lastS
    this.#lastUj = nowUj
    this.#lastS = nowS
    const usedUj = lastUj === undefined ? Number.NaN : usedBetween(lastUj, nowUj, this.#rangeUj)
    if (!(usedUj <= MAX_W * 1e6 * Math.max(lengthS, 1))) {
      // The first reading, or a reset (suspend): readers recognize a reset by the smaller sum.
      this.#sumUj = nowUj
      return undefined
    }
    this.#sumUj += usedUj
    return lengthS > 0 ? usedUj / 1e6 / lengthS : undefined
  }
}

/** Beyond the end of its range, the counter starts at 0 again. */
function usedBetween(lastUj: number, nowUj: number, rangeUj: number): number {
  return nowUj >= lastUj ? nowUj - lastUj : rangeUj - lastUj + nowUj
}

function errorText(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM') {
    const all = path.replace(/[^/]+\/energy_uj$/, '*/energy_uj')
    return `RAPL needs root; run as root, or allow reading until the next boot with: sudo chmod a+r ${all}`
  }
  return `RAPL: ${path} cannot be read: ${(error as Error).message}`
}
