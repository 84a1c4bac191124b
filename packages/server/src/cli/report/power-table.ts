/** Watts as lines for people: a table that is drawn over itself, or a line a sample. */
import { PowerTotals, type PowerSample, type SourceTotals } from '@wattline/power'
import { formatBytes, formatJoules, formatWatts, showHiddenInLine } from '@wattline/trace'
import type { Output } from '../base/io.ts'
import { type Column, tableLines } from './table.ts'
import { cells, padEnd, type Style } from '../base/terminal.ts'

const NONE = '·'
/** Source and watts. */
const LEAST_COLUMNS = 2
const BYTES_PER_MB = 1024 * 1024

const COLUMNS: readonly Column[] = [
  { title: 'source', align: 'left', shrinks: true },
  ...['now', 'average', 'most', 'energy', 'use', 'temp', 'memory'].map((title): Column => ({
    title,
    align: 'right',
  })),
]

/** A row a source, and their sum where there are several; what has no room is left out, from the right. */
export function powerLines(tally: PowerTotals, style: Style, width: number | undefined): string[] {
  const { sources } = tally
  const rows = sources.map((source) => cellsOf(source))
  if (sources.length > 1) rows.push(sumCells(tally))
  let columns = COLUMNS
  let lines = tableLines(columns, rows, width)
  while (
    columns.length > LEAST_COLUMNS &&
    lines.some((line) => cells(line) > (width ?? Infinity))
  ) {
    columns = columns.slice(0, -1)
    lines = tableLines(columns, rows, width)
  }
  const [header = '', ...body] = lines
  return [style.dim(header), ...body]
}

function cellsOf({ source, watts, meanW, peakW, usedJ, last }: SourceTotals): string[] {
  const of = (key: string) => figureOf(last, key)
  const memoryMb = of('gpu_memory_usage_mb')
  return [
    showHiddenInLine(source),
    told(watts, formatWatts),
    told(meanW, formatWatts),
    told(peakW, formatWatts),
    told(usedJ, formatJoules),
    told(of('gpu_compute_utilization_pct'), (pct) => `${Math.round(pct)} %`),
    told(of('temperature_celsius'), (celsius) => `${Math.round(celsius)} °C`),
    told(memoryMb, (mb) => formatBytes(mb * BYTES_PER_MB)),
  ]
}

function sumCells({ watts, meanW, totalJ }: PowerTotals): string[] {
  return ['all', told(watts, formatWatts), told(meanW, formatWatts), '', told(totalJ, formatJoules)]
}

function told(value: number | undefined, text: (value: number) => string): string {
  return value === undefined ? NONE : text(value)
}

function figureOf({ reading }: PowerSample, key: string): number | undefined {
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

/** Lines that are drawn over those before. */
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

  /** Leaves them as they are: what is written next stands below them, and they are drawn again below that. */
  leave(): void {
    this.#drawn = 0
  }
}
