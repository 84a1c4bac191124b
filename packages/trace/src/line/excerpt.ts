/** Describes an unexpected value, short enough for a list of malformed lines. */
import { showHiddenInLine } from './hidden-characters.ts'

const EXCERPT_CHARS = 40

/** 'the text "abc…"', 'an array', 'null', 'nothing', '5', 'true'. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return `the text "${excerpt(value)}"`
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : typeof value
}

/** The first characters of a text on one line, with hidden characters shown. */
export function excerpt(text: string): string {
  const shown = showHiddenInLine(text.slice(0, EXCERPT_CHARS + 1))
  if (shown.length <= EXCERPT_CHARS) return shown
  // Do not end with half a surrogate pair.
  return `${shown.slice(0, EXCERPT_CHARS).replace(/[\uD800-\uDBFF]$/, '')}…`
}
