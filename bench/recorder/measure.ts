/** Times the cases in turns, so that load on the machine affects all of them, and takes medians. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The cost of one event in nanoseconds: elapsed time, and processor time of this process. */
export interface Cost {
  readonly wall: number
  /** Includes writer and garbage collector threads; hardly affected by other processes. */
  readonly cpu: number
}

/** Runs the case once. */
export type Case = () => Cost | Promise<Cost>

/** Returns the medians of `rounds` rounds by name, after two warm-up rounds. */
export async function measure<Name extends string>(
  cases: Readonly<Record<Name, Case>>,
  rounds: number,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(cases) as Name[]
  const times = new Map<Name, Cost[]>(names.map((name) => [name, []]))
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      collectGarbage()
      const cost = await cases[name]()
      if (round >= 0) times.get(name)?.push(cost)
    }
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  const medians = names.map((name) => [name, medianCost(times.get(name) ?? [])] as const)
  return Object.fromEntries(medians) as Record<Name, Cost>
}

function medianCost(costs: readonly Cost[]): Cost {
  const median = (of: (cost: Cost) => number) => percentile(costs.map(of), 0.5)
  return { wall: median(({ wall }) => wall), cpu: median(({ cpu }) => cpu) }
}

/** Returns the quantile of sorted values at `share`. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Returns the cost per event of `work`, which handles `count` events. */
export async function timed(count: number, work: () => void | Promise<void>): Promise<Cost> {
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  await work()
  const wallMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wall: (wallMs * 1e6) / count, cpu: ((user + system) * 1e3) / count }
}
