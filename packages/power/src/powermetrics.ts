/**
 * macOS: `powermetrics`, which tells the mean power of CPU, GPU and neural engine an interval, and is
 * for root only. Who is not root is tried with `sudo -n`, which asks nobody for a password.
 */
import { known, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type LineKind, StreamingTool, type Verdict } from './streaming-tool.ts'

export interface PowermetricsOptions extends MeterOptions {
  readonly isRoot: boolean
}

/** Apple silicon tells parts in mW; Intel Macs the package, its GPU included, in W. */
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
        // sudo remembers a person by their terminal.
        isApart: false,
        read: (line) => this.#read(line, listener),
        verdict,
      },
      listener,
    )
  }

  stop(): void {
    this.#tool?.stop()
  }

  #command(): readonly [string, ...string[]] {
    const { intervalMs, isRoot } = this.#options
    const asked = ['--samplers', 'cpu_power,gpu_power,ane_power', '-i', String(intervalMs)]
    return isRoot ? ['powermetrics', ...asked] : ['sudo', '-n', 'powermetrics', ...asked]
  }

  /** The report is for people: what is not one of our lines is another line of it. */
  #read(line: string, listener: MeterListener): LineKind {
    for (const [form, part] of PARTS) {
      const [, figure, unit] = form.exec(line) ?? []
      if (figure === undefined) continue
      const watts = Number(figure) / (unit === 'mW' ? 1000 : 1)
      const { host, nowS } = this.#options
      const reading = known({ power_watts: watts })
      listener.onSample({ timestamp: nowS(), reading, source: `${host}/${part}` })
      return 'reading'
    }
    return 'other'
  }
}

function verdict(lastWords: string): Verdict | undefined {
  if (!/superuser|password is required|not allowed|no tty/i.test(lastWords)) return undefined
  return {
    absentBecause:
      'powermetrics is for root only; run as root, or let sudo remember you first with: sudo -v',
  }
}
