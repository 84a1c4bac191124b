/** Says what an unexpected value is, short enough for a list of malformed lines. */

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

/** The beginning of a text, with what a terminal or a page would obey made visible as `·`. */
export function excerpt(text: string): string {
  let shown = ''
  for (const char of text.slice(0, EXCERPT_CHARS)) shown += isPrintable(char) ? char : '·'
  return text.length > EXCERPT_CHARS ? `${shown}…` : shown
}

/** False for control characters, direction marks and halves of a surrogate pair. */
function isPrintable(char: string): boolean {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false
  if (code >= 0xd800 && code <= 0xdfff) return false
  if (code === 0x200e || code === 0x200f || code === 0xfeff) return false
  return !((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
}
