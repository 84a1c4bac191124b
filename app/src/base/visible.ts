/**
 * Text of a log as it may be shown: control characters and those that turn the direction of writing
 * become visible signs, so that no log can make the page say what it does not.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g
const FIRST_CONTROL_PICTURE = 0x2400

/** @example visible('a\u202eb') // 'a⟨U+202E⟩b' */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => {
    const code = char.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(FIRST_CONTROL_PICTURE + code)
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
}
