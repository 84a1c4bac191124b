/** Describes an unexpected value, short enough for a list of malformed lines. */
import { cutText } from './graphemes.ts'
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
  return showHiddenInLine(cutText(text, EXCERPT_CHARS + 1))
}
