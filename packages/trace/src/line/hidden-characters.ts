/**
 * Makes hidden characters visible, so that text of a log cannot control a terminal or make a page
 * show something other than it contains. The page, the command and error texts all use this list.
 */

/**
 * C0 and C1 controls, line and paragraph separators, marks that change the direction of writing,
 * characters without width, and halves of a surrogate pair. The zero-width joiners (U+200C, U+200D)
 * stay: emoji and several scripts need them.
 */
const HIDDEN =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u2069\uFEFF\p{Cs}]/gu

/** The Braille pattern of no dots is a sign with an empty picture. */
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u

/**
 * Replaces hidden characters by a control picture or by their code point. Tabs and line feeds stay.
 *
 * @example showHidden('a\u202eb\u0000') // 'a⟨U+202E⟩b␀'
 */
export function showHidden(text: string): string {
  return text.replace(HIDDEN, visibleForm)
}

/** The same for text that must stay on one line: tabs and line feeds become `␉` and `␊`. */
export function showHiddenInLine(text: string): string {
  return showHidden(text).replace(/[\t\n]/g, visibleForm)
}

/** Whether a text shows nothing: it is empty, or has only spaces and characters without a picture. */
export function isBlank(text: string): boolean {
  return BLANK.test(text)
}

function visibleForm(char: string): string {
  const code = char.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}
