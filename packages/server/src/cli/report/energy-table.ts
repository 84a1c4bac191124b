/** The energy of a run as text: totals, sources, and the share of each kind, tool, model and agent. */
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
import { labelLines, NONE, tableLines } from './table.ts'
import { type Style, type TextLayout, thousands } from '../base/terminal.ts'

/** Rows of one table. A last line counts the groups that are not shown. */
const MOST_ROWS = 12
const BOUNDS_CELLS = 72

export function energyLines(
  summary: EnergySummary,
  notes: readonly string[],
  layout: TextLayout,
): string[] {
  const { style } = layout
  const { sources, kinds, tools, models, agents } = summary
  const table = (title: string, groups: readonly EnergyGroup[], extra: ExtraColumns) =>
    groups.length === 0 ? [] : ['', ...groupTable(title, groups, extra, layout)]
  const marked = notes.map((note) => `${style.yellow('!')} ${note}`)
  return [
    '',
    ...totalLines(summary, style),
    ...(sources.length === 0 ? [] : ['', ...sourceTable(sources, layout)]),
    ...table('kind', kinds, NO_COLUMNS),
    ...table('tool', tools, PER_CALL),
    ...table('model', models, PER_CALL_AND_TOKEN),
    ...table('agent', agents, NO_COLUMNS),
    ...(marked.length > 0 ? ['', ...marked] : []),
  ]
}

/** The totals of the run, one per line. */
function totalLines(summary: EnergySummary, style: Style): string[] {
  const { totalJ, idleJ = 0, sharedJ = 0 } = summary
  if (totalJ === undefined) return [style.yellow('No power sample belongs to this run.')]
  const spansJ = totalJ - idleJ
  const rows: (readonly [string, string])[] = [
    ['energy', `${style.bold(formatJoules(totalJ))}  ${power(summary.meanW, summary.peakW)}`],
    ['spans', `${formatJoules(spansJ)}, ${percent(spansJ, totalJ)}`],
    ['idle', `${formatJoules(idleJ)}, ${percent(idleJ, totalJ)}`],
  ]
  // Below this it is a rounding error of the sum.
  if (sharedJ > totalJ * 1e-9) {
    rows.push(['estimated', `${formatJoules(sharedJ)}, split equally between parallel spans`])
  }
  rows.push(['measured', `${percent(summary.coverage ?? 0, 1)} of the run's time`])
  if (summary.joulesPerToken !== undefined) {
    // Those of spans with known energy only.
    const tokens = style.dim(`(${formatCount(spansJ / summary.joulesPerToken)} tokens)`)
    rows.push(['per token', `${formatJoules(summary.joulesPerToken)} ${tokens}`])
  }
  return labelLines(rows, style)
}

function sourceTable(sources: EnergySummary['sources'], layout: TextLayout): string[] {
  const titles = ['source', 'energy', 'idle', 'measured', 'average', 'peak', 'interval']
  const rows = sources.map((source) => [
    showHiddenInLine(source.name),
    formatJoules(source.totalJ),
    percent(source.idleJ, source.totalJ),
    source.coverage === undefined ? NONE : percent(source.coverage, 1),
    formatWatts(source.meanW),
    formatWatts(source.peakW),
    formatDuration(source.intervalS),
  ])
  return tableLines(titles, rows, layout)
}

function power(meanW: number | undefined, peakW: number | undefined): string {
  return `${formatWatts(meanW)} on average, ${formatWatts(peakW)} peak`
}

/** Further columns of a group. */
interface ExtraColumns {
  /** What the group counts. */
  readonly counted: 'spans' | 'calls'
  readonly titles: readonly string[]
  readonly cells: (group: EnergyGroup) => readonly string[]
}

const NO_COLUMNS: ExtraColumns = { counted: 'spans', titles: [], cells: () => [] }
const PER_CALL: ExtraColumns = {
  counted: 'calls',
  titles: ['J/call'],
  cells: ({ joulesPerCall }) => [joulesPerCall === undefined ? NONE : formatJoules(joulesPerCall)],
}
const PER_CALL_AND_TOKEN: ExtraColumns = {
  counted: 'calls',
  titles: [...PER_CALL.titles, 'tokens', 'J/token'],
  cells: (group) => [
    ...PER_CALL.cells(group),
    group.tokens === undefined ? NONE : formatCount(group.tokens),
    group.joulesPerToken === undefined ? NONE : formatJoules(group.joulesPerToken),
  ],
}

function groupTable(
  title: string,
  groups: readonly EnergyGroup[],
  extra: ExtraColumns,
  layout: TextLayout,
): string[] {
  // A narrow terminal has no room for bounds.
  const { style, width } = layout
  const hasBounds = width === undefined || width >= BOUNDS_CELLS
  const bounds = hasBounds ? ['between'] : []
  const titles = [title, extra.counted, 'energy', 'share', ...bounds, ...extra.titles]
  const shown = groups.length > MOST_ROWS ? groups.slice(0, MOST_ROWS - 1) : groups
  const rows = shown.map((group) => [
    showHiddenInLine(title === 'model' ? shortModel(group.name) : group.name),
    thousands(group.spans),
    ...joulesOf(group, hasBounds),
    ...extra.cells(group),
  ])
  const hidden = groups.length - shown.length
  return [
    ...tableLines(titles, rows, layout),
    ...(hidden > 0 ? [style.dim(`and ${hidden} more, see --json`)] : []),
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
