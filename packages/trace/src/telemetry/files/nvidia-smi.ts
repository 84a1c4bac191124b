/** Reads rows of `nvidia-smi --query-gpu=… --format=csv`, with or without units. */
import { describe } from '../../line/excerpt.ts'
import { cellNumber, cellUnit, type ReadRow } from './csv.ts'

/** `power.draw [W]` is `power.draw`. */
function columnName(title: string): string {
  return title.replace(/\s*\[.*\]$/, '')
}

/** A UUID of a GPU. Placeholders do not match: `[N/A]`, `[Unknown Error]`, no text, only zeros. */
export const GPU_UUID = /^(?:GPU|MIG)-.*[1-9a-f]/i
const BUS_ID = /^[\da-f]+:[\da-f]+:/i

/** The columns that can identify a GPU, and the form of a usable cell. */
const IDENTITIES = new Map([
  ['index', /^\d+$/],
  ['uuid', GPU_UUID],
  ['gpu_uuid', GPU_UUID],
  ['pci.bus_id', BUS_ID],
  ['gpu_bus_id', BUS_ID],
])

export function nvidiaSmiRows(header: readonly string[]): ReadRow {
  const names = header.map(columnName)
  const at = (...wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name))
  const power = at('power.draw', 'power.draw.instant', 'power.draw.average')
  const utilization = at('utilization.gpu')
  const temperature = at('temperature.gpu')
  const memory = at('memory.used')
  let lastS = NaN
  let inRow = 0
  return (cells, timestamp) => {
    // Without a usable identity, GPUs are numbered by their order at one time.
    inRow = timestamp === lastS ? inRow + 1 : 0
    lastS = timestamp
    const cell = cells[power] ?? ''
    const unit = cellUnit(cell)
    const watts = cellNumber(cell)
    if (watts !== undefined && unit !== '' && unit !== 'W') {
      return { reason: `expected power in W, got ${describe(cell)}` }
    }
    const reading = {
      power_watts: watts ?? null,
      gpu_compute_utilization_pct: cellNumber(cells[utilization]) ?? null,
      temperature_celsius: cellNumber(cells[temperature]) ?? null,
      gpu_memory_usage_mb: cellNumber(cells[memory]) ?? null,
    }
    const isUsable = (cell: string, column: number) =>
      IDENTITIES.get(names[column] ?? '')?.test(cell) ?? false
    const name = cells.find(isUsable) ?? `${inRow}`
    return [{ timestamp, reading, source: /^\d+$/.test(name) ? `gpu${name}` : name }]
  }
}
