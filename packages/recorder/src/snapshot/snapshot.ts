/**
 * Metadata as it was at the call: a later change of the object changes nothing that was recorded.
 *
 * Flat metadata (strings, finite numbers, booleans, null), which is nearly all of it, takes a short
 * way: a copy for those who keep objects, its text for those who write lines. Nested
 * metadata that is plain JSON is left to JSON.stringify, and anything else to `json-writer.ts`, which
 * knows a form for everything JSON cannot carry.
 */
import type { Metadata } from '@wattline/trace'
import { writeMetadata } from './json-writer.ts'
import { keyText, quote } from './json-text.ts'
import { plainJsonText } from './plain-json.ts'

type FlatValue = string | number | boolean | null

/** A copy whose values all stand in JSON as they are. */
export type Flat = { readonly [key: string]: FlatValue }

/** A flat copy, or the JSON text of an object. */
export type Snapshot = Flat | string

/** A flat copy stays small, so that what is retained stays bounded without measuring each one. */
const FLAT_MAX_CHARS = 4_096

/** Takes the snapshot. Never throws; the text form is at most about `maxChars` long. */
export function takeSnapshot(metadata: unknown, maxChars: number): Snapshot {
  return flatCopy(metadata) ?? nestedText(metadata, maxChars) ?? writeMetadata(metadata, maxChars)
}

function flatCopy(metadata: unknown): Flat | undefined {
  if (metadata === undefined) return {}
  if (typeof metadata !== 'object' || metadata === null) return undefined
  try {
    const prototype: unknown = Object.getPrototypeOf(metadata)
    if (prototype !== Object.prototype && prototype !== null) return undefined
    const copy: Record<string, unknown> = { ...metadata }
    return isFlat(copy) ? copy : undefined
  } catch {
    // A getter or a proxy threw. The writer asks again, value by value, and says which one it was.
    return undefined
  }
}

function isFlat(copy: Record<string, unknown>): copy is Record<string, FlatValue> {
  let chars = 0
  for (const key in copy) {
    const value = copy[key]
    switch (typeof value) {
      case 'string':
        chars += value.length
        break
      case 'number':
        if (value - value !== 0) return false // NaN and the infinities
        break
      case 'boolean':
        break
      default:
        if (value !== null) return false
    }
    chars += key.length
  }
  return chars <= FLAT_MAX_CHARS
}

/** The snapshot as JSON text. */
export function snapshotText(snapshot: Snapshot): string {
  return typeof snapshot === 'string' ? snapshot : (flatText(snapshot) as string)
}

/** Metadata as JSON text, at most about `maxChars` long. Never throws. */
export function metadataText(metadata: unknown, maxChars: number): string {
  return (
    plainText(metadata, maxChars) ??
    nestedText(metadata, maxChars) ??
    writeMetadata(metadata, maxChars)
  )
}

function plainText(metadata: unknown, maxChars: number): string | undefined {
  if (metadata === undefined) return '{}'
  if (typeof metadata !== 'object' || metadata === null) return undefined
  try {
    const prototype: unknown = Object.getPrototypeOf(metadata)
    if (prototype !== Object.prototype && prototype !== null) return undefined
    const text = flatText(metadata as Record<string, unknown>)
    return text !== undefined && text.length <= maxChars ? text : undefined
  } catch {
    // As above: the writer finds out which member threw.
    return undefined
  }
}

function nestedText(metadata: unknown, maxChars: number): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined
  try {
    if (Array.isArray(metadata)) return undefined
    return plainJsonText(metadata, maxChars)
  } catch {
    // As above.
    return undefined
  }
}

/** The text of an object whose members all stand in JSON as they are; undefined for any other. */
function flatText(object: Record<string, unknown>): string | undefined {
  let text = ''
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue
    const value = object[key]
    let valueText: string
    switch (typeof value) {
      case 'string':
        if (value.length > FLAT_MAX_CHARS) return undefined
        valueText = quote(value)
        break
      case 'number':
        if (value - value !== 0) return undefined // NaN and the infinities
        valueText = `${value}`
        break
      case 'boolean':
        valueText = value ? 'true' : 'false'
        break
      default:
        if (value !== null) return undefined
        valueText = 'null'
    }
    text += text === '' ? keyText(key) + valueText : `,${keyText(key)}${valueText}`
  }
  return `{${text}}`
}

/** The snapshot with `ids` in front; they win over members of the same name. */
export function joinIds(ids: Flat, snapshot: Snapshot): Snapshot {
  if (typeof snapshot !== 'string') return { ...ids, ...snapshot, ...ids }
  const front = snapshotText(ids).slice(0, -1)
  if (snapshot === '{}') return `${front}}`
  const hasOwnIds = Object.keys(ids).some((key) => snapshot.includes(keyText(key)))
  if (hasOwnIds) return JSON.stringify({ ...ids, ...snapshotData(snapshot), ...ids })
  return `${front},${snapshot.slice(1)}`
}

/** The snapshot as data nobody else holds. */
export function snapshotData(snapshot: Snapshot): Metadata {
  return typeof snapshot === 'string' ? (JSON.parse(snapshot) as Metadata) : { ...snapshot }
}
