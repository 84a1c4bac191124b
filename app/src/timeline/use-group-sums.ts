/** The rail's sums as of a playhead, a few times a second. */
import { useEffect, useRef, useState } from 'react'
import type { TraceColumns } from '../model/columns.ts'
import { groupSumsAt } from './group-sums.ts'
import type { GroupSum } from './tally.ts'

/** Figures that change more often cannot be read. */
const SUMS_MS = 200

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
