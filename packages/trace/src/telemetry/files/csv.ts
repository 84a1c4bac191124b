/** Reads cells of CSV tables: texts, numbers, units and times. */
import type { TelemetrySample } from '../../line/event.ts'

/** The samples of one row, or the reason why it cannot be read. */
export type RowResult = readonly TelemetrySample[] | { readonly reason: string }
/** Reads one row of a table, at the Unix seconds of its time column. */
export type ReadRow = (cells: readonly string[], timestamp: number) => RowResult

export interface TableReader {
  readonly read: ReadRow
  /** Returns the samples that need all rows. */
  readonly end?: () => readonly TelemetrySample[]
}

/** The trimmed cells of one line; quoted cells may contain commas. */
export function csvCells(line: string): string[] {
  const cells: string[] = []
  for (const [, quoted, plain] of `${line},`.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*)),/g)) {
    cells.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'))
  }
  return cells
}

/** The number at the start of a cell (`14.12 W`, `0 %`, `12`); undefined for others, such as `[N/A]`. */
export function cellNumber(cell: string | undefined): number | undefined {
  const digits = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(cell ?? '')?.[0]
  return digits === undefined ? undefined : Number(digits)
}

/** The text after the number of a cell, such as `W`. */
export function cellUnit(cell: string): string {
  return cell.replace(/^[-+\d.eE]+/, '').trim()
}

const DATE = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?$/

/**
 * Unix seconds of a cell: a date with a time zone, a date without (local time, as the tools write it),
 * or a number of seconds. Undefined for other text.
 */
export function cellTimeS(cell: string | undefined): number | undefined {
  if (cell === undefined || cell === '') return undefined
  const local = DATE.exec(cell)
  if (local !== null) {
    const [year, month, day, hour, minute, second] = local.slice(1, 7).map(Number)
    const date = new Date(year!, month! - 1, day, hour, minute, second)
    return date.getTime() / 1000 + Number(local[7] ?? 0)
  }
  if (/^\d+(\.\d+)?$/.test(cell)) return Number(cell)
  const timeMs = Date.parse(cell)
  return Number.isNaN(timeMs) ? undefined : timeMs / 1000
}
