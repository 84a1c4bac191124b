/** Text for a terminal: optional colors, widths in cells, and columns. */
import type { CliIo, Output } from './io.ts'

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
  readonly blue: (text: string) => string
  readonly magenta: (text: string) => string
  readonly cyan: (text: string) => string
}

const sgr = (on: number, off: number) => (text: string) => `\u001B[${on}m${text}\u001B[${off}m`
const plain = (text: string) => text

const COLOURED: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  yellow: sgr(33, 39),
  green: sgr(32, 39),
  blue: sgr(34, 39),
  magenta: sgr(35, 39),
  cyan: sgr(36, 39),
}

const PLAIN: Style = {
  bold: plain,
  dim: plain,
  red: plain,
  yellow: plain,
  green: plain,
  blue: plain,
  magenta: plain,
  cyan: plain,
}

/** Colours for `out`: on a terminal unless NO_COLOR is set or it is dumb; FORCE_COLOR forces them. */
export function styleFor(out: Output, env: CliIo['env']): Style {
  if ((env['NO_COLOR'] ?? '') !== '') return PLAIN
  const forced = env['FORCE_COLOR'] ?? ''
  if (forced !== '') return forced === '0' ? PLAIN : COLOURED
  return out.isTTY === true && env['TERM'] !== 'dumb' ? COLOURED : PLAIN
}

/** Columns to fit text into; undefined (no limit) when the output is not a terminal. */
export function widthOf(out: Output, env: CliIo['env']): number | undefined {
  if (out.isTTY === true && out.columns !== undefined && out.columns > 0) return out.columns
  const told = Number(env['COLUMNS'])
  return Number.isInteger(told) && told >= 20 ? told : undefined
}

const ZERO_WIDTH = /\p{Mark}|\u200B|\u200D|\uFE0F/u
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u
const ESCAPES = /\u001B\[\d+m/gu

/** Cells that `text` takes on a terminal; colour codes take none. */
export function cells(text: string): number {
  let width = 0
  for (const char of text.replace(ESCAPES, '')) width += charCells(char)
  return width
}

function charCells(char: string): number {
  if (char < '\u0300') return 1
  if (ZERO_WIDTH.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

/** `text` (without colour codes) cut to `width` cells, the cut shown by an ellipsis. */
export function fit(text: string, width: number): string {
  if (text.length <= width && cells(text) <= width) return text
  if (width < 1) return ''
  let used = 0
  let cut = ''
  for (const char of text) {
    const size = charCells(char)
    if (used + size > width - 1) break
    used += size
    cut += char
  }
  return `${cut}…`
}

/** Pads to `width` cells; colour codes are not counted. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}

/** Pads on the left to `width` cells, for figures. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - cells(text))) + text
}

/** `1 span`, `2 spans`: a count with its noun, thousands set apart. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`
}

/** `1,234,567` whatever the machine's language. */
export function thousands(n: number): string {
  return n.toLocaleString('en-US')
}
