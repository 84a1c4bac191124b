/**
 * Reads CodeCarbon's tables. Each run has one counter of joules for each meter:
 *
 *     emissions.csv          a row has the energy of its run so far: a reading of the counter
 *     emissions_NAME_ID.csv  a row with a `task_name` has the energy of one task by itself, from
 *                            `timestamp - duration` to `timestamp`: a rise of the counter
 *
 * If a table has both for one run, the energy of the tasks is a part of that of the run. The rest was
 * used outside of the tasks. The power columns are momentary values that do not add up to the energy;
 * they are ignored.
 */
import type { TelemetrySample } from '../../line/event.ts'
import { cellNumber, type RowResult, type TableReader } from './csv.ts'

const JOULES_PER_KWH = 3.6e6
/** Old versions round a duration down to seconds. */
const MIN_TASK_S = 0.001

const METERS = [
  ['cpu', 'cpu_energy'],
  ['gpu', 'gpu_energy'],
  ['ram', 'ram_energy'],
] as const

type Reading = readonly [timeS: number, energyJ: number]

interface Rise {
  readonly fromS: number
  readonly untilS: number
  readonly energyJ: number
}

/** One meter of one run. */
interface Meter {
  readonly readings: Reading[]
  readonly tasks: Rise[]
}

export function codeCarbonRows(header: readonly string[]): TableReader {
  const at = (name: string) => header.indexOf(name)
  const [run, duration, task] = [at('run_id'), at('duration'), at('task_name')]
  const meters = new Map<string, Meter>()
  /** By the start of a run's id, the run that is named by it; others are named by the whole id. */
  const runs = new Map<string, string>()

  function read(cells: readonly string[], timestamp: number): RowResult {
    const runId = cells[run] ?? ''
    if (runId === '')
      return { reason: 'expected a run_id: rows of different runs cannot be separated without it' }
    const prefix = runId.slice(0, 8)
    if (!runs.has(prefix)) runs.set(prefix, runId)
    const runName = runs.get(prefix) === runId ? prefix : runId
    const durationS = cellNumber(cells[duration])
    const isTask = (cells[task] ?? '') !== ''
    if (isTask && durationS === undefined) return { reason: 'expected a duration of the task' }
    for (const [name, column] of METERS) {
      const kwh = cellNumber(cells[at(column)])
      if (kwh === undefined) continue
      const source = `${name} (run ${runName})`
      const { readings, tasks } = meters.get(source) ?? { readings: [], tasks: [] }
      meters.set(source, { readings, tasks })
      const energyJ = kwh * JOULES_PER_KWH
      if (isTask) {
        const fromS = timestamp - Math.max(durationS ?? 0, MIN_TASK_S)
        tasks.push({ fromS, untilS: timestamp, energyJ })
        continue
      }
      const isFirst = readings.length === 0
      if (isFirst && durationS !== undefined) readings.push([timestamp - durationS, 0])
      readings.push([timestamp, energyJ])
    }
    return []
  }

  function end(): TelemetrySample[] {
    return [...meters].flatMap(([source, { readings, tasks }]) =>
      (tasks.length === 0 ? readings : counterOf([...tasks, ...restOf(readings, tasks)])).map(
        ([timestamp, energyJ]) => ({ timestamp, reading: { energy_joules: energyJ }, source }),
      ),
    )
  }

  return { read, end }
}

/** The readings of a counter at each start and end of rises, which may overlap. */
function counterOf(rises: readonly Rise[]): Reading[] {
  const steps = rises
    .flatMap(({ fromS, untilS, energyJ }): Reading[] => {
      const watts = energyJ / (untilS - fromS)
      return [
        [fromS, watts],
        [untilS, -watts],
      ]
    })
    .sort(([a], [b]) => a - b)
  let [lastS, watts, energyJ] = [0, 0, 0]
  const readings = new Map<number, number>()
  for (const [timeS, changeW] of steps) {
    // The sum of all changes can be a little less than 0.
    energyJ += Math.max(0, watts) * (timeS - lastS)
    lastS = timeS
    watts += changeW
    readings.set(timeS, energyJ)
  }
  return [...readings]
}

/** The energy of a run without that of its tasks, spread over the time outside of the tasks. */
function restOf(readings: readonly Reading[], tasks: readonly Rise[]): Rise[] {
  const sorted = readings.toSorted(([a], [b]) => a - b)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return []
  const [firstS, firstJ] = first
  const [lastS, lastJ] = last
  const between: { fromS: number; untilS: number }[] = []
  let [restJ, restS, doneS] = [lastJ - firstJ, 0, firstS]
  const addUntil = (untilS: number) => {
    if (untilS <= doneS) return
    between.push({ fromS: doneS, untilS })
    restS += untilS - doneS
  }
  for (const { fromS, untilS, energyJ } of tasks.toSorted((a, b) => a.fromS - b.fromS)) {
    const insideS = Math.min(untilS, lastS) - Math.max(fromS, firstS)
    if (insideS <= 0) continue
    restJ -= (energyJ * insideS) / (untilS - fromS)
    addUntil(fromS)
    doneS = Math.max(doneS, untilS)
  }
  addUntil(lastS)
  if (restJ <= 0) return []
  return between.map((time) => ({
    ...time,
    energyJ: (restJ * (time.untilS - time.fromS)) / restS,
  }))
}
