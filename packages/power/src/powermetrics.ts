/**
 * Reads the mean power of CPU, GPU and neural engine from macOS `powermetrics`. It needs root; for other
 * users it is run with `sudo -n`, which never asks for a password.
 */
import { readingOf, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type LineKind, StreamingTool, type Diagnosis } from './streaming-tool.ts'

export interface PowermetricsOptions extends MeterOptions {
  readonly isRoot: boolean
}

/** Apple silicon reports each part in mW, Intel Macs the package with its GPU in W. */
const PARTS: readonly (readonly [line: RegExp, part: string])[] = [
  [/^CPU Power: ([\d.]+) (mW|W)$/, 'cpu0'],
  [/^GPU Power: ([\d.]+) (mW|W)$/, 'gpu0'],
  [/^ANE Power: ([\d.]+) (mW|W)$/, 'ane'],
  [/^Intel energy model derived package power .*: ([\d.]+) ?(mW|W)$/, 'cpu0'],
]

export class Powermetrics implements PowerMeter {
  readonly name = 'powermetrics'
  readonly #options: PowermetricsOptions
  #tool: StreamingTool | undefined

  constructor(options: PowermetricsOptions) {
    this.#options = options
  }

  start(listener: MeterListener): void {
    const { env } = this.#options
    this.#tool = new StreamingTool(
      {
        name: this.name,
        command: () => this.#command(),
        env,
        // sudo remembers a password for each terminal.
        isDetached: false,
        read: (line) => this.#read(line, listener),
        diagnose,
      },
      listener,
    )
  }

  stop(): void {
    this.#tool?.stop()
  }

  #command(): readonly [string, ...string[]] {
    const { intervalMs, isRoot } = this.#options
    const args = ['--samplers', 'cpu_power,gpu_power,ane_power', '-i', String(intervalMs)]
    return isRoot ? ['powermetrics', ...args] : ['sudo', '-n', 'powermetrics', ...args]
  }

  /** The report is text with many other lines. */
  #read(line: string, listener: MeterListener): LineKind {
    for (const [pattern, part] of PARTS) {
      const [, value, unit] = pattern.exec(line) ?? []
      if (value === undefined) continue
      const watts = Number(value) / (unit === 'mW' ? 1000 : 1)
      const { host, nowS } = this.#options
      const reading = readingOf({ power_watts: watts })
      listener.onSample({ timestamp: nowS(), reading, source: `${host}/${part}` })
      return 'reading'
    }
    return 'other'
  }
}

function diagnose(lastOutput: string): Diagnosis | undefined {
  if (!/superuser|password is required|not allowed|no tty/i.test(lastOutput)) return undefined
  return {
    giveUp: 'powermetrics needs root; run as root, or run first: sudo -v',
  }
}
