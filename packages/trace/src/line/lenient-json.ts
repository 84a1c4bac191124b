/**
 * JSON.parse for log lines. It accepts `NaN`, `Infinity` and `-Infinity`, which Python's json module
 * writes, rejects values that are nested too deep, and does not throw.
 */
import { excerpt } from './excerpt.ts'

/** Deeper values are rejected, so that code which walks metadata can recurse. */
const MAX_DEPTH = 500
const QUOTE = 34
const BACKSLASH = 92

export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string }

/** Parses one JSON text. Non-finite numbers outside of strings become null. */
export function parseJson(text: string): ParsedJson {
  let parsed = tryParse(text)
  if (!parsed.ok) {
    const repaired = nullNonFinite(text)
    if (repaired !== text) parsed = tryParse(repaired)
  }
  if (parsed.ok && text.length > 2 * MAX_DEPTH && isDeeperThan(MAX_DEPTH, text)) {
    return { ok: false, reason: `expected at most ${MAX_DEPTH} nested levels, got more` }
  }
  return parsed
}

function tryParse(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    // The messages of engines differ, and a RangeError of the stack does not help a user.
    return { ok: false, reason: syntaxReason(text) }
  }
}

/** Advice for a file that is one JSON array. */
export const AS_LINES = "; jq -c '.[]' writes its items as lines"

function syntaxReason(text: string): string {
  const whole = text.trim()
  if (whole === '[')
    return `expected one JSON object per line, got an array over several lines${AS_LINES}`
  if (whole === '{') {
    return 'expected one JSON object per line, got one over several lines; jq -c . writes it as one line'
  }
  if (!text.trimStart().startsWith('{')) return `expected a JSON object, got ${excerpt(text)}`
  if (text.trimEnd().endsWith('}')) return `expected valid JSON, got ${excerpt(text)}`
  return `expected a whole JSON object, got an incomplete one: ${excerpt(text)}`
}

/** Replaces non-finite numbers outside of strings by null. */
function nullNonFinite(text: string): string {
  return replaceOutsideStrings(text, /-?Infinity|NaN/g, () => 'null')
}

/**
 * Whether a text may contain a number that a float64 cannot tell from its neighbors. Digits that follow a
 * quote are those of a string.
 */
const MAY_BE_UNSAFE = /(?:^|[\s:,[])-?(?:\d{16}|\d+(?:\.\d+)?[eE]\+?\d)/
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/**
 * Puts quotes around the numbers outside of strings that are beyond ±(2^53 − 1) and that JSON.parse
 * would change, so that they are read as the texts that were written. Rounded ids would be one id.
 */
export function quoteUnsafeNumbers(text: string): string {
  if (!MAY_BE_UNSAFE.test(text)) return text
  return replaceOutsideStrings(text, NUMBER, (written) => {
    const number = Number(written)
    const isKept = Math.abs(number) <= Number.MAX_SAFE_INTEGER || String(number) === written
    return isKept ? written : `"${written}"`
  })
}

function replaceOutsideStrings(
  text: string,
  pattern: RegExp,
  replacement: (match: string) => string,
): string {
  let replaced = ''
  for (let at = 0; at < text.length;) {
    const open = text.indexOf('"', at)
    const from = open === -1 ? text.length : open
    const to = open === -1 ? text.length : endOfString(text, open) + 1
    replaced += text.slice(at, from).replace(pattern, replacement) + text.slice(from, to)
    at = to
  }
  return replaced
}

function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    // `[` and `{` differ only in bit 5, and so do `]` and `}`.
    else if ((code | 32) === 123 && ++depth > limit) return true
    else if ((code | 32) === 125) depth--
  }
  return false
}

/** Index of the quote that closes the string opened at `open`; the text's end if there is none. */
function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1)
  while (close !== -1) {
    let before = close - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((close - before) % 2 === 1) return close
    close = text.indexOf('"', close + 1)
  }
  return text.length
}
