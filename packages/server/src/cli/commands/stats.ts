/** `wattline stats FILE`: a summary of a log, as text or as one JSON object. */
import {
  COST_MARKS,
  formatBytes,
  formatCost,
  formatCostInColumn,
  formatCount,
  formatDuration,
  type KindStats,
  PRICES_AS_OF,
  showHiddenInLine,
  summarize,
  type Summary,
  type TokenSums,
} from '@wattline/trace'
import { coverageSentence } from '@wattline/formats'
import type { LogReading } from '../../files/read-log.ts'
import { type CliIo, writeLines } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { logTitle, qualityNotes, timeRange } from '../report/title-and-notes.ts'
import { readPrices } from '../input/price-file.ts'
import { labelLines, NONE, tableLines } from '../report/table.ts'
import { count, layoutFor, type Style, type TextLayout, thousands } from '../base/terminal.ts'

export interface StatsFlags {
  readonly prices?: string
  readonly json?: boolean
}

export async function stats(file: string, flags: StatsFlags, io: CliIo): Promise<void> {
  const reading = await readInput(file, io, {})
  requireEvents(reading, file)
  const prices = await readPrices(flags.prices, io)
  const found = {
    reading,
    summary: summarize(reading.trace, prices),
  }
  const lines =
    flags.json === true
      ? [JSON.stringify(statsRecord(found))]
      : statsLines(file, found, layoutFor(io.stdout, io.env))
  await writeLines(io.stdout, lines)
}

interface Stats {
  readonly reading: LogReading
  readonly summary: Summary
}

/** The summary with null for unknown values, and the line counts of the file. */
function statsRecord({ reading, summary }: Stats): object {
  const absentIsNull = (_key: string, value: unknown) => (value === undefined ? null : value)
  const plain = JSON.parse(JSON.stringify(summary, absentIsNull)) as object
  return {
    ...plain,
    bytes: reading.bytes,
    lines: reading.lines,
    unreadable: reading.unreadable,
    tornLine: reading.tornLine ?? null,
    coverage: reading.coverage ?? null,
  }
}

function statsLines(file: string, found: Stats, layout: TextLayout): string[] {
  const { style } = layout
  const { reading, summary } = found
  const { trace } = reading
  const notes = qualityNotes(reading, trace, style)
  return [
    logTitle(file, trace, style),
    '',
    ...kindTable(summary, layout),
    '',
    ...totalLines(found, style),
    '',
    ...(notes.length > 0 ? notes : [`${style.green('✓')} no data problems`]),
  ]
}

const FULL_TABLE_CELLS = 78

function kindTable({ kinds }: Summary, layout: TextLayout): string[] {
  const { style, width } = layout
  // A narrow terminal has no room for tokens and cost.
  const isWide = width === undefined || width >= FULL_TABLE_CELLS
  const hasTokens = isWide && kinds.some(({ tokens }) => tokens !== undefined)
  const hasCost = isWide && kinds.some(({ costUsd }) => costUsd !== undefined)
  const titles = ['kind', 'spans', 'errors', 'p50', 'p95', 'p99', 'total']
  if (hasTokens) titles.push('tokens')
  if (hasCost) titles.push('cost')
  const none = style.dim(NONE)
  const rows = kinds.map((kind) => [
    showHiddenInLine(kind.kind),
    thousands(kind.count),
    kind.errors > 0 ? style.red(thousands(kind.errors)) : none,
    milliseconds(kind.p50Ms),
    milliseconds(kind.p95Ms),
    milliseconds(kind.p99Ms),
    milliseconds(kind.totalMs),
    ...(hasTokens ? [kind.tokens === undefined ? none : formatCount(kind.tokens)] : []),
    ...(hasCost ? [kindCost(kind) ?? none] : []),
  ])
  return tableLines(titles, rows, layout)
}

function kindCost({ costUsd, costSource }: KindStats): string | undefined {
  if (costUsd === undefined || costSource === undefined) return undefined
  return `${COST_MARKS[costSource]}${formatCostInColumn(costUsd)}`
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? NONE : formatDuration(ms / 1000)
}

/** The totals of the log, one per line. */
function totalLines({ reading, summary }: Stats, style: Style): string[] {
  const { tokens, firstS, lastS } = summary
  const rows: (readonly [name: string, value: string])[] = []
  if (firstS !== undefined && lastS !== undefined) rows.push(['time', timeRange(firstS, lastS)])
  const points = summary.points > 0 ? `, ${count(summary.points, 'point')}` : ''
  const samples = summary.samples > 0 ? `, ${count(summary.samples, 'telemetry sample')}` : ''
  rows.push(['events', `${thousands(summary.events)}${points}${samples}`])
  if (summary.agents > 0) rows.push(['agents', thousands(summary.agents)])
  if (tokens !== undefined) {
    rows.push(...tokenRows(tokens, style))
  }
  const cost = costText(summary, style)
  if (cost !== undefined) rows.push(['cost', cost])
  const { coverage } = reading
  if (coverage !== undefined) rows.push(['read', coverageSentence(coverage)])
  rows.push([
    'log',
    `${count(reading.lines, coverage === undefined ? 'line' : 'record')}, ${formatBytes(reading.bytes)}`,
  ])
  return labelLines(rows, style)
}

/** The tokens and their parts. A lower bound has the sign ≥. */
function tokenRows(tokens: TokenSums, style: Style): (readonly [string, string])[] {
  const { input, output, total, cacheRead, cacheCreation, cacheCreation1h, reasoning } = tokens
  const least = tokens.isLowerBound ? '≥ ' : ''
  const isSplit = input !== undefined && output !== undefined
  const parts = isSplit ? ` (${formatCount(input)} in, ${least}${formatCount(output)} out)` : ''
  const rows: (readonly [string, string])[] = [
    ['tokens', `${least}${formatCount(total)}${style.dim(parts)}`],
  ]
  const cached = [
    ...(cacheRead === undefined ? [] : [`${formatCount(cacheRead)} read`]),
    ...(cacheCreation === undefined ? [] : [`${formatCount(cacheCreation)} written`]),
    ...(cacheCreation1h === undefined ? [] : [`${formatCount(cacheCreation1h)} of it for an hour`]),
  ]
  if (cached.length > 0) rows.push(['cache', cached.join(', ')])
  if (reasoning !== undefined) rows.push(['reasoning', formatCount(reasoning)])
  return rows
}

/** The cost; an estimate says on what it is based and what it does not include. */
function costText(summary: Summary, style: Style): string | undefined {
  const { costUsd, costSource, unpricedTokens } = summary
  if (costUsd === undefined || costSource === undefined) return undefined
  const text = `${COST_MARKS[costSource]}${formatCost(costUsd)}`
  if (costSource === 'logged') return text
  const missing = unpricedTokens > 0 ? `; no price for ${formatCount(unpricedTokens)} tokens` : ''
  return `${text} ${style.dim(`(estimated from list prices of ${PRICES_AS_OF}${missing})`)}`
}
