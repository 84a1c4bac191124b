/**
 * The text form of `wattline spans`: one line per span, children indented below their parents.
 *
 * ```
 *   offset  duration  span                                          tokens   timeline
 *   +0.000    4.31 s  agent planner                                           ━━━━━━━━━━━━━━
 *   +0.001    1.24 s    lm_inference Qwen3-8B                       900→78    ━━━━
 *   +1.270    318 ms    tool_call web_search  ! error: timed out                  ━
 * ```
 *
 * On a terminal, lines are cut to its width, and the timeline is drawn if there is room. In a pipe,
 * lines are not cut.
 */
import {
  flagNames,
  formatCount,
  formatDuration,
  type KindColor,
  kindOf,
  labelWithDetail,
  type Mark,
  shortModel,
  showHiddenInLine,
  type Span,
  SpanFlag,
} from '@wattline/trace'
import { isSpan, timeOf, type TreeRow } from './span-tree.ts'
import { NONE } from './table.ts'
import { cells, fit, padEnd, padStart, type Style, type TextLayout } from '../base/terminal.ts'

export interface SpanListingOptions extends TextLayout {
  /** First and last time of the log: the zero of `offset` and the ends of the timeline. Unix seconds. */
  readonly firstS: number
  readonly lastS: number
  /** What a call does, as far as it is known. */
  readonly detailOf: (item: Span | Mark) => string | undefined
}

const MIN_TIMELINE_WIDTH = 110
const MIN_TOKENS_WIDTH = 96
const DURATION_CELLS = 9

/** Lays out the columns once and then renders row by row. */
export class SpanListing {
  readonly #options: SpanListingOptions
  readonly #offsetCells: number
  readonly #tokenCells: number
  readonly #timelineCells: number
  readonly #spanCells: number | undefined

  constructor(rows: readonly TreeRow[], options: SpanListingOptions) {
    this.#options = options
    const { width, firstS, lastS } = options
    this.#offsetCells = 6
    let tokens = 0
    for (const { item } of rows) {
      const offset = formatOffset(timeOf(item) - firstS, lastS - firstS)
      this.#offsetCells = Math.max(this.#offsetCells, offset.length)
      tokens = Math.max(tokens, cells(tokensOf(item)))
    }
    const hasRoom = width !== undefined && width >= MIN_TOKENS_WIDTH
    this.#tokenCells = hasRoom && tokens > 0 ? Math.max(tokens, 'tokens'.length) : 0
    this.#timelineCells =
      width !== undefined && width >= MIN_TIMELINE_WIDTH
        ? Math.min(60, Math.floor(width * 0.26))
        : 0
    this.#spanCells = width === undefined ? undefined : Math.max(20, width - this.#fixedCells())
  }

  /** The titles of the columns. */
  header(): string {
    const { style } = this.#options
    const span = this.#spanCells === undefined ? 'span' : padEnd('span', this.#spanCells)
    const tokens = this.#tokenCells > 0 ? `  ${padStart('tokens', this.#tokenCells)}` : ''
    const left = `${padStart('offset', this.#offsetCells)}  ${padStart('duration', DURATION_CELLS)}`
    return style.dim(`${left}  ${span}${tokens}`.trimEnd())
  }

  row(row: TreeRow): string {
    const { style, firstS, lastS } = this.#options
    const { item } = row
    const offset = padStart(formatOffset(timeOf(item) - firstS, lastS - firstS), this.#offsetCells)
    const duration = padStart(durationOf(item), DURATION_CELLS)
    const left = `${style.dim(offset)}  ${duration}  `
    const tokens = tokensOf(item)
    if (this.#spanCells === undefined) {
      const suffix = tokens === '' ? '' : style.dim(`  tokens ${tokens}`)
      return `${left}${this.#spanText(row, undefined)}${suffix}`
    }
    const span = padEnd(this.#spanText(row, this.#spanCells), this.#spanCells)
    const right = this.#tokenCells > 0 ? `  ${padStart(tokens, this.#tokenCells)}` : ''
    const timeline = this.#timelineCells > 0 ? `  ${this.#timeline(item)}` : ''
    return `${left}${span}${right}${timeline}`.trimEnd()
  }

  #fixedCells(): number {
    const tokens = this.#tokenCells > 0 ? this.#tokenCells + 2 : 0
    const timeline = this.#timelineCells > 0 ? this.#timelineCells + 2 : 0
    return this.#offsetCells + 2 + DURATION_CELLS + 2 + tokens + timeline
  }

  /** Kind and subject, then the flags. If there is no room, kind and subject are cut first. */
  #spanText({ item, depth }: TreeRow, width: number | undefined): string {
    const { style } = this.#options
    const maxDepth = width === undefined ? 30 : Math.min(30, Math.floor(width / 5))
    const indent = '  '.repeat(Math.min(depth, maxDepth))
    const kind = showHiddenInLine(item.kind)
    const name = item.subject === undefined ? '' : shortModel(item.subject)
    const label = labelWithDetail(name, this.#options.detailOf(item))
    const subject = label === '' ? '' : ` ${showHiddenInLine(label)}`
    const paint = painter(item.kind, style)
    const flags = isSpan(item) ? spanFlags(item) : markFlags(item)
    if (width === undefined) {
      return `${indent}${paint(kind)}${subject}${flags === '' ? '' : `  ${style.red(flags)}`}`
    }
    const flagText =
      flags === ''
        ? ''
        : fit(flags, Math.max(Math.floor(width * 0.55), width - cells(indent + kind + subject) - 2))
    const room = width - (flagText === '' ? 0 : cells(flagText) + 2)
    const text = fit(`${indent}${kind}${subject}`, room)
    const kindEnd = Math.min(text.length, indent.length + kind.length)
    const painted = `${text.slice(0, indent.length)}${paint(text.slice(indent.length, kindEnd))}${text.slice(kindEnd)}`
    const hasFailed = isSpan(item) && (item.flags & SpanFlag.ERROR) !== 0
    return flagText === ''
      ? painted
      : `${painted}  ${(hasFailed ? style.red : style.yellow)(flagText)}`
  }

  #timeline(item: Span | Mark): string {
    const { firstS, lastS, style } = this.#options
    const width = this.#timelineCells
    const total = Math.max(lastS - firstS, Number.MIN_VALUE)
    const at = (timeS: number) =>
      Math.min(width - 1, Math.max(0, Math.floor(((timeS - firstS) / total) * width)))
    if (!isSpan(item)) return `${' '.repeat(at(item.timeS))}${style.dim('·')}`
    const from = at(item.startS)
    const to = at(item.endS ?? item.fadeS ?? lastS)
    const hasFailed = (item.flags & SpanFlag.ERROR) !== 0
    const bar = (item.endS === undefined ? '╍' : '━').repeat(Math.max(1, to - from))
    return `${' '.repeat(from)}${(hasFailed ? style.red : painter(item.kind, style))(bar)}`
  }
}

/** `+0.318`, `+1:02.318`, `+1:00:02.318`; with microseconds if the whole run is short. */
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

function durationOf(item: Span | Mark): string {
  if (!isSpan(item)) return item.orphan ? 'end' : NONE
  return item.durationS === undefined ? '–' : formatDuration(item.durationS)
}

function tokensOf(item: Span | Mark): string {
  if (!isSpan(item) || item.tokens === undefined) return ''
  const { input, output, total, isLowerBound } = item.tokens
  const least = isLowerBound ? '≥ ' : ''
  if (input !== undefined && output !== undefined)
    return `${formatCount(input)}→${least}${formatCount(output)}`
  if (input !== undefined) return `${formatCount(input)} in`
  if (output !== undefined) return `${least}${formatCount(output)} out`
  return total === undefined ? '' : formatCount(total)
}

const FLAG_TEXT: Readonly<Record<string, string>> = {
  'did-not-end': 'unfinished',
  ambiguous: 'uncertain pairing',
  clock: 'unusable end time',
  'parent-missing': 'missing parent',
  'parent?': 'uncertain parent',
}

/** Errors first, then doubts. */
function spanFlags(span: Span): string {
  const doubts = flagNames(span.flags & ~SpanFlag.ERROR).map(
    (name) => `! ${FLAG_TEXT[name] ?? name}`,
  )
  const errors = (span.flags & SpanFlag.ERROR) === 0 ? [] : [errorText(span.error)]
  return [...errors, ...doubts].join('  ')
}

function markFlags(mark: Mark): string {
  if (mark.orphan) return '! no start'
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
