/** Medians, percentiles and the Markdown tables of the benchmarks. */

/** Returns the quantile at `share` (0.5 is the median); NaN for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** Returns the median of one figure over all rounds. */
export function medianOf<T>(rounds: readonly T[], figure: (round: T) => number): number {
  return quantile(rounds.map(figure), 0.5)
}

export function ms(value: number): string {
  if (Number.isNaN(value)) return 'unknown'
  return value >= 1_000
    ? `${(value / 1_000).toFixed(2)} s`
    : `${value.toFixed(value < 10 ? 2 : 1)} ms`
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export const times = (ratio: number): string =>
  Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : 'unknown'

/** Prints a Markdown table; the first row is the header. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const [head = [], ...body] = rows
  for (const row of [head, head.map(() => '---'), ...body]) printRow(row)
}

/** Prints one row of a Markdown table. */
export function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}
