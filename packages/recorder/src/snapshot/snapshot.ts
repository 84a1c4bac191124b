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
import { isPlainObject, plainJsonText } from './plain-json.ts'

type FlatValue = string | number | boolean | null

/** A copy whose values JSON can represent. */
export type Flat = { readonly [key: string]: FlatValue }

/** A flat copy, or the JSON text of an object. */
export type Snapshot = Flat | string

/** Limit of a flat copy, so that the memory of kept events is bounded without measuring them. */
const FLAT_MAX_CHARS = 4_096

/** Copies metadata. Never throws. A text has at most about `maxChars` characters. */
export function takeSnapshot(metadata: unknown, maxChars: number): Snapshot {
  return convert(metadata ?? {}, maxChars, flatCopy)
}

/** Writes metadata as JSON text of at most about `maxChars` characters. Never throws. */
export function metadataText(metadata: unknown, maxChars: number): string {
  return convert(metadata ?? {}, maxChars, flatText)
}

/** Tries `flat`, then JSON.stringify, then the writer, which is the slowest. */
function convert<T>(
  metadata: unknown,
  maxChars: number,
  flat: (object: Record<string, unknown>, maxChars: number) => T | undefined,
): T | string {
  try {
    if (isPlainObject(metadata)) {
      const converted = flat(metadata, maxChars) ?? plainJsonText(metadata, maxChars)
      if (converted !== undefined) return converted
    }
  } catch {
    // A getter or a proxy threw. The writer reads each member again and records which one it was.
  }
  return writeMetadata(metadata, maxChars)
}

/** A copy of an object with only flat members; undefined for any other. */
function flatCopy(object: Record<string, unknown>): Flat | undefined {
  const copy = { ...object }
  let chars = 0
  for (const key in copy) {
    const value = copy[key]
    chars += key.length
    if (typeof value === 'string') chars += value.length
    else if (!isFlatValue(value)) return undefined
  }
  return chars <= FLAT_MAX_CHARS ? (copy as Flat) : undefined
}

/** The text of an object with only flat members; undefined for any other and for a long text. */
function flatText(object: Record<string, unknown>, maxChars: number): string | undefined {
  let text = ''
  for (const key in object) {
    if (!Object.hasOwn(object, key)) continue
    const value = object[key]
    let valueText: string
    if (typeof value === 'string') {
      if (value.length > FLAT_MAX_CHARS) return undefined
      valueText = quote(value)
    } else if (isFlatValue(value)) valueText = `${value}`
    else return undefined
    text += text === '' ? keyText(key) + valueText : `,${keyText(key)}${valueText}`
  }
  return text.length + 2 <= maxChars ? `{${text}}` : undefined
}

/** Excludes NaN and the infinities. */
function isFlatValue(value: unknown): value is FlatValue {
  return typeof value === 'number'
    ? value - value === 0
    : value === null || typeof value === 'boolean' || typeof value === 'string'
}

/** Converts a snapshot to JSON text. */
export function snapshotText(snapshot: Snapshot): string {
  return typeof snapshot === 'string' ? snapshot : (flatText(snapshot, Infinity) as string)
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
