/** Text for a terminal: optional colors, and widths in cells, as a terminal counts them. */
import { styleText } from 'node:util'
import { graphemes } from '@wattline/trace'
import type { CliIo, Output } from './io.ts'

const FORMATS = ['bold', 'dim', 'red', 'yellow', 'green', 'blue', 'magenta', 'cyan'] as const
type Format = (typeof FORMATS)[number]

export type Style = Readonly<Record<Format, (text: string) => string>>

/** How to lay out text for one output. */
export interface TextLayout {
  readonly style: Style
  /** In cells; undefined = no limit, because the output is not a terminal. */
  readonly width: number | undefined
}

function styleWith(paint: (format: Format, text: string) => string): Style {
  const painters = FORMATS.map((format) => [format, (text: string) => paint(format, text)])
  return Object.fromEntries(painters) as Style
}

// `styleFor` decides about colors; Node would look at the environment of the process.
const COLORED = styleWith((format, text) => styleText(format, text, { validateStream: false }))
const PLAIN = styleWith((_format, text) => text)

export function layoutFor(out: Output, env: CliIo['env']): TextLayout {
  return { style: styleFor(out, env), width: widthOf(out, env) }
}

/** Colors for `out`: on a terminal unless NO_COLOR is set or TERM is dumb; FORCE_COLOR forces them. */
export function styleFor(out: Output, env: CliIo['env']): Style {
  if ((env['NO_COLOR'] ?? '') !== '') return PLAIN
  const forced = env['FORCE_COLOR'] ?? ''
  if (forced !== '') return forced === '0' ? PLAIN : COLORED
  return out.isTTY === true && env['TERM'] !== 'dumb' ? COLORED : PLAIN
}

/** Width of the output in cells; undefined (no limit) when it is not a terminal. */
export function widthOf(out: Output, env: CliIo['env']): number | undefined {
  if (out.isTTY === true && out.columns !== undefined && out.columns > 0) return out.columns
  const columns = Number(env['COLUMNS'])
  return Number.isInteger(columns) && columns >= 20 ? columns : undefined
}

const ZERO_WIDTH = /\p{Mark}|\u200C|\u200D|\uFE0F/u
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u
const COLOR_CODES = /\u001B\[\d+m/gu

/** Cells that `text` takes on a terminal; color codes take none. */
export function cells(text: string): number {
  let width = 0
  for (const char of text.replace(COLOR_CODES, '')) width += charCells(char)
  return width
}

function charCells(char: string): number {
  if (char < '\u0300') return 1
  if (ZERO_WIDTH.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

/** Cuts `text`, which has no color codes, to `width` cells and marks the cut with an ellipsis. */
export function fit(text: string, width: number): string {
  if (text.length <= width && cells(text) <= width) return text
  if (width < 1) return ''
  let used = 0
  let cut = ''
  for (const { segment } of graphemes(text)) {
    const size = cells(segment)
    if (used + size > width - 1) break
    used += size
    cut += segment
  }
  return `${cut}…`
}

/** Pads to `width` cells. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)))
}

/** Pads on the left to `width` cells, for numbers. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - cells(text))) + text
}

/** A count with its noun: `1 span`, `2,500 spans`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${thousands(n)} ${n === 1 ? one : many}`
}

/** `1,234,567`, independent of the system's locale. */
export function thousands(n: number): string {
  return n.toLocaleString('en-US')
}
