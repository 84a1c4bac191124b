/**
 * The group names beside the canvas, aligned with their blocks. Each is a button that folds its
 * group. Only visible groups are in the DOM.
 */
import { memo, useEffect, useMemo, useState } from 'react'
import { formatCount, formatDuration } from '@wattline/trace'
import { plural } from '../../base/format.ts'
import { useThrottle } from '../../base/use-scheduled.ts'
import { groupLabel } from '../../model/span-labels.ts'
import {
  HEADER_PX,
  blockIndexAt,
  type GroupBlock,
  type GroupLayout,
} from '../layout/group-layout.ts'
import type { Columns } from '../../model/columns.ts'
import { GroupSums, type GroupSum } from './group-sums.ts'

export interface GroupRailProps {
  readonly layout: GroupLayout
  readonly sums: readonly GroupSum[]
  readonly scrollTopPx: number
  readonly heightPx: number
  readonly onToggle: (label: string) => void
  /** A wheel over the rail scrolls the groups. */
  readonly onWheel: (byPx: number) => void
  /** A group has the focus: scrolls its name, at this place in the content, into view. */
  readonly onReveal: (topPx: number, heightPx: number) => void
}

/** Further groups at both edges, so that Tab reaches them. */
const OVERSCAN = 3
/** Sums are updated at most this often, to stay readable. */
const SUMS_MS = 200

export const GroupRail = memo(function GroupRail(props: GroupRailProps) {
  const { layout, sums, scrollTopPx, heightPx, onToggle, onWheel, onReveal } = props
  return (
    <nav
      className="timeline-rail"
      aria-label="Groups"
      onWheel={(event) => {
        if (!event.ctrlKey && !event.metaKey) onWheel(event.deltaY)
      }}
    >
      <ul style={{ transform: `translateY(${-scrollTopPx}px)` }}>
        {visibleGroups(layout, scrollTopPx, heightPx).map((group) => (
          <Group
            key={group}
            block={layout.blocks[group]!}
            sum={sums[group]}
            onToggle={onToggle}
            onReveal={onReveal}
          />
        ))}
      </ul>
    </nav>
  )
})

function visibleGroups(layout: GroupLayout, scrollTopPx: number, heightPx: number): number[] {
  const first = Math.max(0, blockIndexAt(layout, scrollTopPx) - OVERSCAN)
  const last = blockIndexAt(layout, scrollTopPx + heightPx) + OVERSCAN
  const count = Math.min(last, layout.blocks.length - 1) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, at) => first + at)
}

interface GroupProps {
  readonly block: GroupBlock
  readonly sum: GroupSum | undefined
  readonly onToggle: (label: string) => void
  readonly onReveal: (topPx: number, heightPx: number) => void
}

function Group({ block, sum, onToggle, onReveal }: GroupProps) {
  const { label, collapsed, topPx, heightPx } = block
  const errors = sum?.errors ?? 0
  const spans = sum?.spans ?? 0
  const name = groupLabel(label)
  const failed = errors === 0 ? '' : `, ${formatCount(errors)} failed`
  return (
    <li style={{ top: topPx, height: heightPx }}>
      <button
        type="button"
        aria-expanded={!collapsed}
        title={name}
        onFocus={({ currentTarget }) => {
          // A press focuses as well, and must not move its target away.
          if (currentTarget.matches(':focus-visible')) onReveal(topPx, HEADER_PX)
        }}
        onClick={() => onToggle(label)}
      >
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <path d="M3.5 4.5 6 7.5 8.5 4.5" />
        </svg>
        <span className="timeline-group-name" dir="auto">
          {name}
        </span>{' '}
        {spans === 0 ? null : (
          <>
            <span className="timeline-group-count">{formatCount(spans)}</span>
            <span className="timeline-hidden">
              {' '}
              {plural(spans, 'span')}
              {failed}
            </span>
          </>
        )}
      </button>
      {collapsed ? null : (
        <p>
          {sum !== undefined && sum.totalS > 0 ? <span>{formatDuration(sum.totalS)}</span> : null}
          {errors > 0 ? (
            <span className="timeline-failed">{formatCount(errors)} failed</span>
          ) : null}
        </p>
      )}
    </li>
  )
}

/** The sums of each group at the playhead; without one, of all known spans. */
export function useGroupSums(columns: Columns, playheadS: number | undefined): readonly GroupSum[] {
  const groupSums = useMemo(() => new GroupSums(), [])
  const [sums, setSums] = useState<readonly GroupSum[]>(() => groupSums.at(columns, playheadS))
  const update = useThrottle(SUMS_MS, () => setSums(groupSums.at(columns, playheadS)))
  const { version } = columns
  useEffect(() => update().schedule(), [update, columns, version, playheadS])
  return sums
}
