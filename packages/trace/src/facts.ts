/**
 * What pairing needs to know of one event, read from its metadata once, at the edge: ids, the keys
 * that tell concurrent work apart, explicit parents, error, tokens and cost. Metadata keys are
 * data, so every read goes through `Object.hasOwn`.
 */
import {
  splitEventType,
  type AgentEvent,
  type JsonValue,
  type Metadata,
  type Phase,
} from './event.ts'
import { SCOPE_KEYS, ScopeTable, type Scope } from './scope.ts'
import type { Tokens } from './span.ts'

/** Keys whose value names one span, most specific first. */
export const ID_KEYS = [
  'span_id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'correlation_id',
  'request_id',
  'id',
] as const

/** Which id key an explicit parent key names; undefined = any. */
const PARENT_KEYS = [
  ['parent_id', undefined],
  ['parent_span_id', 'span_id'],
  ['parent_correlation_id', 'correlation_id'],
] as const

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
] as const

const AGENT_KEYS = ['agent_name', 'agent_id', 'agent'] as const

export type IdPair = readonly [key: string, value: string]

export interface ParentRef {
  readonly idKey: string | undefined
  readonly value: string
}

export interface EventFacts {
  readonly kind: string
  readonly phase: Phase
  readonly timeS: number
  readonly ids: readonly IdPair[]
  readonly scope: Scope
  readonly parents: readonly ParentRef[]
  /** By index of SUBJECT_KEYS; the lowest index wins over start and end together. */
  readonly subject: { readonly rank: number; readonly text: string } | undefined
  readonly agent: string | undefined
  /** Undefined = no error; '' = an error without a text. */
  readonly error: string | undefined
  readonly tokens: Tokens | undefined
  readonly costUsd: number | undefined
}

/** What a metadata key is read for; one key may have several uses. */
interface KeyUse {
  readonly idIndex: number
  readonly scopeIndex: number
  readonly subjectRank: number
  readonly agentRank: number
  readonly parentIndex: number
  readonly figure: Figure | undefined
  readonly isError: boolean
}

type Figure = 'input' | 'output' | 'total' | 'cost'

const FIGURES: ReadonlyMap<string, Figure> = new Map([
  ['prompt_tokens', 'input'],
  ['input_tokens', 'input'],
  ['completion_tokens', 'output'],
  ['output_tokens', 'output'],
  ['total_tokens', 'total'],
  ['cost_usd', 'cost'],
  ['cost', 'cost'],
])

const ERROR_KEYS: readonly string[] = ['error', 'success', 'status', 'error_type']

const KEY_USES: ReadonlyMap<string, KeyUse> = new Map(
  [
    ...new Set<string>([
      ...ID_KEYS,
      ...SCOPE_KEYS,
      ...SUBJECT_KEYS,
      ...AGENT_KEYS,
      ...PARENT_KEYS.map(([key]) => key),
      ...FIGURES.keys(),
      ...ERROR_KEYS,
    ]),
  ].map((key) => [
    key,
    {
      idIndex: indexIn(ID_KEYS, key),
      scopeIndex: indexIn(SCOPE_KEYS, key),
      subjectRank: indexIn(SUBJECT_KEYS, key),
      agentRank: indexIn(AGENT_KEYS, key),
      parentIndex: PARENT_KEYS.findIndex(([parentKey]) => parentKey === key),
      figure: FIGURES.get(key),
      isError: ERROR_KEYS.includes(key),
    },
  ]),
)

function indexIn(keys: readonly string[], key: string): number {
  return keys.indexOf(key)
}

/** Reads events into facts; one reader a trace, because it shares equal scopes. */
export class FactReader {
  readonly #scopes = new ScopeTable()

  /** Looks at each of the event's own keys once: most events carry few, and few of those known. */
  read(event: AgentEvent): EventFacts {
    const { kind, phase } = splitEventType(event.event_type)
    const { metadata } = event
    const ids: [index: number, pair: IdPair][] = []
    const parents: [index: number, ref: ParentRef][] = []
    const values = this.#scopes.blank()
    const figures: { -readonly [key in Figure]?: number } = {}
    let subject: EventFacts['subject']
    let agent: { readonly rank: number; readonly text: string } | undefined
    let mayHaveFailed = false
    for (const key of Object.keys(metadata)) {
      const use = KEY_USES.get(key)
      if (use === undefined) continue
      const value = metadata[key]
      const text = scalarText(value)
      if (use.isError) mayHaveFailed = true
      if (text === undefined) continue
      const isId = typeof value === 'string' || typeof value === 'number'
      if (use.idIndex >= 0 && isId) ids.push([use.idIndex, [key, text]])
      if (use.parentIndex >= 0 && isId && phase === 'start') {
        parents.push([use.parentIndex, { idKey: PARENT_KEYS[use.parentIndex]![1], value: text }])
      }
      if (use.scopeIndex >= 0) values[use.scopeIndex] = text
      subject = lowest(subject, use.subjectRank, text)
      agent = lowest(agent, use.agentRank, text)
      if (use.figure !== undefined && typeof value === 'number' && Number.isFinite(value)) {
        figures[use.figure] ??= value
      }
    }
    return {
      kind,
      phase,
      timeS: event.timestamp,
      ids: ids.length === 0 ? NO_IDS : inOrder(ids),
      scope: this.#scopes.share(values),
      parents: parents.length === 0 ? NO_PARENTS : inOrder(parents),
      subject,
      agent: agent?.text,
      error: mayHaveFailed ? readError(metadata) : undefined,
      tokens: phase === 'point' ? undefined : tokensOf(figures),
      costUsd: phase === 'point' ? undefined : figures.cost,
    }
  }
}

function lowest(
  best: { readonly rank: number; readonly text: string } | undefined,
  rank: number,
  text: string,
): { readonly rank: number; readonly text: string } | undefined {
  if (rank < 0 || (best !== undefined && best.rank < rank)) return best
  return { rank, text }
}

function inOrder<T>(items: [index: number, item: T][]): readonly T[] {
  if (items.length > 1) items.sort(([a], [b]) => a - b)
  return items.map(([, item]) => item)
}

function tokensOf(figures: { readonly [key in Figure]?: number }): Tokens | undefined {
  const { input, output, total } = figures
  if (input === undefined && output === undefined && total === undefined) return undefined
  return { input, output, total: total ?? (input ?? 0) + (output ?? 0) }
}

/** Agreed id keys of two events; −1 when they differ on one that both carry. */
export function idScore(a: readonly IdPair[], b: readonly IdPair[]): number {
  let agreed = 0
  for (const [key, value] of a) {
    for (const [otherKey, otherValue] of b) {
      if (key !== otherKey) continue
      if (value !== otherValue) return -1
      agreed++
    }
  }
  return agreed
}

const NO_IDS: readonly IdPair[] = []
const NO_PARENTS: readonly ParentRef[] = []

function own(metadata: Metadata, key: string): JsonValue | undefined {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined
}

/** Text under which two values are the same; null and '' are absent. */
function scalarText(value: JsonValue | undefined): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? undefined : JSON.stringify(value)
    default:
      return undefined
  }
}

const FAILED: ReadonlySet<JsonValue | undefined> = new Set(['error', 'failed', 'ERROR', 'FAILED'])

function readError(metadata: Metadata): string | undefined {
  const error = own(metadata, 'error')
  const text = errorText(error)
  if (text !== undefined) return text
  const failed = own(metadata, 'success') === false || FAILED.has(own(metadata, 'status'))
  return failed ? (scalarText(own(metadata, 'error_type')) ?? '') : undefined
}

function errorText(error: JsonValue | undefined): string | undefined {
  if (error === undefined || error === null || error === '' || error === false) return undefined
  if (typeof error === 'string') return error
  if (typeof error === 'object' && !Array.isArray(error)) {
    const fields = error as Metadata
    const message = own(fields, 'message')
    if (typeof message === 'string' && message !== '') return message
    return Object.keys(fields).length === 0 ? undefined : JSON.stringify(error)
  }
  if (Array.isArray(error)) return error.length === 0 ? undefined : JSON.stringify(error)
  return error === true ? '' : String(error)
}
