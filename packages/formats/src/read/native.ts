/** Recognizes lines of Wattline itself. `parseLine` in trace has their table. */
import { isFields } from './fields.ts'

/** Whether a record is a line that needs no conversion. */
export function isNative(record: unknown): boolean {
  if (!isFields(record)) return false
  if (Object.hasOwn(record, 'reading')) return isFields(record['reading'])
  if (record['wattline'] === 'writer') return true
  if (typeof record['event_type'] !== 'string') return false
  if (typeof (record['timestamp'] ?? record['timestamp_ns']) !== 'number') return false
  return Object.hasOwn(record, 'metadata') || !isFields(record['data'])
}
