/** What each group holds as of a playhead, for the rail: of what the canvas shows beside it. */
import { useEffect, useRef, useState } from 'react'
import type { TraceColumns } from '../model/columns.ts'
import type { GroupSum } from './tally.ts'

/** Figures that change more often cannot be read. */
const SUMS_MS = 200

/** By group. Costs a look at every span, so ask a few times a second at most. */
export function groupSumsAt(columns: TraceColumns, playheadS: number): GroupSum[] {
  const { startS, endS, errorAtS, group, parent, spanCount } = columns
  const sums = columns.groups.map((): GroupSum => ({ spans: 0, errors: 0, totalS: 0 }))
  for (let slot = 0; slot < spanCount; slot++) {
    const sum = sums[group[slot]!]
    if (sum === undefined || startS[slot]! > playheadS) continue
    sum.spans++
    if (errorAtS[slot]! <= playheadS) sum.errors++
    const above = parent[slot]!
    const isOutermost = above < 0 || group[above] !== group[slot]
    if (isOutermost && endS[slot]! <= playheadS) sum.totalS += endS[slot]! - startS[slot]!
  }
  return sums
}

/** The sums at the playhead; `whole`, which grow by themselves, while there is none. */
export function useGroupSums(
  columns: TraceColumns,
  playheadS: number | undefined,
  whole: readonly GroupSum[],
): readonly GroupSum[] {
  const [sums, setSums] = useState<readonly GroupSum[]>([])
  const takenMs = useRef(-Infinity)
  const { version } = columns
  useEffect(() => {
    if (playheadS === undefined) return undefined
    const waitMs = Math.max(0, takenMs.current + SUMS_MS - performance.now())
    const timer = setTimeout(() => {
      takenMs.current = performance.now()
      setSums(groupSumsAt(columns, playheadS))
    }, waitMs)
    return () => clearTimeout(timer)
  }, [columns, version, playheadS])
  return playheadS === undefined ? whole : sums
}
