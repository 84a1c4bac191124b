/**
 * Reads the CSV tables of power tools into samples:
 *
 * | tool       | recognized by       | meaning of a row                                            |
 * |------------|---------------------|-------------------------------------------------------------|
 * | nvidia-smi | `power.draw`        | one GPU at one time                                         |
 * | CodeCarbon | `energy_consumed`   | kWh of one `run_id` so far, or of one task by itself        |
 * | NVML logs  | `GPU0`, `power_w`   | one time; one column for each GPU, or one GPU               |
 */
import { describe, excerpt } from '../../line/excerpt.ts'
import type { TelemetrySample } from '../../line/event.ts'
import { codeCarbonRows } from './codecarbon.ts'
import { cellTimeS, csvCells, type RowResult, type TableReader } from './csv.ts'
import { nvidiaSmiRows } from './nvidia-smi.ts'
import { nvmlRows } from './nvml.ts'

/** The samples of a file, and the lines that could not be read. */
export interface TelemetryRecords {
  readonly samples: readonly TelemetrySample[]
  /** Line numbers start at 1. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[]
}

export interface TelemetryTable extends TelemetryRecords {
  readonly format: 'nvidia-smi' | 'CodeCarbon' | 'NVML'
}

/** @returns the samples of the table, or the reason why it is not a known table. */
export function readTelemetryCsv(text: string): TelemetryTable | { readonly reason: string } {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const header = csvCells(lines[0] ?? '')
  const table = tableOf(header)
  if (table === undefined) {
    const expected =
      'power.draw (nvidia-smi), energy_consumed (CodeCarbon), or GPU0 or power_w (NVML)'
    return { reason: `expected a header with ${expected}, got "${excerpt(lines[0] ?? '')}"` }
  }
  const timeColumn = header.findIndex((column) => /^time/i.test(column))
  const readLine = (cells: readonly string[]): RowResult => {
    if (cells.length !== header.length) {
      return { reason: `expected ${header.length} cells, got ${cells.length}` }
    }
    const time = cells[timeColumn]
    const timestamp = cellTimeS(time)
    if (timestamp === undefined) return { reason: `expected a time, got ${describe(time)}` }
    return table.read(cells, timestamp)
  }
  const samples: TelemetrySample[] = []
  const unreadable: { line: number; reason: string }[] = []
  for (const [at, line] of lines.entries()) {
    if (at === 0 || line.trim() === '') continue
    const result = readLine(csvCells(line))
    if ('reason' in result) unreadable.push({ line: at + 1, reason: result.reason })
    else samples.push(...result)
  }
  for (const sample of table.end?.() ?? []) samples.push(sample)
  return { format: table.format, samples, unreadable }
}

function tableOf(
  header: readonly string[],
): (TableReader & Pick<TelemetryTable, 'format'>) | undefined {
  const isColumn = (name: RegExp) => header.some((column) => name.test(column))
  if (isColumn(/^power\.draw/)) {
    return { format: 'nvidia-smi', read: nvidiaSmiRows(header) }
  }
  if (isColumn(/^energy_consumed$/)) {
    return { format: 'CodeCarbon', ...codeCarbonRows(header) }
  }
  if (isColumn(/^(gpu_?\d+|power_w)$/i)) return { format: 'NVML', read: nvmlRows(header) }
  return undefined
}
