/** What each group holds as of a playhead, for the rail: of what the canvas shows beside it. */
import type { TraceColumns } from '../model/columns.ts'
import type { GroupSum } from './tally.ts'

/** By group. Costs a look at every span, so ask a few times a second at most. */
export function groupSumsAt(columns: TraceColumns, playheadS: number): GroupSum[] {
  const { startS, endS, errorAtS, group, parent, spanCount } = columns
  const sums = columns.groups.map((): GroupSum => ({ spans: 0, errors: 0, totalS: 0 }))
  for (let slot = 0; slot < spanCount; slot++) {
    const sum = sums[group.at(slot)]
    if (sum === undefined || startS.at(slot) > playheadS) continue
    sum.spans++
    if (errorAtS.at(slot) <= playheadS) sum.errors++
    const above = parent.at(slot)
    const isOutermost = above < 0 || group.at(above) !== group.at(slot)
    if (isOutermost && endS.at(slot) <= playheadS) sum.totalS += endS.at(slot) - startS.at(slot)
  }
  return sums
}
