/** Recognizes lines of Wattline itself. `parseLine` in trace has their table. */
import { parseJson } from '@wattline/trace'
import { at, isFields } from './fields.ts'

/** Pairs that only OpenJarvis has. Its recorder writes them in the native layout. */
export const OPENJARVIS_TYPE = /^(inference|agent_turn|agent_tick)_(start|end)$/

const FIRST_LINES = 20

/**
 * Whether a log that begins with `text` is native without a doubt, so that the code for other formats
 * need not be loaded. `detect` gives the same answer for it.
 */
export function isPlainlyNative(text: string): boolean {
  const lines = text.split('\n', FIRST_LINES + 1)
  // The last piece may be cut in the middle of a line.
  const records = lines
    .slice(0, Math.max(1, lines.length - 1))
    .filter((line) => line.trim() !== '')
    .map((line) => parseJson(line.replace(/^\uFEFF/, '')))
  return (
    records.length > 0 &&
    records.every((line) => line.ok && isNative(line.value) && !isOpenJarvisPair(line.value))
  )
}

function isOpenJarvisPair(record: unknown): boolean {
  const type = at(record, 'event_type')
  return typeof type === 'string' && OPENJARVIS_TYPE.test(type)
}

/** Whether a record is a line that needs no conversion. */
export function isNative(record: unknown): boolean {
  if (!isFields(record)) return false
  if (Object.hasOwn(record, 'reading')) return isFields(record['reading'])
  if (record['wattline'] === 'writer') return true
  if (typeof record['event_type'] !== 'string') return false
  if (typeof (record['timestamp'] ?? record['timestamp_ns']) !== 'number') return false
  return Object.hasOwn(record, 'metadata') || !isFields(record['data'])
}
