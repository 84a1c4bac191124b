/**
 * Reads rows of CodeCarbon's `emissions.csv`. A row has the energy of its run so far, so the rows of one
 * `run_id` are readings of a counter that starts at 0. The power columns are momentary values that do
 * not add up to the energy; they are ignored.
 */
import type { TelemetrySample } from '../../line/event.ts'
import { cellNumber, type ReadRow } from './csv.ts'

const JOULES_PER_KWH = 3.6e6

const METERS = [
  ['cpu', 'cpu_energy'],
  ['gpu', 'gpu_energy'],
  ['ram', 'ram_energy'],
] as const

export function codeCarbonRows(header: readonly string[]): ReadRow {
  const at = (name: string) => header.indexOf(name)
  const [run, duration] = [at('run_id'), at('duration')]
  const seen = new Set<string>()
  return (cells, timestamp) => {
    const runId = cells[run] ?? ''
    if (runId === '')
      return { reason: 'expected a run_id: rows of different runs cannot be separated without it' }
    const durationS = cellNumber(cells[duration])
    const isFirst = !seen.has(runId)
    seen.add(runId)
    const samples: TelemetrySample[] = []
    for (const [meter, column] of METERS) {
      const kwh = cellNumber(cells[at(column)])
      if (kwh === undefined) continue
      const source = `${meter} (run ${runId.slice(0, 8)})`
      const sample = (timeS: number, energyJ: number): TelemetrySample => {
        return { timestamp: timeS, reading: { energy_joules: energyJ }, source }
      }
      if (isFirst && durationS !== undefined) samples.push(sample(timestamp - durationS, 0))
      samples.push(sample(timestamp, kwh * JOULES_PER_KWH))
    }
    return samples
  }
}
