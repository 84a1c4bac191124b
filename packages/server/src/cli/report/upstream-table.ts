/** What Intelligence Per Watt would say of a run, as lines for people. */
import {
  type analyzeUpstream,
  formatDuration,
  formatJoules,
  formatWatts,
  showHiddenInLine,
  type UpstreamBreakdown,
} from '@wattline/trace'
import { type Column, tableLines } from './table.ts'
import { count, type Style } from '../base/terminal.ts'

type Analysis = ReturnType<typeof analyzeUpstream>

export function upstreamLines(
  breakdowns: readonly UpstreamBreakdown[],
  analysis: Analysis,
  style: Style,
  width: number | undefined,
): string[] {
  const columns: Column[] = [
    { title: 'action', align: 'left', shrinks: true },
    { title: 'count', align: 'right' },
    { title: 'energy', align: 'right' },
  ]
  const rows = Object.entries(analysis.energy_by_action)
    .sort(([, a], [, b]) => b - a)
    .map(([action, joules]) => [
      showHiddenInLine(action),
      String(analysis.action_counts[action] ?? 0),
      formatJoules(joules),
    ])
  const [header = '', ...lines] = tableLines(columns, rows, width)
  const watts = `${formatWatts(analysis.avg_power_watts ?? undefined)} on average`
  return [
    '',
    `${style.dim('energy'.padEnd(10))}${style.bold(formatJoules(analysis.total_energy_joules))}  ${watts}`,
    `${style.dim('actions'.padEnd(10))}${count(breakdowns.length, 'action')} of ${formatDuration(analysis.total_duration_ms / 1000)} in all`,
    '',
    style.dim(header),
    ...lines,
    '',
    `${style.yellow('!')} as Intelligence Per Watt counts: what nests or overlaps is counted again`,
  ]
}
