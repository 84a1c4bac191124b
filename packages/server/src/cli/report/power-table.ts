/** Power as text: a table that is redrawn in place, or one line per sample. */
import { PowerTotals, type PowerSample, type SourceTotals } from '@wattline/power'
import { formatBytes, formatJoules, formatWatts, showHiddenInLine } from '@wattline/trace'
import type { Output } from '../base/io.ts'
import { NONE, tableLines } from './table.ts'
import { cells, padEnd, type TextLayout } from '../base/terminal.ts'

/** Source and power. */
const MIN_COLUMNS = 2
const BYTES_PER_MB = 1024 * 1024
const TITLES = ['source', 'now', 'average', 'peak', 'energy', 'use', 'temp', 'memory']

/** One row per source and their sum. Columns without room are left out, the rightmost first. */
export function powerLines(tally: PowerTotals, layout: TextLayout): string[] {
  const { sources } = tally
  const rows = sources.map((source) => cellsOf(source))
  if (sources.length > 1) rows.push(sumCells(tally))
  for (let columns = TITLES.length; ; columns--) {
    const lines = tableLines(TITLES.slice(0, columns), rows, layout)
    const fits = lines.every((line) => cells(line) <= (layout.width ?? Infinity))
    if (fits || columns === MIN_COLUMNS) return lines
  }
}

function cellsOf({ source, watts, meanW, peakW, usedJ, last }: SourceTotals): string[] {
  const of = (key: string) => numberIn(last, key)
  const memoryMb = of('gpu_memory_usage_mb')
  return [
    showHiddenInLine(source),
    orNone(watts, formatWatts),
    orNone(meanW, formatWatts),
    orNone(peakW, formatWatts),
    orNone(usedJ, formatJoules),
    orNone(of('gpu_compute_utilization_pct'), (pct) => `${Math.round(pct)} %`),
    orNone(of('temperature_celsius'), (celsius) => `${Math.round(celsius)} °C`),
    orNone(memoryMb, (mb) => formatBytes(mb * BYTES_PER_MB)),
  ]
}

function sumCells({ watts, meanW, totalJ }: PowerTotals): string[] {
  return [
    'all',
    orNone(watts, formatWatts),
    orNone(meanW, formatWatts),
    '',
    orNone(totalJ, formatJoules),
  ]
}

function orNone(value: number | undefined, text: (value: number) => string): string {
  return value === undefined ? NONE : text(value)
}

function numberIn({ reading }: PowerSample, key: string): number | undefined {
  const value = reading[key]
  return typeof value === 'number' ? value : undefined
}

/** `2026-11-24T09:00:00.100Z  box/gpu0   80.3 W  34 %  41 °C`. */
export function sampleLine(sample: PowerSample): string {
  const tally = new PowerTotals()
  tally.add(sample)
  const [source] = tally.sources
  const [name = '', watts = '', , , , use, temp, memory] =
    source === undefined ? [] : cellsOf(source)
  const rest = [use, temp, memory].filter((cell) => cell !== undefined && cell !== NONE)
  const time = new Date(sample.timestamp * 1000).toISOString()
  return [time, padEnd(name, 12), padEnd(watts, 7), ...rest].join('  ').trimEnd()
}

/** Lines that replace the lines drawn before. */
export class LiveLines {
  readonly #out: Output
  #drawn = 0

  constructor(out: Output) {
    this.#out = out
  }

  draw(lines: readonly string[]): void {
    const up = this.#drawn === 0 ? '' : `\u001B[${this.#drawn}A\u001B[0J`
    this.#out.write(`${up}${lines.map((line) => `${line}\n`).join('')}`)
    this.#drawn = lines.length
  }

  /** Keeps the lines: the next ones are drawn below any text written until then. */
  keep(): void {
    this.#drawn = 0
  }
}
