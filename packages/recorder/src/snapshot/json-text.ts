/**
 * Builds the parts of a line: quoted strings, cached keys and timestamps.
 *
 * JSON.stringify is slow for small values. These functions are fast for the values that agents
 * record most, and use JSON.stringify for the rest.
 */

/** Characters that JSON escapes. Surrogates are included because a lone one is escaped too. */
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/

/** Up to this length, a loop over the characters is faster than starting a regular expression. */
const LOOP_MAX = 40

/** A string as JSON text, quotes included. */
export function quote(text: string): string {
  if (text.length > LOOP_MAX) {
    return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) {
      return JSON.stringify(text)
    }
  }
  return `"${text}"`
}

/** Keys and types repeat. Data used as keys does not, so a full cache accepts no more of them. */
const CACHE_MAX = 2_000

/** Caches the results of `make` for the first 2,000 different strings. */
export function cached(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const hit = known.get(text)
    if (hit !== undefined) return hit
    const made = make(text)
    if (known.size < CACHE_MAX && text.length < 256) known.set(text, made)
    return made
  }
}

/** `"key":` */
export const keyText = cached((key) => `${quote(key)}:`)

const THREE_DIGITS = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'))

let secondText = '0.'
let secondOfText = 0

/**
 * Formats Unix seconds as JSON text. Seven decimals restore the exact number, because a float64 near
 * the current time has steps of 2.4e-7.
 */
export function secondsText(seconds: number): string {
  let whole = Math.floor(seconds)
  let tenMillionths = Math.round((seconds - whole) * 1e7)
  if (tenMillionths === 1e7) {
    whole += 1
    tenMillionths = 0
  }
  if (whole !== secondOfText) {
    secondOfText = whole
    secondText = `${whole}.`
  }
  const tail = tenMillionths % 1e6
  const high = (tail / 1_000) | 0
  const first = (tenMillionths - tail) / 1e6
  return secondText + first + THREE_DIGITS[high] + THREE_DIGITS[tail - high * 1_000]
}
