/** A run's energy as lines for people: what it was, what it went to, and how sure that is. */
import {
  type EnergyGroup,
  type EnergySummary,
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  isMeasured,
  shortModel,
  showHiddenInLine,
} from '@wattline/trace'
import { type Column, tableLines } from './table.ts'
import type { Style } from '../base/terminal.ts'

/** Rows of one table; the rest is summed up in the last. */
const MOST_ROWS = 12
const BOUNDS_CELLS = 72
const NONE = '·'

export function energyLines(
  summary: EnergySummary,
  notes: readonly string[],
  style: Style,
  width: number | undefined,
): string[] {
  const { sources, kinds, tools, models, agents } = summary
  const table = (title: string, groups: readonly EnergyGroup[], per: Per) =>
    groups.length === 0 ? [] : ['', ...groupTable(title, groups, per, style, width)]
  const marked = notes.map((note) => `${style.yellow('!')} ${note}`)
  return [
    '',
    ...facts(summary, style),
    ...(sources.length === 0 ? [] : ['', ...sourceTable(sources, style, width)]),
    ...table('kind', kinds, NOTHING),
    ...table('tool', tools, PER_CALL),
    ...table('model', models, PER_TOKEN),
    ...table('agent', agents, NOTHING),
    ...(marked.length > 0 ? ['', ...marked] : []),
  ]
}

/** Figures of the whole, one a line. */
function facts(summary: EnergySummary, style: Style): string[] {
  const { totalJ, idleJ = 0, sharedJ = 0 } = summary
  if (totalJ === undefined) return [style.yellow('Nothing that was measured belongs to this run.')]
  const spansJ = totalJ - idleJ
  const rows: (readonly [string, string])[] = [
    ['energy', `${style.bold(formatJoules(totalJ))}  ${power(summary.meanW, summary.peakW)}`],
    ['spans', `${formatJoules(spansJ)}, ${percent(spansJ, totalJ)}`],
    ['idle', `${formatJoules(idleJ)}, ${percent(idleJ, totalJ)}`],
  ]
  // Less than what adding up floats leaves is nothing.
  if (sharedJ > totalJ * 1e-9) {
    rows.push(['shared', `${formatJoules(sharedJ)} of spans side by side, split in equal parts`])
  }
  rows.push(['measured', `${percent(summary.coverage ?? 0, 1)} of the run's time`])
  if (summary.joulesPerToken !== undefined) {
    const tokens = style.dim(`(${formatCount(summary.tokens)} tokens)`)
    rows.push(['a token', `${formatJoules(summary.joulesPerToken)} ${tokens}`])
  }
  return rows.map(([name, value]) => `${style.dim(name.padEnd(10))}${value}`)
}

function sourceTable(
  sources: EnergySummary['sources'],
  style: Style,
  width: number | undefined,
): string[] {
  const columns: Column[] = [
    { title: 'source', align: 'left', shrinks: true },
    ...['energy', 'idle', 'measured', 'average', 'most', 'every'].map((title): Column => ({
      title,
      align: 'right',
    })),
  ]
  const rows = sources.map((source) => [
    showHiddenInLine(source.name),
    formatJoules(source.totalJ),
    percent(source.idleJ, source.totalJ),
    source.coverage === undefined ? NONE : percent(source.coverage, 1),
    formatWatts(source.meanW),
    formatWatts(source.peakW),
    formatDuration(source.intervalS),
  ])
  const [header = '', ...lines] = tableLines(columns, rows, width)
  return [style.dim(header), ...lines]
}

function power(meanW: number | undefined, peakW: number | undefined): string {
  return `${formatWatts(meanW)} on average, ${formatWatts(peakW)} at most`
}

/** A figure of a group beside its joules. */
interface Per {
  readonly columns: readonly string[]
  readonly cells: (group: EnergyGroup) => readonly string[]
}

const NOTHING: Per = { columns: [], cells: () => [] }
const PER_CALL: Per = {
  columns: ['J a call'],
  cells: ({ joulesPerCall }) => [joulesPerCall === undefined ? NONE : formatJoules(joulesPerCall)],
}
const PER_TOKEN: Per = {
  columns: ['tokens', 'J a token'],
  cells: ({ tokens, joulesPerToken }) => [
    tokens === undefined ? NONE : formatCount(tokens),
    joulesPerToken === undefined ? NONE : formatJoules(joulesPerToken),
  ],
}

function groupTable(
  title: string,
  groups: readonly EnergyGroup[],
  per: Per,
  style: Style,
  width: number | undefined,
): string[] {
  // A narrow terminal shows no bounds.
  const hasBounds = width === undefined || width >= BOUNDS_CELLS
  const columns: Column[] = [
    { title, align: 'left', shrinks: true },
    ...['spans', 'energy', 'share', ...(hasBounds ? ['between'] : []), ...per.columns].map(
      (name): Column => ({ title: name, align: 'right' }),
    ),
  ]
  const shown = groups.length > MOST_ROWS ? groups.slice(0, MOST_ROWS - 1) : groups
  const rows = shown.map((group) => [
    showHiddenInLine(title === 'model' ? shortModel(group.name) : group.name),
    group.spans.toLocaleString('en-US'),
    ...joulesOf(group, hasBounds),
    ...per.cells(group),
  ])
  const [header = '', ...lines] = tableLines(columns, rows, width)
  const left = groups.length - shown.length
  return [
    style.dim(header),
    ...lines,
    ...(left > 0 ? [style.dim(`and ${left} more, see --json`)] : []),
  ]
}

function joulesOf(group: EnergyGroup, hasBounds: boolean): string[] {
  if (!isMeasured(group)) return Array.from({ length: hasBounds ? 3 : 2 }, () => NONE)
  const bounds = `${formatJoules(group.lowJ)} – ${formatJoules(group.highJ)}`
  return [formatJoules(group.ownJ), percent(group.share, 1), ...(hasBounds ? [bounds] : [])]
}

function percent(part: number, whole: number): string {
  if (whole === 0) return NONE
  const value = (100 * part) / whole
  if (value > 0 && value < 0.1) return '<0.1 %'
  return `${value >= 10 ? value.toFixed(0) : Number(value.toFixed(1))} %`
}
