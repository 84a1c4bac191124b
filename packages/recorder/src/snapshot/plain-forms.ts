/**
 * Converts objects that are more than their members, such as dates, errors, maps and bytes. Objects
 * of another realm (a vm context, an iframe) are recognized by their tag, because `instanceof` is
 * false for them.
 */
import { isPlainObject } from './plain-json.ts'

const STACK_MAX_CHARS = 4_096
const BYTES_SHOWN = 256

/** Objects whose content cannot be read: they would be written as `{}`. */
const OPAQUE = ['Promise', 'WeakMap', 'WeakSet', 'WeakRef']

/** Returns the form of `value` to write, which may be `value` itself. Throws what `toJSON` throws. */
export function plainForm(value: object): unknown {
  if (Array.isArray(value)) return value
  if (isPlainObject(value) && !('toJSON' in value)) return value
  if (isError(value)) return errorForm(value)
  if (ArrayBuffer.isView(value)) {
    return bytesForm(value, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  const tag = tagOf(value)
  if (tag === 'Date') {
    const date = value as Date
    return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString()
  }
  if (tag === 'ArrayBuffer') return bytesForm(value, new Uint8Array(value as ArrayBuffer))
  if (hasToJson(value)) return value.toJSON()
  if (tag === 'Map') return { type: 'Map', entries: [...(value as Map<unknown, unknown>)] }
  if (tag === 'Set') return { type: 'Set', values: [...(value as Set<unknown>)] }
  if (tag === 'RegExp') return String(value as RegExp)
  if (tag === 'String' || tag === 'Number' || tag === 'Boolean') return value.valueOf()
  return OPAQUE.includes(tag) ? `[${tag}]` : value
}

/** Whether a value is an error of any realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || tagOf(value) === 'Error'
}

/** @example tagOf(new Map()) // 'Map' */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function errorForm(error: Error): object {
  const { name, message, stack, cause } = error
  const stackStart = typeof stack === 'string' ? stack.slice(0, STACK_MAX_CHARS) : undefined
  // The errors of `Promise.any` are not an enumerable member.
  const errors = 'errors' in error ? { errors: error.errors } : {}
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
