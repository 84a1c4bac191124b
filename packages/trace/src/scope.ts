/**
 * Scope: the metadata keys that tell concurrent work apart where there are no ids, how well two
 * scopes agree, and where a kind of span stands above another.
 */
import { SCOPE_SIZE } from './event-row.ts'

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

/** The index under which a view's `scopeText` finds a key's value; −1 = the key is none of them. */
export function scopeKeyIndex(key: string): number {
  return SCOPE_KEYS.indexOf(key)
}

const MODEL_INDEXES = ['model_alias', 'model_id', 'model'].map((key) => SCOPE_KEYS.indexOf(key))
const TOOL_INDEXES = ['tool', 'tool_name'].map((key) => SCOPE_KEYS.indexOf(key))

/** Numbers equal scopes once; 0 is the scope that says nothing. */
export class ScopeTable {
  #values = new Int32Array(SCOPE_SIZE * 64)
  #count = 1
  /** Open addressing by hash. */
  #slots = new Int32Array(128)

  /** The number of a scope given as text numbers, one a key. */
  id(scope: Int32Array): number {
    if (isBlank(scope)) return 0
    const mask = this.#slots.length - 1
    for (let at = hashOf(scope, 0) & mask; ; at = (at + 1) & mask) {
      const id = this.#slots[at]!
      if (id === 0) return this.#add(scope, at)
      if (this.#equals(id, scope)) return id
    }
  }

  /** Text number of a scope's value under one of its keys; 0 = none. */
  textId(id: number, keyIndex: number): number {
    return id === 0 ? 0 : this.#values[id * SCOPE_SIZE + keyIndex]!
  }

  /** Agreed hard and soft keys of a start and an end; −1 when they contradict on a hard key. */
  pairScore(start: number, end: number): number {
    return this.#score(start, end, SCOPE_SIZE, HARD_KEYS.length)
  }

  /** Agreed keys of a span open at a child's start and that child; −1 on a contradiction. */
  parentScore(parent: number, child: number): number {
    return this.#score(parent, child, PARENT_KEY_COUNT, PARENT_KEY_COUNT)
  }

  /** Text number of the model that a scope names, the alias first; 0 = none. */
  model(scope: number): number {
    return this.#first(scope, MODEL_INDEXES)
  }

  /** Text number of the tool that a scope names; 0 = none. */
  tool(scope: number): number {
    return this.#first(scope, TOOL_INDEXES)
  }

  #first(scope: number, indexes: readonly number[]): number {
    for (const index of indexes) {
      const text = this.#values[scope * SCOPE_SIZE + index]!
      if (text !== 0) return text
    }
    return 0
  }

  #score(a: number, b: number, keyCount: number, hardCount: number): number {
    if (a === 0 || b === 0) return 0
    const values = this.#values
    const left = a * SCOPE_SIZE
    const right = b * SCOPE_SIZE
    let agreed = 0
    for (let index = 0; index < keyCount; index++) {
      const one = values[left + index]!
      const other = values[right + index]!
      if (one === 0 || other === 0) continue
      if (one === other) agreed++
      else if (index < hardCount) return -1
    }
    return agreed
  }

  #equals(id: number, scope: Int32Array): boolean {
    const from = id * SCOPE_SIZE
    for (let index = 0; index < SCOPE_SIZE; index++) {
      if (this.#values[from + index] !== scope[index]) return false
    }
    return true
  }

  #add(scope: Int32Array, at: number): number {
    const id = this.#count++
    if (this.#count * SCOPE_SIZE > this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values.set(scope, id * SCOPE_SIZE)
    this.#slots[at] = id
    if (this.#count * 2 > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 1; id < this.#count; id++) {
      let at = hashOf(this.#values, id * SCOPE_SIZE) & mask
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = id
    }
    this.#slots = slots
  }
}

function isBlank(scope: Int32Array): boolean {
  for (let index = 0; index < SCOPE_SIZE; index++) if (scope[index] !== 0) return false
  return true
}

function hashOf(values: Int32Array, from: number): number {
  let hash = 0
  for (let index = 0; index < SCOPE_SIZE; index++) {
    const value = values[from + index]!
    if (value !== 0) hash = Math.imul(hash ^ (value + index * 0x9e3779b1), 0x85ebca6b)
  }
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/**
 * Where a kind stands in the order agent < turn < calls, waits and unknown kinds < parts of a call.
 * A span's parent is of lower rank.
 */
export function rankOf(kind: string): number {
  return RANKS.get(kind) ?? CALL_RANK
}

export const RANK_COUNT = 4
const CALL_RANK = 2
const RANKS: ReadonlyMap<string, number> = new Map([
  ['agent', 0],
  ['turn', 1],
  ['submodel_call', 3],
  ['prefill', 3],
  ['decode', 3],
])
