/**
 * Scope: the metadata keys that tell concurrent work apart where there are no ids, and how well two
 * scopes agree.
 */
import type { Growth } from '../columns/growth.ts'
import {
  HARD_SCOPE_KEYS,
  MODEL_KEYS,
  PARENT_SCOPE_KEY_COUNT,
  SCOPE_SIZE,
  scopeKeyIndex,
  TOOL_KEYS,
} from './metadata-keys.ts'

const MODEL_INDEXES = MODEL_KEYS.map(scopeKeyIndex)
const TOOL_INDEXES = TOOL_KEYS.map(scopeKeyIndex)

const FIRST_SLOTS = 128
/** A share of the slots. Fuller, and looking for a scope would take many steps. */
const FULLEST = 0.7

/**
 * Numbers equal scopes once; 0 is the scope that says nothing. Of the keys a scope has few: it keeps
 * which they are as a mask, and the values of those alone, in their order.
 */
export class ScopeTable {
  readonly #growth: Growth
  #count = 1
  /** By scope: bit i = it has SCOPE_KEYS[i]; and where its values begin. */
  #masks = new Uint16Array(64)
  #from = new Int32Array(64)
  #values = new Int32Array(256)
  #valueCount = 0
  /** Open addressing by hash. */
  #slots = new Int32Array(FIRST_SLOTS)
  /** Turns a hash into a place among the slots. */
  #scale = FIRST_SLOTS / 2 ** 32

  constructor(growth: Growth) {
    this.#growth = growth
  }

  /** The number of a scope that has the keys of `mask`, and their text numbers at the keys' indexes. */
  id(mask: number, texts: Int32Array): number {
    if (mask === 0) return 0
    const { length } = this.#slots
    let at = Math.floor(hashOf(mask, texts) * this.#scale)
    for (; ; at = at + 1 === length ? 0 : at + 1) {
      const id = this.#slots[at]!
      if (id === 0) return this.#add(mask, texts, at)
      if (this.is(id, mask, texts)) return id
    }
  }

  /** Whether a scope has the keys of `mask` and no other, and these texts at their indexes. */
  is(id: number, mask: number, texts: Int32Array): boolean {
    if (this.#masks[id] !== mask) return false
    let at = this.#from[id]!
    for (let left = mask; left !== 0; left &= left - 1) {
      if (this.#values[at++] !== texts[lowestBit(left)]) return false
    }
    return true
  }

  /** Text number of a scope's value under one of its keys; 0 = none. */
  textId(id: number, keyIndex: number): number {
    const mask = this.#masks[id]!
    if ((mask & (1 << keyIndex)) === 0) return 0
    return this.#values[this.#from[id]! + bitCount(mask & ((1 << keyIndex) - 1))]!
  }

  /** Agreed hard and soft keys of a start and an end; −1 when they contradict on a hard key. */
  pairScore(start: number, end: number): number {
    return this.#score(start, end, ALL_KEYS, HARD_SCOPE_KEYS.length)
  }

  /** Agreed keys of a span open at a child's start and that child; −1 on a contradiction. */
  parentScore(parent: number, child: number): number {
    return this.#score(parent, child, PARENT_KEYS, PARENT_SCOPE_KEY_COUNT)
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

  #add(mask: number, texts: Int32Array, at: number): number {
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
    for (let left = mask; left !== 0; left &= left - 1) {
      this.#values[this.#valueCount++] = texts[lowestBit(left)]!
    }
    this.#slots[at] = id
    if (this.#count > this.#slots.length * FULLEST) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#growth.after(this.#slots.length))
    const { length } = slots
    const scale = length / 2 ** 32
    const texts = new Int32Array(SCOPE_SIZE)
    for (let id = 1; id < this.#count; id++) {
      const mask = this.#masks[id]!
      let from = this.#from[id]!
      for (let left = mask; left !== 0; left &= left - 1) {
        texts[lowestBit(left)] = this.#values[from++]!
      }
      let at = Math.floor(hashOf(mask, texts) * scale)
      while (slots[at] !== 0) at = at + 1 === length ? 0 : at + 1
      slots[at] = id
    }
    this.#slots = slots
    this.#scale = scale
  }
}

const ALL_KEYS = (1 << SCOPE_SIZE) - 1
const PARENT_KEYS = (1 << PARENT_SCOPE_KEY_COUNT) - 1

/** Index of the lowest bit that is set. */
function lowestBit(mask: number): number {
  return 31 - Math.clz32(mask & -mask)
}

/** How many of the 16 lower bits are set. */
function bitCount(mask: number): number {
  let count = mask - ((mask >> 1) & 0x5555)
  count = (count & 0x3333) + ((count >> 2) & 0x3333)
  count = (count + (count >> 4)) & 0x0f0f
  return (count + (count >> 8)) & 0x1f
}

/** From 0 to 2³² − 1. */
function hashOf(mask: number, texts: Int32Array): number {
  let hash = mask
  for (let left = mask; left !== 0; left &= left - 1) {
    hash = Math.imul(hash ^ texts[lowestBit(left)]!, 0x85ebca6b)
    hash ^= hash >>> 13
  }
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
