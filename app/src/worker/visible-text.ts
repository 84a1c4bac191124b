/**
 * The boundary of text: whatever the worker sends has passed here, so that the page can render it.
 * Hidden characters of a log (controls, marks that change the direction of writing) become visible.
 */
import { showHidden } from '@wattline/trace'

/** Identifiers, which the page sends back or compares. */
const EXACT: ReadonlySet<string> = new Set(['id', 'query', 'groupBy', 'groupKeys'])

/** Copies plain data with visible texts. Keeps identifiers and typed arrays. */
export function withVisibleText<T>(data: T): T {
  return copy(data) as T
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return showHidden(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  // Lists of slots can be long.
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(copy)
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, EXACT.has(key) ? one : copy(one)]),
  )
}
