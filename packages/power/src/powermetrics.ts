/**
 * Reads the mean power of CPU, GPU and neural engine from macOS `powermetrics`. It needs root; for other
 * users it is run with `sudo -n`, which never asks for a password.
 */
import { readingOf, type MeterListener, type MeterOptions, type PowerMeter } from './meter.ts'
import { type Diagnosis, type LineKind, streamingMeter } from './streaming-tool.ts'

/** Apple silicon reports each part in mW, Intel Macs the package with its GPU in W. */
const PARTS: readonly (readonly [line: RegExp, part: string])[] = [
  [/^CPU Power: ([\d.]+) (mW|W)$/, 'cpu0'],
  [/^GPU Power: ([\d.]+) (mW|W)$/, 'gpu0'],
  [/^ANE Power: ([\d.]+) (mW|W)$/, 'ane'],
  [/^Intel energy model derived package power .*: ([\d.]+) ?(mW|W)$/, 'cpu0'],
]

export function powermetrics(options: MeterOptions & { readonly isRoot: boolean }): PowerMeter {
  const { env, host, intervalMs, isRoot, nowS } = options
  const args = ['--samplers', 'cpu_power,gpu_power,ane_power', '-i', String(intervalMs)]

  /** The report is text with many other lines. */
  function read(line: string, listener: MeterListener): LineKind {
    for (const [pattern, part] of PARTS) {
      const [, value, unit] = pattern.exec(line) ?? []
      if (value === undefined) continue
      const reading = readingOf({ power_watts: Number(value) / (unit === 'mW' ? 1000 : 1) })
      listener.onSample({ timestamp: nowS(), reading, source: `${host}/${part}` })
      return 'reading'
    }
    return 'other'
  }

  return streamingMeter({
    name: 'powermetrics',
    command: () => (isRoot ? ['powermetrics', ...args] : ['sudo', '-n', 'powermetrics', ...args]),
    env,
    // sudo remembers a password for each terminal.
    isDetached: false,
    read,
    diagnose,
  })
}

function diagnose(lastOutput: string): Diagnosis | undefined {
  if (!/superuser|password is required|not allowed|no tty/i.test(lastOutput)) return undefined
  return {
    giveUp: 'powermetrics needs root; run as root, or run first: sudo -v',
  }
}
