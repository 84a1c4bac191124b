/**
 * Attributes of OpenTelemetry as plain values. OTLP writes each as `{"key", "value": {"stringValue"}}`;
 * dumps of SDKs write plain objects.
 */
import { fieldsOf, isFields, listOf, textOf } from '../read/fields.ts'

export type Attributes = ReadonlyMap<string, unknown>

/** More attributes than these are not read. */
const MOST_ATTRIBUTES = 512
const MOST_ITEMS = 200
const MOST_DEPTH = 6

/** The attributes of a span, a resource or an event. */
export function attributesOf(value: unknown): Attributes {
  const pairs = Array.isArray(value)
    ? value.map((item) => [fieldsOf(item)['key'], plainValue(fieldsOf(item)['value'])] as const)
    : Object.entries(fieldsOf(value))
  const attributes = new Map<string, unknown>()
  for (const [key, plain] of pairs.slice(0, MOST_ATTRIBUTES)) {
    if (typeof key === 'string' && plain !== undefined) attributes.set(key, plain)
  }
  return attributes
}

/** The value of an `AnyValue` of OTLP. */
function plainValue(value: unknown, depth = 0): unknown {
  if (!isFields(value) || depth > MOST_DEPTH) return undefined
  const either = (camel: string, snake: string): unknown => value[camel] ?? value[snake]
  const text = either('stringValue', 'string_value')
  if (text !== undefined) return text
  const whole = either('intValue', 'int_value')
  if (whole !== undefined) return wholeNumber(whole)
  const double = either('doubleValue', 'double_value')
  if (double !== undefined) return double
  const bool = either('boolValue', 'bool_value')
  if (bool !== undefined) return bool
  const array = either('arrayValue', 'array_value')
  if (array !== undefined) {
    return listOf(fieldsOf(array)['values'])
      .slice(0, MOST_ITEMS)
      .map((item) => plainValue(item, depth + 1) ?? null)
  }
  const list = either('kvlistValue', 'kvlist_value')
  if (list === undefined) return either('bytesValue', 'bytes_value')
  const entries = listOf(fieldsOf(list)['values']).slice(0, MOST_ITEMS)
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const { key, value: inner } = fieldsOf(entry)
      return typeof key === 'string' ? [[key, plainValue(inner, depth + 1) ?? null]] : []
    }),
  )
}

/** 64-bit integers are texts in OTLP. One that a float64 would round stays a text. */
function wholeNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const number = Number(value)
  return value !== '' && Number.isSafeInteger(number) ? number : value
}

/** The first of these attributes that is a text and not empty. */
export function textAt(attributes: Attributes, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textOf(attributes.get(key))
    if (text !== undefined) return text
  }
  return undefined
}

/** The first of these attributes that is a number; some producers write numbers as texts. */
export function numberAt(attributes: Attributes, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = attributes.get(key)
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number)) return number
  }
  return undefined
}

/** The first of these attributes that is a number of tokens. */
export function tokensAt(attributes: Attributes, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const count = numberAt(attributes, key)
    if (count !== undefined && count >= 0 && Number.isSafeInteger(count)) return count
  }
  return undefined
}
