/**
 * Parses one line of a log. Unknown input is validated here, once; other modules trust events and
 * samples.
 *
 * | line                                                              | becomes                 |
 * |-------------------------------------------------------------------|-------------------------|
 * | `{"event_type", "timestamp", "metadata"}`                         | event                   |
 * | `{"timestamp", "reading"[, "source"]}`                            | sample                  |
 * | `{"event_type", "timestamp_ns", "payload", "turn_id", "correlation_id"}` | event (IPW's bus) |
 * | `{"wattline": "writer", "id"[, "name", "lastSeen"]}`              | writer of the lines after it |
 * | white space only                                                  | blank                   |
 * | anything else                                                     | malformed, with a reason |
 *
 * Other fields are ignored. An event needs only a type and a time: metadata that is missing or null is
 * `{}`, and metadata that is not an object (a text, an array) becomes `{ metadata: … }`. Metadata keys
 * are data: JSON.parse creates own properties for `__proto__` and similar keys, and this module does not
 * assign through a key.
 *
 * Numbers in metadata beyond ±(2^53 − 1) are compared and shown as they were written: those that a
 * float64 would round are read as texts, so that 64-bit ids stay different ids. Smaller numbers are read
 * by value, so that `1000`, `1e3` and `1000.0` are the same, and so are `0` and `-0`.
 */
import { describe, excerpt } from './excerpt.ts'
import type { AgentEvent, JsonValue, Metadata, TelemetrySample, WriterLine } from './event.ts'
import { AS_LINES, parseJson, quoteUnsafeNumbers } from './lenient-json.ts'
import { parseTimestamp, parseTimestampNs, type Time, type TimeUnit } from './timestamp.ts'

export type ParsedLine =
  /** `rescaled`: the unit of the line's timestamp if that was not seconds. */
  | { readonly type: 'event'; readonly event: AgentEvent; readonly rescaled?: TimeUnit }
  | { readonly type: 'sample'; readonly sample: TelemetrySample; readonly rescaled?: TimeUnit }
  | { readonly type: 'writer'; readonly writer: WriterLine }
  | { readonly type: 'blank' }
  /** `reason` is a short sentence: expected …, got …. */
  | { readonly type: 'malformed'; readonly reason: string }

type JsonObject = { readonly [key: string]: unknown }

const BLANK: ParsedLine = { type: 'blank' }

/** Parses one line, without its newline. It does not throw: an invalid line is `malformed`. */
export function parseLine(text: string): ParsedLine {
  const line = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  if (line.trimStart() === '') return BLANK
  const parsed = parseJson(line)
  if (!parsed.ok) return malformed(parsed.reason)
  if (Array.isArray(parsed.value)) return malformed(`expected an object, got an array${AS_LINES}`)
  if (!isObject(parsed.value)) return malformed(`expected an object, got ${describe(parsed.value)}`)
  return classify(parsed.value, line)
}

function classify(object: JsonObject, text: string): ParsedLine {
  if (Object.hasOwn(object, 'event_type')) return parseEvent(object, text)
  if (Object.hasOwn(object, 'reading')) return parseSample(object, text)
  if (Object.hasOwn(object, 'wattline') && object['wattline'] === 'writer')
    return parseWriter(object)
  const keys = Object.keys(object).slice(0, 9).join(', ')
  const got = keys === '' ? 'an empty object' : `an object with ${excerpt(keys)}`
  return malformed(`expected event_type (an event) or reading (a sample), got ${got}`)
}

function parseEvent(object: JsonObject, text: string): ParsedLine {
  const type = object['event_type']
  if (typeof type !== 'string' || type === '') {
    return malformed(`expected event_type to be a name, got ${describe(type)}`)
  }
  const isBus = !Object.hasOwn(object, 'timestamp') && Object.hasOwn(object, 'timestamp_ns')
  const time = isBus
    ? parseTimestampNs(object['timestamp_ns'], text)
    : parseTimestamp(object['timestamp'], text)
  if ('reason' in time) return malformed(time.reason)
  const exact = withExactNumbers(object, text)
  const metadata = isBus ? busMetadata(exact) : toMetadata('metadata', exact['metadata'])
  const event = { event_type: type, timestamp: time.seconds, metadata }
  return { type: 'event', event, ...rescaledOf(time) }
}

/** The object of a line with its unsafe numbers as texts. */
function withExactNumbers(object: JsonObject, text: string): JsonObject {
  const quoted = quoteUnsafeNumbers(text)
  if (quoted === text) return object
  const parsed = parseJson(quoted)
  return parsed.ok && isObject(parsed.value) ? parsed.value : object
}

function parseSample(object: JsonObject, text: string): ParsedLine {
  const { reading, source } = object
  if (!isObject(reading)) {
    return malformed(`expected reading to be an object, got ${describe(reading)}`)
  }
  const time = parseTimestamp(object['timestamp'], text)
  if ('reason' in time) return malformed(time.reason)
  const sample = { timestamp: time.seconds, reading: reading as Metadata }
  const named = typeof source === 'string' && source !== '' ? { ...sample, source } : sample
  return { type: 'sample', sample: named, ...rescaledOf(time) }
}

function parseWriter({ id, name, lastSeen }: JsonObject): ParsedLine {
  if (typeof id !== 'string' || id === '') {
    return malformed(`expected the id of a writer to be a text, got ${describe(id)}`)
  }
  const writer = {
    id,
    name: typeof name === 'string' ? name : '',
    lastSeenS: typeof lastSeen === 'number' ? lastSeen : undefined,
  }
  return { type: 'writer', writer }
}

/** The payload of a bus event, with the event's ids unless the payload has its own. */
function busMetadata(object: JsonObject): Metadata {
  const payload = toMetadata('payload', object['payload'])
  const turn = joining(payload, 'turn_id', object['turn_id'])
  const correlation = joining(payload, 'correlation_id', object['correlation_id'])
  return { ...payload, ...turn, ...correlation }
}

function joining(payload: Metadata, key: string, value: unknown): Metadata {
  const present = Object.hasOwn(payload, key) && payload[key] !== null
  return present || value === null || value === undefined ? {} : { [key]: value as JsonValue }
}

function toMetadata(key: string, value: unknown): Metadata {
  if (value === null || value === undefined) return {}
  return isObject(value) ? (value as Metadata) : { [key]: value as JsonValue }
}

function rescaledOf({ rescaled }: Time): { readonly rescaled?: TimeUnit } {
  return rescaled === undefined ? {} : { rescaled }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(reason: string): ParsedLine {
  return { type: 'malformed', reason }
}
