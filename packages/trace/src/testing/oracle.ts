/**
 * The rules of pairing written down as plainly as possible, with no thought of speed: it sees the
 * whole log at once, sorted, and walks lists. The fast, incremental trace is held to it.
 */
import { splitEventType, type AgentEvent, type Metadata, type Phase } from '../line/event.ts'
import { errorOf, idsOf } from '../row/metadata-reader.ts'
import { kindOf } from '../row/kinds.ts'
import { SCOPE_KEYS } from '../row/metadata-keys.ts'

export interface OracleEvent {
  readonly event: AgentEvent
  readonly position: number
}

interface Facts {
  readonly kind: string
  readonly phase: Phase
  readonly ids: readonly (readonly [key: string, value: string])[]
  readonly metadata: Metadata
}

interface Item {
  readonly at: number
  readonly position: number
  readonly timeS: number
  readonly facts: Facts
  partner?: Item
  end?: Item
  parent?: Item
  unsure?: boolean
  ambiguous?: boolean
  released?: boolean
  closedByScope?: boolean
  error?: boolean
}

/** One line a span, and one a mark, that says all that pairing decides about it. */
export function oracle(events: readonly OracleEvent[]): string[] {
  const items: Item[] = events
    .map(({ event, position }) => ({ event, position }))
    .sort((a, b) => a.event.timestamp - b.event.timestamp || a.position - b.position)
    .map(({ event, position }, at) => {
      const { metadata } = event
      const facts = { ...splitEventType(event.event_type), ids: idsOf(metadata), metadata }
      return { at, position, timeS: event.timestamp, facts }
    })
  const kinds = new Set(items.map((item) => item.facts.kind))
  for (const kind of kinds) pairByIds(items.filter((item) => item.facts.kind === kind))
  const marks = sweep(items)
  const spans = items.filter((item) => item.facts.phase === 'start')
  return [...spans.map(describeSpan), ...marks].sort()
}

export function spanLine(span: {
  position: number
  end: number | undefined
  parent: number | undefined
  unsure: boolean
  ambiguous: boolean
  error: boolean
  released: boolean
}): string {
  const { position, end, parent, ...bits } = span
  const set = Object.entries(bits).filter(([, value]) => value)
  return `span ${position} end ${end} parent ${parent} ${set.map(([name]) => name).join(' ')}`
}

export function markLine(position: number, orphan: boolean, parent: number | undefined): string {
  return `${orphan ? 'orphan' : 'point'} ${position} in ${parent}`
}

function describeSpan(item: Item): string {
  return spanLine({
    position: item.position,
    end: item.end?.position,
    parent: item.parent?.position,
    unsure: item.unsure === true,
    ambiguous: item.ambiguous === true,
    error: hasError(item),
    released: item.released === true && item.end === undefined && item.facts.ids.length === 0,
  })
}

function hasError(item: Item): boolean {
  if (item.error === true || errorOf(item.facts.metadata) !== undefined) return true
  return item.end !== undefined && errorOf(item.end.facts.metadata) !== undefined
}

function pairByIds(items: readonly Item[]): void {
  const waiting: Item[] = []
  const orphans: Item[] = []
  const same = (a: Item, b: Item) =>
    a.facts.ids.length === b.facts.ids.length &&
    idScore(a.facts.ids, b.facts.ids) === a.facts.ids.length
  for (const item of items) {
    if (item.facts.ids.length === 0) continue
    if (item.facts.phase === 'start') {
      for (const other of waiting) if (same(other, item)) other.ambiguous = item.ambiguous = true
      waiting.push(item)
    } else if (item.facts.phase === 'end') {
      const scores = waiting.map((start) => idScore(start.facts.ids, item.facts.ids))
      const most = Math.max(0, ...scores)
      if (most === 0) {
        orphans.push(item)
        continue
      }
      const tied = waiting.filter((_, index) => scores[index] === most)
      if (tied.length > 1) for (const start of tied) start.ambiguous = true
      const scope = tied.map((start) => pairScore(start.facts, item.facts))
      const best = tied[scope.lastIndexOf(Math.max(...scope))]!
      waiting.splice(waiting.indexOf(best), 1)
      best.partner = item
      item.partner = best
    }
  }
  for (const end of orphans) {
    const index = waiting.findIndex(
      (start) => start.at > end.at && idScore(start.facts.ids, end.facts.ids) > 0,
    )
    if (index < 0) continue
    const [start] = waiting.splice(index, 1)
    start!.partner = end
    end.partner = start!
  }
}

function sweep(items: readonly Item[]): string[] {
  const marks: string[] = []
  const open: Item[] = []
  const ended: Item[] = []
  const close = (start: Item, end: Item) => {
    start.end = end
    open.splice(open.indexOf(start), 1)
    ended.push(start)
    if (start.ambiguous !== true) release(start, open)
  }
  for (const item of items) {
    const { facts } = item
    if (facts.phase === 'start') {
      chooseParent(item, items, open)
      if (item.partner !== undefined && item.partner.at < item.at) item.end = item.partner
      else open.push(item)
    } else if (facts.phase === 'point') {
      const owner = items
        .slice(0, item.at)
        .filter((other) => other.facts.phase === 'start' && sharesId(other, item))
        .at(-1)
      if (owner !== undefined && facts.kind === 'error_classified') owner.error = true
      const parent = owner ?? inferParent(facts, 4, open)?.[0]
      marks.push(markLine(item.position, false, parent?.position))
    } else if (item.partner !== undefined) {
      if (item.partner.at < item.at) close(item.partner, item)
    } else {
      const best = takeByScope(item, open, ended)
      if (best !== undefined) {
        close(best, item)
        best.closedByScope = true
      } else {
        const parent = inferParent(facts, kindOf(facts.kind).rank, open)?.[0]
        marks.push(markLine(item.position, true, parent?.position))
      }
    }
  }
  return marks
}

function takeByScope(end: Item, open: readonly Item[], ended: readonly Item[]): Item | undefined {
  const hasIds = end.facts.ids.length > 0
  const fits = (start: Item) =>
    start.facts.kind === end.facts.kind && pairScore(start.facts, end.facts) >= 0
  const candidates = open.filter(
    (start) => fits(start) && start.partner === undefined && start.released !== true,
  )
  const plain = candidates.filter((start) => start.facts.ids.length === 0)
  const chosen = plain.length > 0 || hasIds ? plain : candidates
  if (chosen.length > 1 || hasIds) for (const start of chosen) start.ambiguous = true
  const scores = chosen.map((start) => pairScore(start.facts, end.facts))
  const best = chosen[scores.lastIndexOf(Math.max(...scores))]
  if (best === undefined && !hasIds) {
    const last = ended.filter((start) => fits(start) && start.closedByScope === true).at(-1)
    if (last !== undefined) last.ambiguous = true
  }
  return best
}

function release(parent: Item, open: Item[]): void {
  for (const child of open.slice()) {
    if (child.parent !== parent || child.unsure === true || child.ambiguous === true) continue
    if (child.released === true) continue
    child.released = true
    if (child.facts.ids.length > 0) continue
    open.splice(open.indexOf(child), 1)
    release(child, open)
  }
}

function chooseParent(child: Item, items: readonly Item[], open: readonly Item[]): void {
  if (parentRefs(child).length > 0) {
    const parent = explicitParent(child, items)
    if (parent !== undefined) child.parent = parent
    return
  }
  const found = inferParent(child.facts, kindOf(child.facts.kind).rank, open)
  if (found === undefined || descends(found[0], child)) return
  child.parent = found[0]
  child.unsure = found[1]
}

function inferParent(
  child: Facts,
  rank: number,
  open: readonly Item[],
): [parent: Item, unsure: boolean] | undefined {
  for (let lower = rank - 1; lower >= 0; lower--) {
    const fits = open.filter(
      (item) => kindOf(item.facts.kind).rank === lower && parentScore(item.facts, child) >= 0,
    )
    const scores = fits.map((item) => parentScore(item.facts, child))
    const most = Math.max(...scores)
    const best = fits.filter((_, index) => scores[index] === most)
    if (best.length > 0) return [best.at(-1)!, best.length > 1]
  }
  return undefined
}

function explicitParent(child: Item, items: readonly Item[]): Item | undefined {
  for (const ref of parentRefs(child)) {
    const named = items.filter(
      (item) =>
        item !== child &&
        item.facts.phase === 'start' &&
        item.facts.ids.some(
          ([key, value]) => value === ref.value && (ref.idKey === undefined || key === ref.idKey),
        ),
    )
    const before = named.filter((item) => item.at < child.at)
    const parent =
      before.filter((item) => item.end === undefined).at(-1) ?? before.at(-1) ?? named[0]
    if (parent === undefined || descends(parent, child)) continue
    return parent
  }
  return undefined
}

function descends(item: Item, from: Item): boolean {
  for (let at: Item | undefined = item; at !== undefined; at = at.parent)
    if (at === from) return true
  return false
}

function sharesId(a: Item, b: Item): boolean {
  return a.facts.ids.some(([key, value]) =>
    b.facts.ids.some(([otherKey, otherValue]) => key === otherKey && value === otherValue),
  )
}

/** Which id key each explicit parent key names. */
const PARENT_KEYS = {
  parent_id: undefined,
  parent_span_id: 'span_id',
  parent_correlation_id: 'correlation_id',
}

function parentRefs(item: Item): { readonly idKey: string | undefined; readonly value: string }[] {
  return Object.entries(PARENT_KEYS).flatMap(([key, idKey]) => {
    const value = textOf(item.facts.metadata, key)
    return value === undefined ? [] : [{ idKey, value }]
  })
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function idScore(a: Facts['ids'], b: Facts['ids']): number {
  const shared = a.flatMap(([key, value]) =>
    b.filter(([otherKey]) => otherKey === key).map(([, otherValue]) => value === otherValue),
  )
  return shared.includes(false) ? -1 : shared.length
}

/** The first thirteen scope keys are hard, and the first nine bind a child to its parent. */
function pairScore(start: Facts, end: Facts): number {
  return score(start, end, SCOPE_KEYS, SCOPE_KEYS.slice(0, 13))
}

function parentScore(parent: Facts, child: Facts): number {
  return score(parent, child, SCOPE_KEYS.slice(0, 9), SCOPE_KEYS.slice(0, 9))
}

function score(a: Facts, b: Facts, keys: readonly string[], hard: readonly string[]): number {
  let agreed = 0
  for (const key of keys) {
    const one = textOf(a.metadata, key)
    const other = textOf(b.metadata, key)
    if (one === undefined || other === undefined) continue
    if (one === other) agreed++
    else if (hard.includes(key)) return -1
  }
  return agreed
}
