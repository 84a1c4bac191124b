/** Reads rows of NVML loggers: a time, and one power column for each GPU or the values of one GPU. */
import { cellNumber, type ReadRow } from './csv.ts'

export function nvmlRows(header: readonly string[]): ReadRow {
  const at = (name: RegExp) => header.findIndex((column) => name.test(column))
  const power = at(/^power_w$/i)
  const utilization = at(/^utilization_pct$/i)
  const gpus = header.flatMap((column, index) => {
    const gpu = /^gpu_?(\d+)$/i.exec(column)?.[1]
    return gpu === undefined ? [] : [[`gpu${gpu}`, index] as const]
  })
  return (cells, timestamp) => {
    if (power !== -1) {
      const reading = {
        power_watts: cellNumber(cells[power]) ?? null,
        gpu_compute_utilization_pct: cellNumber(cells[utilization]) ?? null,
      }
      return [{ timestamp, reading, source: 'gpu0' }]
    }
    return gpus.map(([source, index]) => {
      return { timestamp, reading: { power_watts: cellNumber(cells[index]) ?? null }, source }
    })
  }
}
