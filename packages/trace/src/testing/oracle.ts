/**
 * The pairing rules in their simplest form: a reference for the incremental trace. It gets the whole
 * log at once, sorts it and searches lists. It shares no rule with the code under test, so all key
 * lists and the rules of ranks, ids and errors are written down again here.
 */
import type { AgentEvent, Metadata } from '../line/event.ts'

export const ID_KEYS = [
  'correlation_id',
  'span_id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'request_id',
  'id',
] as const

/** A child and its parent may not differ on these. */
const PARENT_SCOPE_KEYS = [
  'run_id',
  'agent_id',
  'agent_name',
  'agent',
  'thread',
  'worker',
  'pid',
  'turn_id',
  'task_id',
]

/** A start and its end may not differ on these. */
export const HARD_KEYS = [...PARENT_SCOPE_KEYS, 'turn_idx', 'tool', 'tool_name', 'name']

/** A start and its end may differ on these; an agreement counts. */
export const SOFT_KEYS = ['model', 'model_id', 'model_alias']

/** A parent has a lower rank than its child; kinds not listed rank with tool calls. */
const RANKS: Readonly<Record<string, number>> = {
  agent: 0,
  turn: 1,
  lm_inference: 2,
  tool_call: 2,
  wait: 2,
  submodel_call: 3,
  prefill: 3,
  decode: 3,
}
const RANK_OF_UNKNOWN_KINDS = 2
/** Any open span can be the parent of a point. */
const RANK_OF_POINTS = 4

/** The explicit parent keys, and which id key each refers to; undefined = any. */
export const PARENT_KEYS: ReadonlyMap<string, string | undefined> = new Map([
  ['parent_id', undefined],
  ['parent_span_id', 'span_id'],
  ['parent_correlation_id', 'correlation_id'],
])

/** For an end without ids, only starts with this many sets of keys are searched. */
const MOST_KEY_SETS = 64
const SCOPE_KEYS = [...HARD_KEYS, ...SOFT_KEYS.toReversed()]
/** An end that fits more starts by id takes the latest, whatever their scopes. */
const MOST_COMPARED = 64
/** A parent is searched for in the latest of these starts that carry its id. */
const MOST_SEARCHED = 64

/** An event, its position in the log and its writer. */
export interface OracleEvent {
  readonly event: AgentEvent
  readonly position: number
  readonly writer?: number
}

type Ids = readonly (readonly [key: string, value: string])[]

interface Item {
  /** Index in the sorted log. */
  readonly at: number
  readonly position: number
  readonly writer: number
  readonly kind: string
  readonly phase: 'start' | 'end' | 'point' | 'update'
  readonly ids: Ids
  readonly metadata: Metadata
  /** The start or end it is paired with by id. */
  partner?: Item
  /** The end of a start, by id or by scope. */
  end?: Item
  parent?: Item
  unsure?: boolean
  ambiguous?: boolean
  /** Its certain parent has ended, so no end can be its own unless it has an id. */
  released?: boolean
  closedByScope?: boolean
  error?: boolean
  /** The texts of the points that reported its error. */
  readonly reports: (string | undefined)[]
  /** The updates of a span in the order of the log. */
  readonly updates: Item[]
}

/** One line for each span and each mark, with everything that pairing decides about it, sorted. */
export function oracle(events: readonly OracleEvent[]): string[] {
  const items = events
    .toSorted((a, b) => a.event.timestamp - b.event.timestamp || a.position - b.position)
    .map(({ event: { event_type, metadata }, position, writer = 0 }, at): Item => {
      const kind = kindAndPhase(event_type)
      return {
        at,
        position,
        writer,
        ...kind,
        ids: idsOf(metadata),
        metadata,
        updates: [],
        reports: [],
      }
    })
  const writers = new Set(items.map((item) => item.writer))
  for (const kind of new Set(items.map((item) => item.kind))) {
    const ofKind = items.filter((item) => item.kind === kind)
    for (const writer of writers) pairByIds(ofKind.filter((item) => item.writer === writer))
    if (writers.size > 1)
      pairByIds(
        ofKind.filter((item) => item.partner === undefined),
        false,
      )
  }
  applyUpdates(items)
  const marks = pairByScope(items)
  const spans: string[] = items.filter((item) => item.phase === 'start').map(describeSpan)
  return [...spans, ...marks].sort()
}

/** The line of a span. Positions are those of its events in the log. */
export function spanLine(span: {
  position: number
  end: number | undefined
  parent: number | undefined
  unsure: boolean
  ambiguous: boolean
  error: boolean
  released: boolean
  updates: readonly number[]
  shown: Shown
}): string {
  const { position, end, parent, updates, shown, ...bits } = span
  const set = Object.entries(bits).filter(([, value]) => value)
  const names = set.map(([name]) => name).join(' ')
  return `span ${position} end ${end} parent ${parent} ${names} ${JSON.stringify({ updates, shown })}`
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
    released: item.released === true && item.end === undefined && item.ids.length === 0,
    updates: item.updates.map((update) => update.position),
    shown: shownOf(startOf(item), item),
  })
}

function hasError(item: Item): boolean {
  if (item.error === true || isError(startOf(item))) return true
  return item.end !== undefined && isError(item.end.metadata)
}

function kindAndPhase(eventType: string): Pick<Item, 'kind' | 'phase'> {
  const [, kind, phase] = /^(.+)_(start|end)$/s.exec(eventType) ?? []
  if (eventType === 'span_update') return { kind: eventType, phase: 'update' }
  if (kind === undefined || eventType === 'trajectory_end') {
    return { kind: eventType, phase: 'point' }
  }
  return { kind, phase: phase === 'start' ? 'start' : 'end' }
}

function rankOf(kind: string): number {
  return Object.hasOwn(RANKS, kind) ? RANKS[kind]! : RANK_OF_UNKNOWN_KINDS
}

function idsOf(metadata: Metadata): Ids {
  return ID_KEYS.flatMap((key) => {
    const value = textOf(metadata, key)
    const isId = typeof metadata[key] === 'string' || typeof metadata[key] === 'number'
    return isId && value !== undefined ? [[key, value] as const] : []
  })
}

/** An update belongs to the last start with its span_id before it, else to the first one after it. */
function applyUpdates(items: readonly Item[]): void {
  const spanId = ({ ids }: Item) => ids.find(([key]) => key === 'span_id')?.[1]
  for (const update of items.filter((item) => item.phase === 'update')) {
    const id = spanId(update)
    const all = items.filter((item) => item.phase === 'start' && spanId(item) === id)
    const own = all.filter((item) => item.writer === update.writer)
    const named = id === undefined ? [] : own.length > 0 ? own : all
    const updated = named.filter((item) => item.at < update.at).at(-1) ?? named[0]
    updated?.updates.push(update)
  }
}

/** The positions of the updates that name no span. */
export function unknownUpdates(events: readonly OracleEvent[]): number[] {
  const named = oracle(events).flatMap((line) => {
    const updates = /"updates":\[([\d,]*)\]/.exec(line)?.[1] ?? ''
    return updates === '' ? [] : updates.split(',').map(Number)
  })
  return events
    .filter(({ event }) => event.event_type === 'span_update')
    .map(({ position }) => position)
    .filter((position) => !named.includes(position))
}

/** The metadata of a start, overlaid by that of its updates. Empty values say nothing. */
function startOf({ metadata, updates }: Item): Metadata {
  const said = updates.flatMap((update) =>
    Object.entries(update.metadata).filter(([key]) => textOf(update.metadata, key) !== undefined),
  )
  return { ...metadata, ...Object.fromEntries(said) }
}

/** What updates can change of a span. */
export interface Shown {
  readonly subject: string | undefined
  readonly startSubject: string | undefined
  readonly error: string | undefined
  readonly input: number | undefined
  readonly costUsd: number | undefined
}

/** The keys of a subject, the preferred one first. */
const SUBJECT_KEYS = [
  'tool',
  'tool_name',
  'model_alias',
  'model_id',
  'model',
  'agent_name',
  'agent_id',
  'name',
  'turn_idx',
]

function shownOf(start: Metadata, { end, kind, reports }: Item): Shown {
  const both = end === undefined ? [start] : [end.metadata, start]
  const number = (key: string) =>
    both.map((metadata) => metadata[key]).find((value) => typeof value === 'number')
  const subject = (of: readonly Metadata[]) =>
    (kind === 'turn' ? ['turn_idx', ...SUBJECT_KEYS] : SUBJECT_KEYS)
      .flatMap((key) => of.map((metadata) => textOf(metadata, key)))
      .find((text) => text !== undefined)
  return {
    subject: subject(both),
    startSubject: subject([start]),
    error: [...both.map((metadata) => textOf(metadata, 'error')), ...reports].find(
      (text) => text !== undefined,
    ),
    input: number('input_tokens'),
    costUsd: number('cost_usd'),
  }
}

/** For the values that the generated logs contain. */
function isError(metadata: Metadata): boolean {
  const { success, status } = metadata
  return (
    textOf(metadata, 'error') !== undefined ||
    success === false ||
    status === 'error' ||
    status === 'failed'
  )
}

/** Of several writers, starts that share their ids are certain until an end fits more than one. */
function pairByIds(items: readonly Item[], isOneWriter = true): void {
  const waiting: Item[] = []
  const orphans: Item[] = []
  const same = (a: Item, b: Item) =>
    a.ids.length === b.ids.length && idScore(a.ids, b.ids) === a.ids.length
  for (const item of items) {
    if (item.ids.length === 0) continue
    if (item.phase === 'start') {
      for (const other of isOneWriter ? waiting : [])
        if (same(other, item)) other.ambiguous = item.ambiguous = true
      waiting.push(item)
    } else if (item.phase === 'end') {
      const scores = waiting.map((start) => idScore(start.ids, item.ids))
      const most = Math.max(0, ...scores)
      if (most === 0) {
        orphans.push(item)
        continue
      }
      const tied = waiting.filter((_, index) => scores[index] === most)
      if (tied.length > 1) for (const start of tied) start.ambiguous = true
      const isCompared = tied.length <= MOST_COMPARED
      const scope = tied.map((start) => (isCompared ? pairScore(start, item) : 0))
      const best = tied[scope.lastIndexOf(Math.max(...scope))]!
      waiting.splice(waiting.indexOf(best), 1)
      best.partner = item
      item.partner = best
    }
  }
  // An end without a start takes the first start after it: the clock was set back in between.
  for (const end of orphans) {
    const index = waiting.findIndex((start) => start.at > end.at && idScore(start.ids, end.ids) > 0)
    if (index < 0) continue
    const [start] = waiting.splice(index, 1)
    start!.partner = end
    end.partner = start!
  }
}

function pairByScope(items: readonly Item[]): string[] {
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
    if (item.phase === 'start') {
      chooseParent(item, items, open)
      if (item.partner !== undefined && item.partner.at < item.at) item.end = item.partner
      else open.push(item)
    } else if (item.phase === 'point') {
      const owners = items
        .slice(0, item.at)
        .filter((other) => other.phase === 'start' && sharesId(other, item))
      const owner = owners.filter((other) => other.writer === item.writer).at(-1) ?? owners.at(-1)
      if (owner !== undefined && item.kind === 'error_classified') {
        owner.error = true
        owner.reports.push(textOf(item.metadata, 'error'))
      }
      const parent = owner ?? inferParent(item, RANK_OF_POINTS, open)?.[0]
      marks.push(markLine(item.position, false, parent?.position))
    } else if (item.phase === 'update') {
      continue
    } else if (item.partner !== undefined) {
      if (item.partner.at < item.at) close(item.partner, item)
    } else {
      const best = takeByScope(item, open, ended)
      if (best !== undefined) {
        close(best, item)
        best.closedByScope = true
      } else {
        const parent = inferParent(item, rankOf(item.kind), open)?.[0]
        marks.push(markLine(item.position, true, parent?.position))
      }
    }
  }
  return marks
}

/** The open start that an end without a partner takes; all candidates become ambiguous. */
function takeByScope(end: Item, open: readonly Item[], ended: readonly Item[]): Item | undefined {
  const hasIds = end.ids.length > 0
  const fits = (start: Item) => start.kind === end.kind && pairScore(start, end) >= 0
  const waiting = open.filter(
    (start) => start.kind === end.kind && start.partner === undefined && start.released !== true,
  )
  const plain = waiting.filter((start) => start.ids.length === 0)
  const searchedPlain = firstKeySets(plain, SCOPE_KEYS)
  const isUncertainPlain = searchedPlain.length < plain.length
  const isPlain = searchedPlain.some(fits) || hasIds || isUncertainPlain
  const all = isPlain ? plain : waiting.filter((start) => start.ids.length > 0)
  const searched = firstKeySets(all, SCOPE_KEYS)
  const chosen = searched.filter(fits)
  const isUncertain = searched.length < all.length
  if (isUncertain) for (const start of all) start.ambiguous = true
  if (chosen.length > 1 || hasIds) for (const start of chosen) start.ambiguous = true
  const scores = chosen.map((start) => pairScore(start, end))
  const best = chosen[scores.lastIndexOf(Math.max(...scores))]
  if (best === undefined && !hasIds) {
    const closed = ended.filter(({ kind, closedByScope }) => kind === end.kind && closedByScope)
    const last = firstKeySets(closed, HARD_KEYS).filter(fits).at(-1)
    if (last !== undefined) last.ambiguous = true
  }
  return best
}

/** The items whose set of keys is among the first sets, in the order of their masks. */
function firstKeySets(items: readonly Item[], keys: readonly string[]): readonly Item[] {
  const maskOf = ({ metadata }: Item) =>
    keys.reduce((mask, key, bit) => mask + (textOf(metadata, key) === undefined ? 0 : 2 ** bit), 0)
  const masks = [...new Set(items.map(maskOf))].toSorted((a, b) => a - b).slice(0, MOST_KEY_SETS)
  return items.filter((item) => masks.includes(maskOf(item)))
}

/** The children of a certain parent that ended stop being candidates, and theirs. */
function release(parent: Item, open: Item[]): void {
  for (const child of open.slice()) {
    if (child.parent !== parent || child.unsure === true || child.ambiguous === true) continue
    if (child.released === true) continue
    child.released = true
    if (child.ids.length > 0) continue
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
  const found = inferParent(child, rankOf(child.kind), open)
  if (found === undefined || descends(found[0], child)) return
  child.parent = found[0]
  child.unsure = found[1]
}

/** The best open span of the highest rank below `rank`, and whether another is as good. */
function inferParent(
  child: Item,
  rank: number,
  open: readonly Item[],
): [parent: Item, unsure: boolean] | undefined {
  for (let lower = rank - 1; lower >= 0; lower--) {
    const fits = open.filter((item) => rankOf(item.kind) === lower && parentScore(item, child) >= 0)
    const scores = fits.map((item) => parentScore(item, child))
    const most = Math.max(...scores)
    const best = fits.filter((_, index) => scores[index] === most)
    if (best.length > 0) return [best.at(-1)!, best.length > 1]
  }
  return undefined
}

function explicitParent(child: Item, items: readonly Item[]): Item | undefined {
  for (const ref of parentRefs(child)) {
    const all = items.filter(
      (item) =>
        item !== child &&
        item.phase === 'start' &&
        item.ids.some(
          ([key, value]) => value === ref.value && (ref.idKey === undefined || key === ref.idKey),
        ),
    )
    const own = all.filter((item) => item.writer === child.writer)
    const named = own.length > 0 ? own : all
    const before = named.filter((item) => item.at < child.at)
    const parent =
      before
        .slice(-MOST_SEARCHED)
        .filter((item) => item.end === undefined)
        .at(-1) ??
      before.at(-1) ??
      named[0]
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
  return a.ids.some(([key, value]) =>
    b.ids.some(([otherKey, otherValue]) => key === otherKey && value === otherValue),
  )
}

function parentRefs(item: Item): { readonly idKey: string | undefined; readonly value: string }[] {
  return [...PARENT_KEYS].flatMap(([key, idKey]) => {
    const value = textOf(item.metadata, key)
    return value === undefined ? [] : [{ idKey, value }]
  })
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function idScore(a: Ids, b: Ids): number {
  const shared = a.flatMap(([key, value]) =>
    b.filter(([otherKey]) => otherKey === key).map(([, otherValue]) => value === otherValue),
  )
  return shared.includes(false) ? -1 : shared.length
}

/** How many scope keys two items agree on; −1 if they differ on one that must agree. */
function pairScore(start: Item, end: Item): number {
  return score(start, end, [...HARD_KEYS, ...SOFT_KEYS], HARD_KEYS)
}

function parentScore(parent: Item, child: Item): number {
  return score(parent, child, PARENT_SCOPE_KEYS, PARENT_SCOPE_KEYS)
}

function score(a: Item, b: Item, keys: readonly string[], hard: readonly string[]): number {
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
