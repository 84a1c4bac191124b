/** Timing: cases take turns, so that a busy machine is busy for all of them; medians count. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Runs the case once and returns nanoseconds an event. */
export type Case = () => number | Promise<number>

/** Medians of `rounds` rounds, by name; two more rounds before them warm up. */
export async function measure<Name extends string>(
  cases: Readonly<Record<Name, Case>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(cases) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      collectGarbage()
      const ns = await cases[name]()
      if (round >= 0) times.get(name)?.push(ns)
    }
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const medians = names.map((name) => [name, percentile(times.get(name) ?? [], 0.5)] as const)
  return Object.fromEntries(medians) as Record<Name, number>
}

/** The value below which `share` of the sorted values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Nanoseconds an event of `work`, which handles `count` events. */
export async function timed(count: number, work: () => void | Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return ((performance.now() - started) * 1e6) / count
}
