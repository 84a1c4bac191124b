/**
 * How records of agents are recognized. These functions are part of the first load of the page; the
 * readers are not.
 */
import { at, isFields, textOf } from '../read/fields.ts'
import { isNative, OPENJARVIS_TYPE } from '../read/native.ts'

export function isOpenJarvis(record: unknown): boolean {
  if (!isFields(record) || typeof record['timestamp'] !== 'number') return false
  const type = textOf(record['event_type'] ?? record['type'])
  if (type === undefined) return false
  return isNative(record) ? OPENJARVIS_TYPE.test(type) : isFields(record['data'])
}

export function isCodex(record: unknown): boolean {
  return at(record, 'type') === 'session_meta' && isFields(at(record, 'payload'))
}

/** Also iFlow and Cowork. A message with `parts` is one of Qwen Code; of a cut one they may be missing. */
export function isClaudeCode(record: unknown): boolean {
  if (!isFields(record) || textOf(record['sessionId']) === undefined) return false
  const message = record['message']
  if (textOf(record['uuid']) === undefined || !isFields(message)) return false
  return ('content' in message || 'id' in message) && !('parts' in message)
}

/** The first line names the producer; a log that was cut has the types of its events. */
export function isCopilotCli(record: unknown): boolean {
  const type = textOf(at(record, 'type')) ?? ''
  return (
    /^(session|assistant|tool|user)\./.test(type) &&
    isFields(at(record, 'data')) &&
    isFields(record) &&
    'parentId' in record &&
    'id' in record
  )
}

/** Events of a plugin, `[hook, input, …]`, or of the server. */
export function isOpenCode(record: unknown): boolean {
  if (Array.isArray(record)) return record[0] === 'event' && isFields(at(record[1], 'event'))
  return textOf(at(record, 'type')) !== undefined && isFields(at(record, 'properties'))
}

/** A document with messages, or the header of JSON lines. */
export function isGeminiCli(record: unknown): boolean {
  return (
    textOf(at(record, 'projectHash')) !== undefined && textOf(at(record, 'sessionId')) !== undefined
  )
}

export function isQwenCode(record: unknown): boolean {
  return (
    textOf(at(record, 'sessionId')) !== undefined &&
    textOf(at(record, 'uuid')) !== undefined &&
    Array.isArray(at(record, 'message', 'parts'))
  )
}

/** The header of a session of pi. */
export function isPi(record: unknown): boolean {
  return (
    at(record, 'type') === 'session' && isFields(record) && 'version' in record && 'cwd' in record
  )
}

/** Events of a session, bare or with the call that they came from. */
export function isManagedAgents(record: unknown): boolean {
  if (Array.isArray(record)) {
    return typeof record[0] === 'string' && record[0].startsWith('client.beta.sessions')
  }
  const type = textOf(at(record, 'type')) ?? ''
  return (
    /^(?:span\.model_request_start|session\.status_)/.test(type) &&
    textOf(at(record, 'processed_at')) !== undefined
  )
}

/** A session of Google's Agent Development Kit. */
export function isAdk(record: unknown): boolean {
  const events = at(record, 'events')
  if (!Array.isArray(events) || at(record, 'id') === undefined) return false
  return textOf(at(events[0], 'author')) !== undefined && isFields(at(events[0], 'content'))
}

/** The header of Kimi's journal. */
export function isKimi(record: unknown): boolean {
  return at(record, 'type') === 'metadata' && textOf(at(record, 'protocol_version')) !== undefined
}

/** Events with naive times, or runs with a history. */
export function isOpenHands(record: unknown): boolean {
  if (textOf(at(record, 'instance_id')) !== undefined && Array.isArray(at(record, 'history')))
    return true
  const kind = textOf(at(record, 'kind')) ?? ''
  const time = textOf(at(record, 'timestamp')) ?? ''
  return (
    textOf(at(record, 'source')) !== undefined &&
    /(?:Event|Observation|Condensation)$/.test(kind) &&
    /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(time)
  )
}

export function isAtif(record: unknown): boolean {
  return textOf(at(record, 'schema_version')) !== undefined && Array.isArray(at(record, 'steps'))
}
