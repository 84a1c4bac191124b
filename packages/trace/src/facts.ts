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

/** Keys on which a start and its end, or a parent and its child, may not differ. */
const HARD_KEYS = [
  'run_id',
  'agent_id',
  'agent_name',
  'agent',
  'thread',
  'worker',
  'pid',
  'turn_id',
  'task_id',
  'turn_idx',
  'tool',
  'tool_name',
  'name',
] as const

/** How many of HARD_KEYS, from the first, bind a child to its parent. */
const PARENT_KEY_COUNT = 9

/** Keys that only score: the requested and the served model may differ. */
const SOFT_KEYS = ['model', 'model_id', 'model_alias'] as const

const SCOPE_KEYS: readonly string[] = [...HARD_KEYS, ...SOFT_KEYS]

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

/** The values an event carries for SCOPE_KEYS, by index. Equal scopes are one object. */
export interface Scope {
  readonly values: readonly (string | undefined)[]
}

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

/** Reads events into facts; one reader a trace, because it shares equal scopes. */
export class FactReader {
  readonly #scopes = new Map<string, Scope>()

  read(event: AgentEvent): EventFacts {
    const { kind, phase } = splitEventType(event.event_type)
    const metadata = event.metadata
    return {
      kind,
      phase,
      timeS: event.timestamp,
      ids: readIds(metadata),
      scope: this.#readScope(metadata),
      parents: phase === 'start' ? readParents(metadata) : NO_PARENTS,
      subject: readSubject(metadata),
      agent: readFirst(metadata, AGENT_KEYS),
      error: readError(metadata),
      tokens: phase === 'point' ? undefined : readTokens(metadata),
      costUsd: phase === 'point' ? undefined : readNumber(metadata, COST_KEYS),
    }
  }

  #readScope(metadata: Metadata): Scope {
    let signature = ''
    for (const key of SCOPE_KEYS) {
      const text = scalarText(own(metadata, key))
      signature += text === undefined ? '\u0000' : `\u0001${text}\u0000`
    }
    const known = this.#scopes.get(signature)
    if (known !== undefined) return known
    const scope = { values: SCOPE_KEYS.map((key) => scalarText(own(metadata, key))) }
    this.#scopes.set(signature, scope)
    return scope
  }
}

/** Agreed hard and soft keys of a start and an end; −1 when they contradict on a hard key. */
export function scopeScore(start: Scope, end: Scope): number {
  return score(start, end, SCOPE_KEYS.length, HARD_KEYS.length)
}

/** Agreed keys of a span open at a child's start and that child; −1 on a contradiction. */
export function parentScore(parent: Scope, child: Scope): number {
  return score(parent, child, PARENT_KEY_COUNT, PARENT_KEY_COUNT)
}

function score(a: Scope, b: Scope, keyCount: number, hardCount: number): number {
  let agreed = 0
  for (let index = 0; index < keyCount; index++) {
    const left = a.values[index]
    const right = b.values[index]
    if (left === undefined || right === undefined) continue
    if (left === right) agreed++
    else if (index < hardCount) return -1
  }
  return agreed
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

/**
 * Where a kind stands in the order agent < turn < calls, waits and unknown kinds < parts of a call.
 * A span's parent is of lower rank.
 */
export function rankOf(kind: string): number {
  return RANKS.get(kind) ?? CALL_RANK
}

const CALL_RANK = 2
const RANKS: ReadonlyMap<string, number> = new Map([
  ['agent', 0],
  ['turn', 1],
  ['submodel_call', 3],
  ['prefill', 3],
  ['decode', 3],
])

const COST_KEYS = ['cost_usd', 'cost'] as const
const INPUT_KEYS = ['prompt_tokens', 'input_tokens'] as const
const OUTPUT_KEYS = ['completion_tokens', 'output_tokens'] as const
const TOTAL_KEYS = ['total_tokens'] as const
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

function readIds(metadata: Metadata): readonly IdPair[] {
  let ids: IdPair[] | undefined
  for (const key of ID_KEYS) {
    const value = own(metadata, key)
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) {
      ;(ids ??= []).push([key, String(value)])
    }
  }
  return ids ?? NO_IDS
}

function readParents(metadata: Metadata): readonly ParentRef[] {
  let parents: ParentRef[] | undefined
  for (const [key, idKey] of PARENT_KEYS) {
    const value = own(metadata, key)
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) {
      ;(parents ??= []).push({ idKey, value: String(value) })
    }
  }
  return parents ?? NO_PARENTS
}

function readSubject(metadata: Metadata): EventFacts['subject'] {
  for (let rank = 0; rank < SUBJECT_KEYS.length; rank++) {
    const text = scalarText(own(metadata, SUBJECT_KEYS[rank]!))
    if (text !== undefined) return { rank, text }
  }
  return undefined
}

function readFirst(metadata: Metadata, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = scalarText(own(metadata, key))
    if (text !== undefined) return text
  }
  return undefined
}

function readNumber(metadata: Metadata, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = own(metadata, key)
    if (typeof value === 'number' && Number.isFinite(value)) return value
  }
  return undefined
}

function readTokens(metadata: Metadata): Tokens | undefined {
  const input = readNumber(metadata, INPUT_KEYS)
  const output = readNumber(metadata, OUTPUT_KEYS)
  const told = readNumber(metadata, TOTAL_KEYS)
  if (input === undefined && output === undefined && told === undefined) return undefined
  return { input, output, total: told ?? (input ?? 0) + (output ?? 0) }
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
