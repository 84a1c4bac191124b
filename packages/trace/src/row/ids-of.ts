/** Reads the ids of a span from its metadata, without the tables of a reader of logs. */
import type { Metadata } from '../line/event.ts'
import { ID_KEYS } from './metadata-keys.ts'

/** The ids in a span's metadata, the most specific first. */
export function idsOf(metadata: Metadata): (readonly [key: string, value: string])[] {
  return ID_KEYS.flatMap((key) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
    const isId = typeof value === 'number' || (typeof value === 'string' && value !== '')
    return isId ? [[key, String(value)] as const] : []
  })
}
