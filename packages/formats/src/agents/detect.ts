/**
 * How records of agents are recognized. These functions are part of the first load of the page; the
 * readers are not.
 */
import { isFields, textOf } from '../read/fields.ts'
import { isNative } from '../read/native.ts'

/** Pairs that only OpenJarvis has. Its recorder writes them in the native layout. */
const OPENJARVIS_TYPE = /^(inference|agent_turn|agent_tick)_(start|end)$/

export function isOpenJarvis(record: unknown): boolean {
  if (!isFields(record) || typeof record['timestamp'] !== 'number') return false
  const type = textOf(record['event_type'] ?? record['type'])
  if (type === undefined) return false
  return isNative(record) ? OPENJARVIS_TYPE.test(type) : isFields(record['data'])
}
