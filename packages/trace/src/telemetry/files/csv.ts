/** Tables as text: cells between commas, quoted ones with commas in them. */

/** The cells of one line, without the white space around them. */
export function csvCells(line: string): string[] {
  const cells: string[] = []
  for (const [, quoted, plain] of `${line},`.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*)),/g)) {
    cells.push(quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'))
  }
  return cells
}

/** The number a cell begins with (`14.12 W`, `0 %`, `12`); undefined for `[N/A]` and the like. */
export function cellNumber(cell: string | undefined): number | undefined {
  const digits = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(cell ?? '')?.[0]
  return digits === undefined ? undefined : Number(digits)
}

/** What stands behind a cell's number, such as `W`. */
export function cellUnit(cell: string): string {
  return cell.replace(/^[-+\d.eE]+/, '').trim()
}

const DATE = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?$/

/**
 * Unix seconds of a cell: a date with a zone, one without (taken as this machine's local time, since
 * the tools write theirs), or a number of seconds. Undefined for anything else.
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
