/** Text tables: names to the left, numbers to the right. */
import { cells, fit, padEnd, padStart, type Style, type TextLayout } from '../base/terminal.ts'

const GAP = '  '
const MIN_NAME_CELLS = 8

/** Stands for a value that a table does not have. */
export const NONE = '·'

/**
 * Returns the titles and the rows as lines. The first column has names, which are cut when the
 * terminal is too narrow; the others have numbers.
 *
 * @param rows cells as text; all but names may contain color codes
 */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { style, width }: TextLayout,
): string[] {
  const all = [titles, ...rows]
  const widths = titles.map((_, at) => Math.max(...all.map((row) => cells(row[at] ?? ''))))
  const total = widths.reduce((sum, cell) => sum + cell, GAP.length * (widths.length - 1))
  if (width !== undefined && total > width) {
    widths[0] = Math.max(MIN_NAME_CELLS, widths[0]! - (total - width))
  }
  const [header = '', ...lines] = all.map((row) =>
    widths
      .map((cell, at) => {
        const text = row[at] ?? ''
        return at === 0 ? padEnd(fit(text, cell), cell) : padStart(text, cell)
      })
      .join(GAP)
      .trimEnd(),
  )
  return [style.dim(header), ...lines]
}

/** One value per line, each behind its label. */
export function labelLines(
  rows: readonly (readonly [label: string, value: string])[],
  style: Style,
): string[] {
  const width = Math.max(...rows.map(([label]) => label.length)) + GAP.length
  return rows.map(([label, value]) => `${style.dim(label.padEnd(width))}${value}`)
}
