/** Commands on a PATH of their own that behave like the real ones, and a folder shaped like sysfs. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PowerOptions, type PowerSampling, samplePower } from '../sampler.ts'
import type { PowerSample } from '../meter.ts'

export class FakeMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'wattline-power-'))
  readonly env: NodeJS.ProcessEnv = {
    PATH: join(this.folder, 'bin'),
    WATTLINE_SYSFS: join(this.folder, 'sys'),
  }

  constructor() {
    mkdirSync(join(this.folder, 'bin'))
    // Whoever is not root may look, too.
    chmodSync(this.folder, 0o755)
  }

  /**
   * A command, as a script for Node. `run` is how often it was started before, `query` the fields of
   * `--query-gpu`, `time()` the time as nvidia-smi writes it.
   */
  tool(name: string, code: string): void {
    const path = join(this.folder, 'bin', name)
    const counter = JSON.stringify(`${path}.runs`)
    const script = `#!${process.execPath}
const fs = require('node:fs')
const args = process.argv.slice(2)
fs.appendFileSync(${counter}, process.pid + '\\n')
const run = fs.readFileSync(${counter}, 'utf8').trim().split('\\n').length - 1
const query = (args.find((arg) => arg.startsWith('--query-gpu=')) ?? '').slice(12).split(',')
const time = (zoneMs = 0) => new Date(Date.now() + zoneMs)
  .toISOString().replaceAll('-', '/').replace('T', ' ').slice(0, 23)
const row = (told) => console.log(query.map((field) => told[field] ?? '[N/A]').join(', '))
${code}
`
    writeFileSync(path, script, { mode: 0o755 })
  }

  /** A file under `/sys/class/powercap`. */
  powercap(file: string, text: string | number): string {
    const path = join(this.folder, 'sys', 'class', 'powercap', file)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, `${text}\n`)
    return path
  }

  zone(zone: string, name: string, energyUj: number, rangeUj = 262_143_328_850): void {
    this.powercap(`${zone}/name`, name)
    this.powercap(`${zone}/energy_uj`, energyUj)
    this.powercap(`${zone}/max_energy_range_uj`, rangeUj)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A sampling under way, with everything it told. */
export class Watched {
  readonly samples: PowerSample[] = []
  readonly notes: string[] = []
  readonly sampling: PowerSampling
  readonly #waiting = new Set<() => void>()

  constructor(machine: FakeMachine, options: PowerOptions = {}) {
    this.sampling = samplePower(
      {
        onSample: (sample) => this.#tell(() => this.samples.push(sample)),
        onNote: (text) => this.#tell(() => this.notes.push(text)),
      },
      { host: 'box', env: machine.env, platform: 'linux', intervalMs: 50, ...options },
    )
  }

  #tell(keep: () => void): void {
    keep()
    for (const wake of this.#waiting) wake()
  }

  /** Resolves when what was told so far satisfies `isEnough`. */
  until(isEnough: (told: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isEnough(this)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  get sources(): string[] {
    return [...new Set(this.samples.map(({ source }) => source))].sort()
  }

  of(source: string): PowerSample[] {
    return this.samples.filter((sample) => sample.source === source)
  }
}
