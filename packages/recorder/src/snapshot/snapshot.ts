/**
 * Copies metadata at the call, so that later changes of the object do not change the event.
 *
 * Most metadata is flat: strings, finite numbers, booleans and null. It takes a fast path, as an
 * object to keep in memory or as text for a line. Nested metadata that JSON can represent is left to
 * JSON.stringify, and anything else to `json-writer.ts`, which has a form for every value.
 */
import type { Metadata } from '@wattline/trace'
import { writeMetadata } from './json-writer.ts'
import { keyText, quote } from './json-text.ts'
import { plainJsonText } from './plain-json.ts'

type FlatValue = string | number | boolean | null

/** A copy whose values JSON can represent. */
export type Flat = { readonly [key: string]: FlatValue }

/** A flat copy, or the JSON text of an object. */
export type Snapshot = Flat | string

/** Limit of a flat copy, so that the memory of kept events is bounded without measuring them. */
const FLAT_MAX_CHARS = 4_096

/** Copies metadata. Never throws. A text has at most about `maxChars` characters. */
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
    // A getter or a proxy threw. The writer reads each member again and records which one it was.
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

/** Converts a snapshot to JSON text. */
export function snapshotText(snapshot: Snapshot): string {
  return typeof snapshot === 'string' ? snapshot : (flatText(snapshot) as string)
}

/** Writes metadata as JSON text of at most about `maxChars` characters. Never throws. */
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
    // As above.
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

/** The text of an object with only flat members; undefined for any other. */
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

/** Puts `ids` before the members of a snapshot. They replace members with the same name. */
export function joinIds(ids: Flat, snapshot: Snapshot): Snapshot {
  if (typeof snapshot !== 'string') return { ...ids, ...snapshot, ...ids }
  const front = snapshotText(ids).slice(0, -1)
  if (snapshot === '{}') return `${front}}`
  const hasOwnIds = Object.keys(ids).some((key) => snapshot.includes(keyText(key)))
  if (hasOwnIds) return JSON.stringify({ ...ids, ...snapshotData(snapshot), ...ids })
  return `${front},${snapshot.slice(1)}`
}

/** Converts a snapshot to a new object. */
export function snapshotData(snapshot: Snapshot): Metadata {
  return typeof snapshot === 'string' ? (JSON.parse(snapshot) as Metadata) : { ...snapshot }
}
