/** The energy of a run by the method of Intelligence Per Watt, as text. */
import {
  type analyzeUpstream,
  formatDuration,
  formatJoules,
  formatWatts,
  showHiddenInLine,
  type UpstreamBreakdown,
} from '@wattline/trace'
import { labelLines, tableLines } from './table.ts'
import type { TextLayout } from '../base/terminal.ts'

export function upstreamLines(
  breakdowns: readonly UpstreamBreakdown[],
  analysis: ReturnType<typeof analyzeUpstream>,
  layout: TextLayout,
): string[] {
  const { style } = layout
  const rows = Object.entries(analysis.energy_by_action)
    .sort(([, a], [, b]) => b - a)
    .map(([action, joules]) => [
      showHiddenInLine(action),
      String(analysis.action_counts[action] ?? 0),
      formatJoules(joules),
    ])
  const { total_energy_joules, avg_power_watts, total_duration_ms } = analysis
  const watts = `${formatWatts(avg_power_watts ?? undefined)} on average`
  const totals = [
    ['energy', `${style.bold(formatJoules(total_energy_joules))}  ${watts}`],
    ['actions', `${breakdowns.length}, ${formatDuration(total_duration_ms / 1000)} in total`],
  ] as const
  return [
    '',
    ...labelLines(totals, style),
    '',
    ...tableLines(['action', 'count', 'energy'], rows, layout),
    '',
    `${style.yellow('!')} counted as Intelligence Per Watt does: nested and parallel spans count several times`,
  ]
}
