/** Converts objects that are more than their members, such as dates, errors, maps and bytes. */
import { isPlainObject } from './plain-json.ts'

const STACK_MAX_CHARS = 4_096
const BYTES_SHOWN = 256

/** Returns the form of `value` to write, which may be `value` itself. Throws what `toJSON` throws. */
export function plainForm(value: object): unknown {
  if (Array.isArray(value)) return value
  if (isPlainObject(value) && !('toJSON' in value)) return value
  if (value instanceof Error) return errorForm(value)
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  }
  if (ArrayBuffer.isView(value)) {
    return bytesForm(value, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  if (value instanceof ArrayBuffer) return bytesForm(value, new Uint8Array(value))
  if (hasToJson(value)) return value.toJSON()
  if (value instanceof Map) return { type: 'Map', entries: [...value] }
  if (value instanceof Set) return { type: 'Set', values: [...value] }
  if (value instanceof RegExp) return String(value)
  if (value instanceof String || value instanceof Number || value instanceof Boolean) {
    return value.valueOf()
  }
  // The content of these cannot be read: they would be written as `{}`.
  const opaque = [Promise, WeakMap, WeakSet, WeakRef].find((type) => value instanceof type)
  return opaque === undefined ? value : `[${opaque.name}]`
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function errorForm(error: Error): object {
  const { name, message, stack, cause } = error
  const stackStart = typeof stack === 'string' ? stack.slice(0, STACK_MAX_CHARS) : undefined
  // The errors of `Promise.any` are not an enumerable member.
  const errors = error instanceof AggregateError ? { errors: error.errors as unknown } : {}
  return { name, message, stack: stackStart, ...(error as object), ...errors, cause }
}

function bytesForm(value: object, bytes: Uint8Array): object {
  const shown = bytes.subarray(0, BYTES_SHOWN)
  return {
    type: value.constructor.name,
    bytes: bytes.byteLength,
    base64: btoa(String.fromCharCode(...shown)),
  }
}
