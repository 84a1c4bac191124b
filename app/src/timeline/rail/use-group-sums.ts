/** The rail's sums, a few times a second. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { TraceColumns } from '../../model/trace-columns.ts'
import { GroupSums, type GroupSum } from './group-sums.ts'

/** Figures that change more often cannot be read. */
const SUMS_MS = 200

/** What each group holds at the playhead; without one, all that is known. */
export function useGroupSums(
  columns: TraceColumns,
  playheadS: number | undefined,
): readonly GroupSum[] {
  const following = useMemo(() => new GroupSums(), [])
  const [sums, setSums] = useState<readonly GroupSum[]>(() => following.at(columns, playheadS))
  const takenMs = useRef(-Infinity)
  const { version } = columns
  useEffect(() => {
    const waitMs = Math.max(0, takenMs.current + SUMS_MS - performance.now())
    const timer = setTimeout(() => {
      takenMs.current = performance.now()
      setSums(following.at(columns, playheadS))
    }, waitMs)
    return () => clearTimeout(timer)
  }, [columns, following, version, playheadS])
  return sums
}
