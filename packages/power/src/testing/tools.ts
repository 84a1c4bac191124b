/** Fake commands on a PATH of their own, and a folder with the structure of sysfs. */
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
    // Also readable for other users.
    chmodSync(this.folder, 0o755)
  }

  /**
   * Creates a command from a script for Node. In it, `run` is the number of earlier starts, `query` the
   * fields of `--query-gpu`, `time()` the time in the format of nvidia-smi, `row()` prints a line.
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
const row = (values) => console.log(query.map((field) => values[field] ?? '[N/A]').join(', '))
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

/** A running sampling and everything it reported. */
export class Watched {
  readonly samples: PowerSample[] = []
  readonly warnings: string[] = []
  readonly sampling: PowerSampling
  readonly #waiting = new Set<() => void>()

  constructor(machine: FakeMachine, options: PowerOptions = {}) {
    this.sampling = samplePower(
      {
        onSample: (sample) => this.#report(() => this.samples.push(sample)),
        onWarning: (text) => this.#report(() => this.warnings.push(text)),
      },
      { host: 'box', env: machine.env, platform: 'linux', intervalMs: 50, ...options },
    )
  }

  #report(keep: () => void): void {
    keep()
    for (const wake of this.#waiting) wake()
  }

  /** Resolves when the reports so far satisfy `isEnough`. */
  until(isEnough: (watched: this) => boolean): Promise<void> {
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
