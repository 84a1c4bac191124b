/**
 * Reads fields of unknown JSON. Each function returns undefined where the value is not of its type, so
 * that readers do not throw. Only own properties are read: keys are data.
 */
import type { JsonValue } from '@wattline/trace'

export type Fields = { readonly [key: string]: unknown }

const NONE: Fields = {}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object; an empty one if it is none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NONE
}

/** The value at a path of keys. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value
  for (const key of path) {
    if (!isFields(inner) || !Object.hasOwn(inner, key)) return undefined
    inner = inner[key]
  }
  return inner
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A finite number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A number of tokens: whole, not negative. */
export function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** An id: a text that is not empty, or a whole number. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  return textOf(value)
}

/** Whether an id may be part of a file name. */
export function isPlainId(id: string): boolean {
  return /^[A-Za-z0-9][\w-]{0,127}$/.test(id)
}

/** The metadata without the fields that are undefined. */
export function defined(
  fields: Readonly<Record<string, JsonValue | undefined>>,
): Record<string, JsonValue> {
  const known: Record<string, JsonValue> = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined) known[key] = value
  }
  return known
}

const SHORT_CHARS = 400
const SHORT_ITEMS = 40
const SHORT_DEPTH = 4

/**
 * A copy of a value for metadata, such as the arguments of a call: long texts, lists and deep parts are
 * cut. The whole value stays in the source of the line, which details show.
 */
export function short(value: unknown, chars = SHORT_CHARS, depth = SHORT_DEPTH): JsonValue {
  switch (typeof value) {
    case 'string':
      return shortText(value, chars)
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'boolean':
      return value
    case 'object':
      return value === null ? null : shortObject(value, chars, depth)
    default:
      return null
  }
}

/** The text, with `…` in the place of what is too long. */
export function shortText(text: string, chars = SHORT_CHARS): string {
  if (text.length <= chars) return text
  // Half of a surrogate pair is no character.
  const cut = text.slice(0, chars - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

function shortObject(value: object, chars: number, depth: number): JsonValue {
  if (depth === 0) return '…'
  if (Array.isArray(value)) {
    return value.slice(0, SHORT_ITEMS).map((item) => short(item, chars, depth - 1))
  }
  const entries = Object.entries(value).slice(0, SHORT_ITEMS)
  // fromEntries creates own properties, also for `__proto__`.
  return Object.fromEntries(entries.map(([key, item]) => [key, short(item, chars, depth - 1)]))
}
