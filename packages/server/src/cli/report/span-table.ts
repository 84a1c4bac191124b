/**
 * `wattline spans` for people: one row a span, children indented below their parents.
 *
 * ```
 *   offset  duration  span                                          tokens   ├ timeline ─────┤
 *   +0.000    4.31 s  agent planner                                           ━━━━━━━━━━━━━━
 *   +0.001    1.24 s    lm_inference Qwen3-8B                       900→78    ━━━━
 *   +1.270    318 ms    tool_call web_search  ! error: timed out                  ━
 * ```
 *
 * On a terminal rows are cut to its width and the picture comes where there is room for it; into a
 * pipe they are written whole.
 */
import {
  flagNames,
  formatCount,
  formatDuration,
  type KindColor,
  kindOf,
  type Mark,
  shortModel,
  showHiddenInLine,
  type Span,
  SpanFlag,
} from '@wattline/trace'
import type { TreeRow } from './span-tree.ts'
import { cells, fit, padEnd, padStart, type Style } from '../base/terminal.ts'

export interface SpanTableOptions {
  readonly style: Style
  /** Columns of the terminal; undefined = as wide as needed. */
  readonly width: number | undefined
  /** Time that `offset` counts from, and where the picture ends. Unix seconds. */
  readonly firstS: number
  readonly lastS: number
}

const MIN_PICTURE_WIDTH = 110
const MIN_TOKENS_WIDTH = 96
const DURATION_CELLS = 9

/** Lays columns out once and then renders rows one by one. */
export class SpanTable {
  readonly #options: SpanTableOptions
  readonly #offsetCells: number
  readonly #tokenCells: number
  readonly #pictureCells: number
  readonly #spanCells: number | undefined

  constructor(rows: readonly TreeRow[], options: SpanTableOptions) {
    this.#options = options
    const { width, firstS, lastS } = options
    this.#offsetCells = Math.max(6, formatOffset(lastS - firstS, lastS - firstS).length)
    let tokens = 0
    for (const row of rows) tokens = Math.max(tokens, cells(tokensOf(row)))
    const hasRoom = width === undefined || width >= MIN_TOKENS_WIDTH
    this.#tokenCells = hasRoom && tokens > 0 ? Math.max(tokens, 'tokens'.length) : 0
    this.#pictureCells =
      width !== undefined && width >= MIN_PICTURE_WIDTH ? Math.min(60, Math.floor(width * 0.26)) : 0
    this.#spanCells = width === undefined ? undefined : Math.max(20, width - this.#fixedCells())
  }

  /** Names of the columns. */
  header(): string {
    const { style } = this.#options
    const span = this.#spanCells === undefined ? 'span' : padEnd('span', this.#spanCells)
    const tokens = this.#tokenCells > 0 ? `  ${padStart('tokens', this.#tokenCells)}` : ''
    const text = `${padStart('offset', this.#offsetCells)}  ${padStart('duration', DURATION_CELLS)}  ${span}${
      this.#spanCells === undefined ? '' : tokens
    }`
    return style.dim(text.trimEnd())
  }

  row(row: TreeRow): string {
    const { style, firstS, lastS } = this.#options
    const startS = row.type === 'span' ? row.span.startS : row.mark.timeS
    const offset = padStart(formatOffset(startS - firstS, lastS - firstS), this.#offsetCells)
    const duration = padStart(durationOf(row), DURATION_CELLS)
    const left = `${style.dim(offset)}  ${duration}  `
    const tokens = tokensOf(row)
    if (this.#spanCells === undefined) {
      const suffix = tokens === '' ? '' : style.dim(`  tokens ${tokens}`)
      return `${left}${this.#what(row, undefined)}${suffix}`
    }
    const what = padEnd(this.#what(row, this.#spanCells), this.#spanCells)
    const right = this.#tokenCells > 0 ? `  ${padStart(tokens, this.#tokenCells)}` : ''
    const picture = this.#pictureCells > 0 ? `  ${this.#picture(row)}` : ''
    return `${left}${what}${right}${picture}`.trimEnd()
  }

  #fixedCells(): number {
    const tokens = this.#tokenCells > 0 ? this.#tokenCells + 2 : 0
    const picture = this.#pictureCells > 0 ? this.#pictureCells + 2 : 0
    return this.#offsetCells + 2 + DURATION_CELLS + 2 + tokens + picture
  }

  /** Kind and subject, then the flags, which are never the part that is cut away. */
  #what(row: TreeRow, width: number | undefined): string {
    const { style } = this.#options
    const deepest = width === undefined ? 30 : Math.min(30, Math.floor(width / 5))
    const indent = '  '.repeat(Math.min(row.depth, deepest))
    const item = row.type === 'span' ? row.span : row.mark
    const kind = showHiddenInLine(item.kind)
    const subject =
      item.subject === undefined ? '' : ` ${showHiddenInLine(shortModel(item.subject))}`
    const paint = painter(item.kind, style)
    const flags = row.type === 'span' ? flagsOf(row.span) : markFlags(row.mark)
    if (width === undefined) {
      return `${indent}${paint(kind)}${subject}${flags === '' ? '' : `  ${style.red(flags)}`}`
    }
    const flagText =
      flags === ''
        ? ''
        : fit(flags, Math.max(Math.floor(width * 0.55), width - cells(indent + kind + subject) - 2))
    const room = width - (flagText === '' ? 0 : cells(flagText) + 2)
    const name = fit(`${indent}${kind}${subject}`, room)
    const kindEnd = Math.min(name.length, indent.length + kind.length)
    const painted = `${name.slice(0, indent.length)}${paint(name.slice(indent.length, kindEnd))}${name.slice(kindEnd)}`
    const severe = row.type === 'span' && (row.span.flags & SpanFlag.ERROR) !== 0
    return flagText === ''
      ? painted
      : `${painted}  ${(severe ? style.red : style.yellow)(flagText)}`
  }

  #picture(row: TreeRow): string {
    const { firstS, lastS, style } = this.#options
    const width = this.#pictureCells
    const total = Math.max(lastS - firstS, Number.MIN_VALUE)
    const at = (timeS: number) =>
      Math.min(width - 1, Math.max(0, Math.floor(((timeS - firstS) / total) * width)))
    if (row.type === 'mark') return `${' '.repeat(at(row.mark.timeS))}${style.dim('·')}`
    const { span } = row
    const from = at(span.startS)
    const to = at(span.endS ?? span.fadeS ?? lastS)
    const failed = (span.flags & SpanFlag.ERROR) !== 0
    const bar = (span.endS === undefined ? '╍' : '━').repeat(Math.max(1, to - from))
    return `${' '.repeat(from)}${(failed ? style.red : painter(span.kind, style))(bar)}`
  }
}

/** `+0.318`, `+1:02.318`, `+1:00:02.318`; with microseconds where the whole run is short. */
export function formatOffset(offsetS: number, totalS: number): string {
  const digits = totalS < 0.1 ? 6 : 3
  const sign = offsetS < 0 ? '-' : '+'
  const rounded = Math.round(Math.abs(offsetS) * 10 ** digits) / 10 ** digits
  if (totalS < 60) return `${sign}${rounded.toFixed(digits)}`
  const seconds = (rounded % 60).toFixed(digits).padStart(digits + 3, '0')
  const minutes = Math.floor(rounded / 60)
  if (totalS < 3600) return `${sign}${minutes}:${seconds}`
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`
}

function durationOf(row: TreeRow): string {
  if (row.type === 'mark') return row.mark.orphan ? 'end' : '·'
  const { startS, endS } = row.span
  return endS === undefined ? '–' : formatDuration(endS - startS)
}

function tokensOf(row: TreeRow): string {
  if (row.type === 'mark' || row.span.tokens === undefined) return ''
  const { input, output, total } = row.span.tokens
  if (input !== undefined && output !== undefined)
    return `${formatCount(input)}→${formatCount(output)}`
  if (input !== undefined) return `${formatCount(input)} in`
  if (output !== undefined) return `${formatCount(output)} out`
  return total === undefined ? '' : formatCount(total)
}

const FLAG_TEXT: Readonly<Record<string, string>> = {
  open: '! open',
  'did-not-end': '! did not end',
  ambiguous: '! ambiguous',
  clock: '! clock stepped back',
  'parent?': '! parent?',
}

function flagsOf(span: Span): string {
  const names = flagNames(span.flags)
  // What went wrong comes before what is unsure about it.
  return [...names.filter((name) => name === 'error'), ...names.filter((name) => name !== 'error')]
    .map((name) => (name === 'error' ? errorText(span.error) : (FLAG_TEXT[name] ?? `! ${name}`)))
    .join('  ')
}

function markFlags(mark: Mark): string {
  if (mark.orphan) return '! its start is missing'
  return mark.error === undefined ? '' : errorText(mark.error)
}

function errorText(error: string | undefined): string {
  return error === undefined || error === '' ? '! error' : `! error: ${showHiddenInLine(error)}`
}

/** Styles of the colors that kinds have on the page. */
const STYLE_OF = {
  'lm-inference': 'blue',
  prefill: 'cyan',
  decode: 'cyan',
  'tool-call': 'yellow',
  'submodel-call': 'magenta',
  agent: 'bold',
  turn: 'dim',
  wait: 'dim',
} as const satisfies Record<KindColor, keyof Style>

function painter(kind: string, style: Style): (text: string) => string {
  const { color } = kindOf(kind)
  return color === undefined ? style.green : style[STYLE_OF[color]]
}
