/** Columns that line up: text to the left, figures to the right. */
import { cells, fit, padEnd, padStart } from '../base/terminal.ts'

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  /** May be cut when the terminal is too narrow; at most one column. */
  readonly shrinks?: boolean
}

const GAP = '  '
const NARROWEST_CELLS = 8

/**
 * Rows under their titles, as lines. Cells may carry colour codes except in the column that
 * shrinks.
 *
 * @param width Columns of the terminal; undefined = as wide as needed.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, at) => Math.max(...all.map((row) => cells(row[at] ?? ''))))
  const total = widths.reduce((sum, cell) => sum + cell, GAP.length * (widths.length - 1))
  const shrinking = columns.findIndex(({ shrinks }) => shrinks === true)
  if (width !== undefined && total > width && shrinking !== -1) {
    const room = (widths[shrinking] ?? 0) - (total - width)
    widths[shrinking] = Math.max(NARROWEST_CELLS, room)
  }
  return all.map((row) =>
    columns
      .map(({ align }, at) => {
        const text = row[at] ?? ''
        const cell = widths[at] ?? 0
        const cut = at === shrinking ? fit(text, cell) : text
        return align === 'left' ? padEnd(cut, cell) : padStart(cut, cell)
      })
      .join(GAP)
      .trimEnd(),
  )
}
