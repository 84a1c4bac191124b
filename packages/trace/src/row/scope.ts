/**
 * The scope of an event: its values of the metadata keys that separate concurrent work when there are
 * no ids (`SCOPE_KEYS`). This module numbers scopes and computes how well two of them agree.
 */
import { NONE } from '../columns/columns.ts'
import type { Growth } from '../columns/growth.ts'
import { HashIndex, secondHash } from '../columns/hash-index.ts'
import {
  HARD_SCOPE_KEYS,
  MODEL_KEYS,
  PARENT_SCOPE_KEY_COUNT,
  SCOPE_SIZE,
  scopeKeyIndex,
  TOOL_KEYS,
} from './metadata-keys.ts'

export const MODEL_INDEXES = MODEL_KEYS.map(scopeKeyIndex)
export const TOOL_INDEXES = TOOL_KEYS.map(scopeKeyIndex)

const ALL_KEYS = (1 << SCOPE_SIZE) - 1
/** Masks of the keys on which a start and its end, and a parent and its child may not differ. */
export const HARD_KEYS = (1 << HARD_SCOPE_KEYS.length) - 1
export const PARENT_KEYS = (1 << PARENT_SCOPE_KEY_COUNT) - 1

/**
 * Stores equal scopes once, by number; 0 is the scope without values. A scope has few of the keys: it is
 * stored as a mask of its keys and their values in the order of the keys.
 */
export class ScopeTable {
  readonly #growth: Growth
  readonly #index: HashIndex
  #count = 1
  /** By scope: bit i = it has SCOPE_KEYS[i]. */
  #masks = new Uint16Array(64)
  /** By scope: index of its first value. */
  #from = new Int32Array(64)
  #values = new Int32Array(256)
  #valueCount = 0
  /** The texts of a part, by index of the key. */
  readonly #texts = new Int32Array(SCOPE_SIZE)

  constructor(growth: Growth) {
    this.#growth = growth
    this.#index = new HashIndex(growth, (id) => this.#hash(id))
  }

  /**
   * The number of a scope, new if needed.
   *
   * @param mask bit i = the scope has SCOPE_KEYS[i]
   * @param texts text numbers by index of the key; those of other keys are not read
   */
  id(mask: number, texts: Int32Array): number {
    if (mask === 0) return 0
    let hash = mask
    for (let bits = mask; bits !== 0; bits &= bits - 1) hash = mixed(hash, texts[lowestBit(bits)]!)
    hash = finished(hash)
    const tag = secondHash(hash)
    for (let at = this.#index.first(hash, tag); ; at = this.#index.next(at, tag)) {
      const id = this.#index.numberAt(at)
      if (id === NONE) return this.#add(mask, texts, at, tag)
      if (this.is(id, mask, texts)) return id
    }
  }

  /** Whether a scope has exactly the keys of `mask`, and these texts at their indexes. */
  is(id: number, mask: number, texts: Int32Array): boolean {
    if (this.#masks[id] !== mask) return false
    let at = this.#from[id]!
    for (let bits = mask; bits !== 0; bits &= bits - 1) {
      if (this.#values[at++] !== texts[lowestBit(bits)]) return false
    }
    return true
  }

  /** The mask of a scope's keys. */
  mask(scope: number): number {
    return this.#masks[scope]!
  }

  /** The scope with only the keys of a scope that are in `keys`. */
  part(scope: number, keys: number): number {
    const mask = this.#masks[scope]!
    if ((mask & ~keys) === 0) return scope
    for (let bits = mask & keys; bits !== 0; bits &= bits - 1) {
      const index = lowestBit(bits)
      this.#texts[index] = this.textId(scope, index)
    }
    return this.id(mask & keys, this.#texts)
  }

  /** Text number of a scope's value of one key; 0 = none. */
  textId(id: number, keyIndex: number): number {
    const mask = this.#masks[id]!
    if ((mask & (1 << keyIndex)) === 0) return 0
    return this.#values[this.#from[id]! + bitCount(mask & ((1 << keyIndex) - 1))]!
  }

  /** Number of keys on which a start and an end agree; −1 if they differ on a hard key. */
  pairScore(start: number, end: number): number {
    return this.#score(start, end, ALL_KEYS, HARD_SCOPE_KEYS.length)
  }

  /** The same for a span and a child that starts while it is open. */
  parentScore(parent: number, child: number): number {
    return this.#score(parent, child, PARENT_KEYS, PARENT_SCOPE_KEY_COUNT)
  }

  /** Text number of a scope's model, by preference its alias; 0 = none. */
  model(scope: number): number {
    return this.#first(scope, MODEL_INDEXES)
  }

  /** Text number of a scope's tool; 0 = none. */
  tool(scope: number): number {
    return this.#first(scope, TOOL_INDEXES)
  }

  #first(scope: number, indexes: readonly number[]): number {
    for (const index of indexes) {
      const text = this.textId(scope, index)
      if (text !== 0) return text
    }
    return 0
  }

  #score(a: number, b: number, keys: number, hardCount: number): number {
    if (a === b) return bitCount(this.#masks[a]! & keys)
    let agreed = 0
    for (let common = this.#masks[a]! & this.#masks[b]! & keys; common !== 0;) {
      const index = lowestBit(common)
      common &= common - 1
      if (this.textId(a, index) === this.textId(b, index)) agreed++
      else if (index < hardCount) return -1
    }
    return agreed
  }

  #add(mask: number, texts: Int32Array, at: number, tag: number): number {
    const id = this.#count++
    if (id >= this.#masks.length) {
      this.#masks = this.#growth.larger(this.#masks)
      this.#from = this.#growth.larger(this.#from)
    }
    if (this.#valueCount + SCOPE_SIZE > this.#values.length) {
      this.#values = this.#growth.larger(this.#values)
    }
    this.#masks[id] = mask
    this.#from[id] = this.#valueCount
    for (let bits = mask; bits !== 0; bits &= bits - 1) {
      this.#values[this.#valueCount++] = texts[lowestBit(bits)]!
    }
    return this.#index.add(at, id, tag)
  }

  #hash(id: number): number {
    const mask = this.#masks[id]!
    const from = this.#from[id]!
    let hash = mask
    for (let at = from; at < from + bitCount(mask); at++) hash = mixed(hash, this.#values[at]!)
    return finished(hash)
  }
}

/** Index of the lowest set bit. */
function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask)
}

/** Number of set bits among the lower 16. */
export function bitCount(mask: number): number {
  let count = mask - ((mask >> 1) & 0x5555)
  count = (count & 0x3333) + ((count >> 2) & 0x3333)
  count = (count + (count >> 4)) & 0x0f0f
  return (count + (count >> 8)) & 0x1f
}

function mixed(hash: number, text: number): number {
  const product = Math.imul(hash ^ text, 0x85ebca6b)
  return product ^ (product >>> 13)
}

/** From 0 to 2³² − 1. */
function finished(hash: number): number {
  const product = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  return (product ^ (product >>> 15)) >>> 0
}
