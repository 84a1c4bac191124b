/**
 * CPU and memory on Linux: the energy counters of RAPL (Intel and AMD), read through powercap.
 *
 * ```
 * /sys/class/powercap/intel-rapl:0/     name package-0 ─▶ host/cpu0
 *                     intel-rapl:0:0/   name core          inside the package: not counted again
 *                     intel-rapl:0:1/   name dram      ─▶ host/dram0, beside the package
 *                     intel-rapl:1/     name psys          the whole board: only where no package is
 * ```
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  known,
  type MeterListener,
  type MeterOptions,
  type PowerMeter,
  type PowerSample,
} from './meter.ts'

export interface RaplOptions extends MeterOptions {
  /** Where sysfs is mounted. */
  readonly sysfs: string
}

/** No socket uses so much: a counter that seems to say so was reset, and did not wrap around. */
const MOST_W = 20_000
const ZONE = /^intel-rapl:\d+(:\d+)?$/

export class Rapl implements PowerMeter {
  readonly name = 'RAPL'
  readonly #options: RaplOptions
  readonly #folder: string
  #counters: Counter[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: RaplOptions) {
    this.#options = options
    this.#folder = join(options.sysfs, 'class', 'powercap')
  }

  start(listener: MeterListener): void {
    const { host, intervalMs, nowS } = this.#options
    this.#counters = chosen(zonesIn(this.#folder)).map(
      (zone) => new Counter(zone, `${host}/${sourceName(zone)}`),
    )
    this.#sample(nowS(), listener)
    if (this.#counters.length === 0) return listener.onAbsent()
    this.#timer = setInterval(() => this.#sample(nowS(), listener), intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(nowS: number, listener: MeterListener): void {
    this.#counters = this.#counters.filter((counter) => {
      try {
        listener.onSample(counter.read(nowS))
        return true
      } catch (error) {
        listener.onNote(trouble(counter.path, error))
        return false
      }
    })
    if (this.#counters.length === 0) this.stop()
  }
}

interface Zone {
  readonly folder: string
  /** `package-0`, `dram`, `psys`. */
  readonly name: string
  /** Name of the zone around it. */
  readonly parent: string | undefined
  readonly rangeUj: number
}

function zonesIn(folder: string): Zone[] {
  let entries: string[]
  try {
    entries = readdirSync(folder)
  } catch {
    // No powercap: no RAPL.
    return []
  }
  const names = new Map(
    entries.filter((entry) => ZONE.test(entry)).map((entry) => [entry, nameIn(folder, entry)]),
  )
  return [...names].flatMap(([entry, name]) => {
    if (name === undefined) return []
    const [, around] = /^(.+:\d+):\d+$/.exec(entry) ?? []
    const parent = around === undefined ? undefined : names.get(around)
    const rangeUj = Number(textOf(join(folder, entry, 'max_energy_range_uj')) ?? Number.NaN)
    return [{ folder: join(folder, entry), name, parent, rangeUj }]
  })
}

function nameIn(folder: string, entry: string): string | undefined {
  return textOf(join(folder, entry, 'name'))
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    // A zone without it is one we do not know.
    return undefined
  }
}

/** Those that contain no other: each joule once. */
function chosen(zones: readonly Zone[]): readonly Zone[] {
  const parts = zones.filter(({ name }) => name.startsWith('package') || name === 'dram')
  return parts.length > 0 ? parts : zones.filter(({ name }) => name === 'psys')
}

/** `package-0` is cpu0, its dram dram0; `package-1-die-0` is cpu1-die-0. */
function sourceName({ name, parent }: Zone): string {
  if (name === 'dram') return `dram${parent?.replace(/^package-?/, '') ?? ''}`
  return name.replace(/^package-?/, 'cpu')
}

/** A counter that goes on where the kernel's begins again. */
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

  /** Throws when the kernel refuses. */
  read(nowS: number): PowerSample {
    const text = readFileSync(this.path, 'utf8').trim()
    if (!/^\d+$/.test(text)) throw new Error(`expected microjoules, got ${JSON.stringify(text)}`)
    const watts = this.#advance(Number(text), nowS)
    const reading = known({ energy_joules: this.#sumUj / 1e6, power_watts: watts })
    return { timestamp: nowS, reading, source: this.#source }
  }

  /** Gives the mean power since the last reading, where there is one. */
  #advance(nowUj: number, nowS: number): number | undefined {
    const lastUj = this.#lastUj
    const lengthS = nowS - this.#lastS
    this.#lastUj = nowUj
    this.#lastS = nowS
    const usedUj = lastUj === undefined ? Number.NaN : usedBetween(lastUj, nowUj, this.#rangeUj)
    if (!(usedUj <= MOST_W * 1e6 * Math.max(lengthS, 1))) {
      // The first reading, or a reset (suspend): a smaller sum says so to whoever reads it.
      this.#sumUj = nowUj
      return undefined
    }
    this.#sumUj += usedUj
    return lengthS > 0 ? usedUj / 1e6 / lengthS : undefined
  }
}

/** Around the end of its range the counter begins at 0. */
function usedBetween(lastUj: number, nowUj: number, rangeUj: number): number {
  return nowUj >= lastUj ? nowUj - lastUj : rangeUj - lastUj + nowUj
}

function trouble(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM') {
    const all = path.replace(/[^/]+\/energy_uj$/, '*/energy_uj')
    return `RAPL is for root only here; run as root, or allow it until the next boot with: sudo chmod a+r ${all}`
  }
  return `RAPL: ${path} cannot be read any more: ${(error as Error).message}`
}
