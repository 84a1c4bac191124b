/**
 * Vertical layout of groups and rows, in CSS px from the top of all groups. For the groups
 * `planner` (2 rows), `critic` (3 rows, collapsed) and `coder` (1 row):
 *
 * ```
 *     0  header 24   ▾ planner
 *    24  row 0  20   bar 26–42
 *    44  row 1  20   bar 46–62
 *    64  gap     4
 *    68  header 24   ▸ critic   bars of all rows at 75–85
 *    92  header 24   ▾ coder
 *   116  row 0  20   bar 118–134
 *   136  gap     4
 *   140  end
 * ```
 */
import { lowerBound } from '@wattline/trace'
import type { TraceGroup } from '../../model/patch.ts'

export const HEADER_PX = 24
const ROW_PX = 20
export const BAR_PX = 16
const BAR_INSET_PX = (ROW_PX - BAR_PX) / 2
const COLLAPSED_BAR_PX = 10
const COLLAPSED_INSET_PX = (HEADER_PX - COLLAPSED_BAR_PX) / 2
const GAP_PX = 4

export interface GroupBlock {
  readonly label: string
  readonly rows: number
  readonly collapsed: boolean
  readonly topPx: number
  readonly heightPx: number
}

/** Blocks by group index. */
export interface GroupLayout {
  readonly blocks: readonly GroupBlock[]
  readonly heightPx: number
}

export function layoutGroups(
  groups: readonly TraceGroup[],
  collapsed: ReadonlySet<string>,
): GroupLayout {
  let topPx = 0
  const blocks = groups.map(({ label, rows }) => {
    const isCollapsed = collapsed.has(label)
    const heightPx = isCollapsed ? HEADER_PX : HEADER_PX + rows * ROW_PX + GAP_PX
    const block = { label, rows, collapsed: isCollapsed, topPx, heightPx }
    topPx += heightPx
    return block
  })
  return { blocks, heightPx: topPx }
}

/** Index of the block at or nearest to `contentYPx`; −1 without groups. */
export function blockIndexAt(layout: GroupLayout, contentYPx: number): number {
  const { blocks } = layout
  const after = lowerBound(0, blocks.length, (index) => blocks[index]!.topPx <= contentYPx)
  return Math.max(after - 1, blocks.length > 0 ? 0 : -1)
}

/** Top of the bars of a row. All rows of a collapsed group share one place in its header. */
export function barTopPx(block: GroupBlock, row: number): number {
  if (block.collapsed) return block.topPx + COLLAPSED_INSET_PX
  return block.topPx + HEADER_PX + row * ROW_PX + BAR_INSET_PX
}

export function barHeightPx(block: GroupBlock): number {
  return block.collapsed ? COLLAPSED_BAR_PX : BAR_PX
}

/** Rows [from, to) of a block that are visible between `topPx` and `bottomPx`. */
export function rowsBetween(
  block: GroupBlock,
  topPx: number,
  bottomPx: number,
): readonly [from: number, to: number] {
  if (block.collapsed) return [0, block.rows]
  const rowsTopPx = block.topPx + HEADER_PX
  const from = Math.max(0, Math.floor((topPx - rowsTopPx) / ROW_PX))
  const to = Math.min(block.rows, Math.ceil((bottomPx - rowsTopPx) / ROW_PX))
  return [from, Math.max(from, to)]
}
