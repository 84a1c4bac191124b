/** Orders spans and marks as a tree: parents before children, siblings by time. */
import type { Mark, Span } from '@wattline/trace'

export interface TreeRow {
  readonly item: Span | Mark
  readonly depth: number
}

/** Depth first. An item whose parent is not in `spans` is a root. */
export function treeRows(spans: readonly Span[], marks: readonly Mark[]): TreeRow[] {
  const present = new Set<Span>(spans)
  const children = new Map<Span | undefined, (Span | Mark)[]>()
  for (const item of [...spans, ...marks]) {
    const parent = item.parent !== undefined && present.has(item.parent) ? item.parent : undefined
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [item])
    else siblings.push(item)
  }
  // Last first, because the rows are taken from the end of the stack.
  const rowsBelow = (parent: Span | undefined, depth: number) =>
    (children.get(parent) ?? []).sort((a, b) => compare(b, a)).map((item) => ({ item, depth }))
  const rows: TreeRow[] = []
  // A stack instead of recursion: a log can be nested deeper than the call stack.
  const stack = rowsBelow(undefined, 0)
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row)
    if (!isSpan(row.item)) continue
    for (const child of rowsBelow(row.item, row.depth + 1)) stack.push(child)
  }
  return rows
}

export function isSpan(item: Span | Mark): item is Span {
  return 'startS' in item
}

/** Start of a span, time of a mark. Unix seconds. */
export function timeOf(item: Span | Mark): number {
  return isSpan(item) ? item.startS : item.timeS
}

function compare(a: Span | Mark, b: Span | Mark): number {
  return timeOf(a) - timeOf(b) || positionOf(a) - positionOf(b)
}

/** Position of the start of a span, or of a mark, in the log. */
export function positionOf(item: Span | Mark): number {
  return isSpan(item) ? item.startPosition : item.position
}
