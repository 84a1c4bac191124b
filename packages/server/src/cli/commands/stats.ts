/** `wattline stats FILE`: what a log adds up to, for people or as one JSON object. */
import {
  type CostEstimate,
  estimateRunCost,
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  PRICES_AS_OF,
  showHiddenInLine,
  summarize,
  type Summary,
} from '@wattline/trace'
import type { LogReading } from '../../files/read-log.ts'
import { type CliIo, LineWriter } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { localTime, logTitle, qualityNotes } from '../report/title-and-notes.ts'
import { readPrices } from '../input/price-file.ts'
import { type Column, tableLines } from '../report/table.ts'
import { count, type Style, styleFor, thousands, widthOf } from '../base/terminal.ts'

export interface StatsFlags {
  readonly prices?: string
  readonly json?: boolean
}

export async function stats(file: string, flags: StatsFlags, io: CliIo): Promise<void> {
  const reading = await readInput(file, io, {})
  requireEvents(reading, file)
  const summary = summarize(reading.trace)
  const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices, io)
  const estimate = estimateRunCost(reading.trace, prices)
  const out = new LineWriter(io.stdout)
  if (flags.json === true) await out.line(JSON.stringify(statsRecord(reading, summary, estimate)))
  else for (const line of statsLines(file, reading, summary, estimate, io)) await out.line(line)
  await out.end()
}

/** The summary as JSON has it: null where something is not known, and the lines of the file. */
function statsRecord(
  reading: LogReading,
  summary: Summary,
  estimate: CostEstimate | undefined,
): object {
  const absentIsNull = (_key: string, value: unknown) => (value === undefined ? null : value)
  const plain = JSON.parse(JSON.stringify(summary, absentIsNull)) as object
  return {
    ...plain,
    estimatedCostUsd: estimate?.usd ?? null,
    bytes: reading.bytes,
    lines: reading.lines,
    unreadable: reading.unreadable,
    tornLine: reading.tornLine ?? null,
  }
}

function statsLines(
  file: string,
  reading: LogReading,
  summary: Summary,
  estimate: CostEstimate | undefined,
  io: CliIo,
): string[] {
  const style = styleFor(io.stdout, io.env)
  const width = widthOf(io.stdout, io.env)
  const { trace } = reading
  const notes = qualityNotes(reading, trace, style)
  return [
    logTitle(file, trace, style),
    '',
    ...kindTable(summary, style, width),
    '',
    ...facts(reading, summary, estimate, style),
    '',
    ...(notes.length > 0
      ? notes
      : [`${style.green('✓')} nothing lost, unreadable, unfinished or guessed`]),
  ]
}

const NONE = '·'
const FULL_TABLE_CELLS = 78

function kindTable({ kinds }: Summary, style: Style, width: number | undefined): string[] {
  // A narrow terminal shows tokens and cost as sums only.
  const isWide = width === undefined || width >= FULL_TABLE_CELLS
  const hasTokens = isWide && kinds.some(({ tokens }) => tokens !== undefined)
  const hasCost = isWide && kinds.some(({ costUsd }) => costUsd !== undefined)
  const columns: Column[] = [
    { title: 'kind', align: 'left', shrinks: true },
    ...['spans', 'errors', 'p50', 'p95', 'p99', 'total'].map(right),
    ...(hasTokens ? [right('tokens')] : []),
    ...(hasCost ? [right('cost')] : []),
  ]
  const rows = kinds.map((kind) => [
    showHiddenInLine(kind.kind),
    thousands(kind.count),
    kind.errors > 0 ? style.red(thousands(kind.errors)) : style.dim(NONE),
    milliseconds(kind.p50Ms),
    milliseconds(kind.p95Ms),
    milliseconds(kind.p99Ms),
    kind.ended > 0 ? milliseconds(kind.totalMs) : NONE,
    ...(hasTokens ? [kind.tokens === undefined ? style.dim(NONE) : formatCount(kind.tokens)] : []),
    ...(hasCost ? [kind.costUsd === undefined ? style.dim(NONE) : formatCost(kind.costUsd)] : []),
  ])
  const [header = '', ...lines] = tableLines(columns, rows, width)
  return [style.dim(header), ...lines]
}

function right(title: string): Column {
  return { title, align: 'right' }
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? NONE : formatDuration(ms / 1000)
}

/** Figures of the whole, one a line. */
function facts(
  reading: LogReading,
  summary: Summary,
  estimate: CostEstimate | undefined,
  style: Style,
): string[] {
  const { tokens, costUsd, firstS, lastS } = summary
  const rows: (readonly [name: string, value: string])[] = []
  if (firstS !== undefined && lastS !== undefined) {
    const end = localTime(lastS).slice(
      localTime(firstS).slice(0, 10) === localTime(lastS).slice(0, 10) ? 11 : 0,
    )
    rows.push(['time', `${localTime(firstS)} to ${end}`])
  }
  const points = summary.points > 0 ? `, ${count(summary.points, 'point')}` : ''
  const samples = summary.samples > 0 ? `, ${count(summary.samples, 'telemetry sample')}` : ''
  rows.push(['events', `${thousands(summary.events)}${points}${samples}`])
  if (summary.agents > 0) rows.push(['agents', thousands(summary.agents)])
  if (tokens !== undefined) {
    const parts = `${formatCount(tokens.input)} in, ${formatCount(tokens.output)} out`
    rows.push(['tokens', `${formatCount(tokens.total)} ${style.dim(`(${parts})`)}`])
  }
  if (costUsd !== undefined) rows.push(['cost', formatCost(costUsd)])
  else if (estimate !== undefined) rows.push(['cost', estimated(estimate, style)])
  rows.push(['log', `${count(reading.lines, 'line')}, ${formatBytes(reading.bytes)}`])
  return rows.map(([name, value]) => `${style.dim(name.padEnd(8))}${value}`)
}

/** The log tells no cost: what list prices make of its tokens. */
function estimated({ usd, unpricedTokens }: CostEstimate, style: Style): string {
  const left = unpricedTokens > 0 ? `, without ${formatCount(unpricedTokens)} tokens` : ''
  return `≈ ${formatCost(usd)} ${style.dim(`(estimate by list prices of ${PRICES_AS_OF}${left})`)}`
}
