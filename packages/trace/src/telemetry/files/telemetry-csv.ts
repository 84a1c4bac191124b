/**
 * Reads the tables that power tools write into samples:
 *
 * | tool       | known by its column | a row is                                                    |
 * |------------|---------------------|-------------------------------------------------------------|
 * | nvidia-smi | `power.draw`        | one GPU at one instant; several GPUs, several rows           |
 * | CodeCarbon | `energy_consumed`   | a run so far: counters of kWh, cumulative within a `run_id`  |
 * | NVML logs  | `GPU0`, `power_w`   | one instant; a column a GPU, or one GPU                      |
 */
import { excerpt } from '../../line/excerpt.ts'
import type { TelemetrySample } from '../../line/event.ts'
import { codeCarbonRows } from './codecarbon.ts'
import { csvCells } from './csv.ts'
import { nvidiaSmiRows } from './nvidia-smi.ts'
import { nvmlRows } from './nvml.ts'

/** Samples of one row, or why there are none. */
export type RowResult = readonly TelemetrySample[] | { readonly reason: string }
/** Reads the rows of one table. */
export type ReadRow = (cells: readonly string[]) => RowResult

export type TelemetryFormat = 'nvidia-smi' | 'CodeCarbon' | 'NVML'

export interface TelemetryTable {
  readonly format: TelemetryFormat
  readonly samples: readonly TelemetrySample[]
  /** Lines count from 1. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[]
}

/** @returns the table's samples, or the reason why it is none that is known. */
export function readTelemetryCsv(text: string): TelemetryTable | { readonly reason: string } {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const header = csvCells(lines[0] ?? '')
  const table = tableOf(header)
  if (table === undefined) {
    const expected =
      'power.draw (nvidia-smi), energy_consumed (CodeCarbon), or GPU0 or power_w (NVML)'
    return { reason: `expected a header with ${expected}, got "${excerpt(lines[0] ?? '')}"` }
  }
  const samples: TelemetrySample[] = []
  const unreadable: { line: number; reason: string }[] = []
  for (const [at, line] of lines.entries()) {
    if (at === 0 || line.trim() === '') continue
    const cells = csvCells(line)
    const result =
      cells.length === header.length
        ? table.read(cells)
        : { reason: `expected ${header.length} cells, got ${cells.length}` }
    if ('reason' in result) unreadable.push({ line: at + 1, reason: result.reason })
    else samples.push(...result)
  }
  return { format: table.format, samples, unreadable }
}

function tableOf(header: readonly string[]) {
  const isColumn = (name: RegExp) => header.some((column) => name.test(column))
  if (isColumn(/^power\.draw/)) {
    return { format: 'nvidia-smi' as const, read: nvidiaSmiRows(header) }
  }
  if (isColumn(/^energy_consumed$/)) {
    return { format: 'CodeCarbon' as const, read: codeCarbonRows(header) }
  }
  if (isColumn(/^(gpu_?\d+|power_w)$/i)) return { format: 'NVML' as const, read: nvmlRows(header) }
  return undefined
}
