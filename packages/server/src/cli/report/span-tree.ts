/** Spans and marks as the rows of a tree: parents before children, siblings in order of time. */
import type { Mark, Span } from '@wattline/trace'

export type TreeRow =
  | { readonly type: 'span'; readonly span: Span; readonly depth: number }
  | { readonly type: 'mark'; readonly mark: Mark; readonly depth: number }

type Item = Span | Mark

/**
 * Depth first. An item whose parent is not among `spans` is a root.
 */
export function treeRows(spans: readonly Span[], marks: readonly Mark[]): TreeRow[] {
  const present = new Set<Span>(spans)
  const children = new Map<Span | undefined, Item[]>()
  for (const item of [...spans, ...marks]) {
    const parent = item.parent !== undefined && present.has(item.parent) ? item.parent : undefined
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [item])
    else siblings.push(item)
  }
  const rows: TreeRow[] = []
  // A stack, not recursion: a log may nest deeper than the call stack.
  const stack = lastFirst(children.get(undefined), 0)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { item, depth } = next
    if (isSpan(item)) {
      rows.push({ type: 'span', span: item, depth })
      for (const child of lastFirst(children.get(item), depth + 1)) stack.push(child)
    } else {
      rows.push({ type: 'mark', mark: item, depth })
    }
  }
  return rows
}

function lastFirst(
  items: readonly Item[] | undefined,
  depth: number,
): { item: Item; depth: number }[] {
  return [...(items ?? [])].sort((a, b) => compare(b, a)).map((item) => ({ item, depth }))
}

function compare(a: Item, b: Item): number {
  return timeOf(a) - timeOf(b) || positionOf(a) - positionOf(b)
}

function isSpan(item: Item): item is Span {
  return 'startS' in item
}

function timeOf(item: Item): number {
  return isSpan(item) ? item.startS : item.timeS
}

function positionOf(item: Item): number {
  return isSpan(item) ? item.startPosition : item.position
}
