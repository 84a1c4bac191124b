/**
 * Scope: the metadata keys that tell concurrent work apart where there are no ids, how well two
 * scopes agree, and where a kind of span stands above another.
 */

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

export const SCOPE_KEYS: readonly string[] = [...HARD_KEYS, ...SOFT_KEYS]

/** The values an event carries for SCOPE_KEYS, by index. Equal scopes are one object. */
export interface Scope {
  readonly values: readonly (string | undefined)[]
}

/** Makes equal scopes one object, so that they can be compared and looked up by identity. */
export class ScopeTable {
  readonly #scopes = new Map<string, Scope>()
  readonly #blank: readonly undefined[] = SCOPE_KEYS.map(() => undefined)

  blank(): (string | undefined)[] {
    return this.#blank.slice()
  }

  share(values: (string | undefined)[]): Scope {
    let signature = ''
    for (let index = 0; index < values.length; index++) {
      if (values[index] !== undefined) signature += `${index}\u0000${values[index]}\u0000`
    }
    const known = this.#scopes.get(signature)
    if (known !== undefined) return known
    const scope = { values }
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
