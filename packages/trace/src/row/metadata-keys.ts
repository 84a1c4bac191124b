/** The metadata keys that have a meaning, by what they are read for. A key may be in several lists. */

/** Keys whose value names one span, the most specific first. */
export const ID_KEYS = [
  'span_id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'correlation_id',
  'request_id',
  'id',
] as const

/** Keys that name a span's parent, and the id key (an index into ID_KEYS) of that parent; −1 = any. */
export const PARENT_KEYS: readonly (readonly [key: string, idKey: number])[] = [
  ['parent_id', -1],
  ['parent_span_id', ID_KEYS.indexOf('span_id')],
  ['parent_correlation_id', ID_KEYS.indexOf('correlation_id')],
]

/** Whether values of this key name a span, its own or its parent. */
export function isLinkKey(key: string): boolean {
  return ID_KEYS.some((id) => id === key) || PARENT_KEYS.some(([parent]) => parent === key)
}

/** The number of a turn, which is the subject of a turn. */
export const TURN_KEY = 'turn_idx'

/** Names of a tool. */
export const TOOL_KEYS = ['tool', 'tool_name'] as const

/** Names of a model, the preferred one first. */
export const MODEL_KEYS = ['model_alias', 'model_id', 'model'] as const

/** Keys that give a span its subject, the preferred one first. */
export const SUBJECT_KEYS = [
  ...TOOL_KEYS,
  ...MODEL_KEYS,
  'agent_name',
  'agent_id',
  'name',
  TURN_KEY,
] as const

/** Names of an agent, the preferred one first. */
export const AGENT_KEYS = ['agent_name', 'agent_id', 'agent'] as const

/** Keys that say where a span ran; see place.ts. */
export const PLACE_KEYS = ['host', 'device', 'is_cloud'] as const

/**
 * The keys of a scope (see scope.ts) on which a start and its end may not differ. The first
 * PARENT_SCOPE_KEY_COUNT of them are those on which a parent and its child may not differ.
 */
export const HARD_SCOPE_KEYS = [
  'run_id',
  'agent_id',
  'agent_name',
  'agent',
  'thread',
  'worker',
  'pid',
  'turn_id',
  'task_id',
  TURN_KEY,
  ...TOOL_KEYS,
  'name',
] as const
export const PARENT_SCOPE_KEY_COUNT = 9

/** All keys of a scope. The keys of a model may differ: the requested and the served one. */
export const SCOPE_KEYS: readonly string[] = [...HARD_SCOPE_KEYS, ...MODEL_KEYS]
export const SCOPE_SIZE = 16

/** The index under which a span's or mark's `scopeText` finds a key; −1 = not a key of the scope. */
export function scopeKeyIndex(key: string): number {
  return SCOPE_KEYS.indexOf(key)
}
