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

/** Also iFlow and Cowork. A message with `parts` is one of Qwen Code. */
export function isClaudeCode(record: unknown): boolean {
  if (!isFields(record) || textOf(record['sessionId']) === undefined) return false
  const message = record['message']
  return (
    textOf(record['uuid']) !== undefined && isFields(message) && !Array.isArray(message['parts'])
  )
}
