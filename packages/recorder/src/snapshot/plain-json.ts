/**
 * The fast path for nested metadata. If JSON can represent all of it, JSON.stringify writes it
 * several times faster than `json-writer.ts`.
 */

/** Deeper values, and all cycles, are left to `json-writer.ts`. */
const DEPTH_MAX = 16

/**
 * Writes `value` with JSON.stringify if `json-writer.ts` would write the same and the text has at
 * most `maxChars` characters; else returns undefined. Throws what a getter throws.
 */
export function plainJsonText(value: object, maxChars: number): string | undefined {
  if (roomAfter(value, maxChars, 0) < 0) return undefined
  const text = JSON.stringify(value)
  return text.length <= maxChars ? text : undefined
}

/** Subtracts the approximate length of `value` from `room`. Negative if it is too long or not plain. */
function roomAfter(value: unknown, room: number, depth: number): number {
  switch (typeof value) {
    case 'string':
      return room - value.length
    case 'number':
      return value - value === 0 ? room - 1 : -1 // NaN and infinities
    case 'boolean':
    case 'undefined':
      return room - 1
    case 'object':
      if (value === null) return room - 1
      return depth > DEPTH_MAX ? -1 : roomAfterObject(value, room, depth)
    default:
      return -1
  }
}

function roomAfterObject(value: object, room: number, depth: number): number {
  let left = room - 2
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = roomAfter(value[i], left, depth + 1)
    return left
  }
  if (!isPlainObject(value) || 'toJSON' in value) return -1
  for (const key in value) {
    if (left < 0) return left
    left = roomAfter(value[key], left - key.length, depth + 1)
  }
  return left
}

/** Whether `value` is an object literal, or like one. Throws what a proxy throws. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
