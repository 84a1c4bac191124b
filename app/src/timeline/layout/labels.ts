/**
 * Places the labels of bars. The first of these that fits, for a call of `web_search` for 2 s:
 *
 * ```
 *   [ web_search  2 s ]     name and duration inside
 *   [ web_search ]          name inside
 *   [ ] web_search  2 s     beside the bar, if the next bar is far enough
 *   [ web_se… ]             shortened inside
 * ```
 */
import { formatDuration, lowerBound, wholeBefore } from '@wattline/trace'
import { isolated } from '../../base/isolated.ts'
import { BarState, type BarList } from './bar-list.ts'
import { durationOf, detailedLabel, isNamedBeside, shortLabel } from '../../model/span-labels.ts'
import type { Scene } from './scene.ts'

const PADDING_PX = 6
/** Width of the ✕ of a failed span, before the text. */
const CROSS_PX = 14
const CROSS_FROM_PX = 26
/** Narrower bars get no shortened text. */
const SHORTEN_FROM_PX = 52
const CACHE_LIMIT = 8000

/** Remembers the results of a slow function. Labels and rounded durations of a run are few. */
function cached<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    let value = known.get(key)
    if (value !== undefined) return value
    if (known.size >= CACHE_LIMIT) known.clear()
    known.set(key, (value = compute(key)))
    return value
  }
}

/** Widths of texts in one font, CSS px, and formatted durations. */
export class TextWidths {
  readonly of: (text: string) => number
  readonly duration = cached(formatDuration)

  constructor(measure: (text: string) => number) {
    this.of = cached(measure)
  }

  /** As much of `text` as fits, with an ellipsis; empty if fewer than two letters fit. */
  shorten(text: string, roomPx: number): string {
    if (this.of(text) <= roomPx) return text
    const most = Math.min(text.length, 200)
    const count = lowerBound(0, most, (at) => this.of(`${text.slice(0, at + 1)}…`) <= roomPx)
    const whole = wholeBefore(text, count)
    return whole < 2 ? '' : isolated(`${text.slice(0, whole).trimEnd()}…`)
  }
}

export interface Label {
  readonly text: string
  readonly xPx: number
  /** Inside the bar, or beside it. */
  readonly inside: boolean
}

/** Whether a failed bar is wide enough for the ✕. */
export function hasCross(leftPx: number, rightPx: number): boolean {
  return rightPx - Math.max(leftPx, 0) >= CROSS_FROM_PX
}

/** The label of a bar; undefined if there is no room. */
export function placeLabel(
  scene: Scene,
  list: BarList,
  bar: number,
  widths: TextWidths,
): Label | undefined {
  const state = list.state[bar]!
  const leftPx = Math.max(0, list.leftPx[bar]!)
  const rightPx = Math.min(scene.widthPx, list.rightPx[bar]!)
  const roomPx = Math.min(scene.widthPx, list.roomPx[bar]!) - rightPx - 2 * PADDING_PX
  let insidePx = rightPx - leftPx - 2 * PADDING_PX
  // Most bars have no room inside or beside: return before formatting anything.
  if (insidePx < 10 && roomPx < 18) return undefined
  let textPx = leftPx + PADDING_PX
  if (state & BarState.ERROR && hasCross(list.leftPx[bar]!, rightPx)) {
    textPx += CROSS_PX
    insidePx -= CROSS_PX
  }
  const slot = list.slot[bar]!
  const name = detailedLabel(scene.columns, slot, scene.playheadS)
  const namePx = widths.of(name)
  if (namePx <= insidePx) {
    const full = withDuration(scene, slot, name, widths)
    return { text: widths.of(full) <= insidePx ? full : name, xPx: textPx, inside: true }
  }
  const isBeside = (state & BarState.OPEN) === 0 && scene.matching === undefined
  if (isBeside && namePx <= roomPx && isNamedBeside(scene.columns, slot)) {
    const full = withDuration(scene, slot, name, widths)
    const text = widths.of(full) <= roomPx ? full : name
    return { text, xPx: rightPx + PADDING_PX, inside: false }
  }
  const short = shortLabel(scene.columns, slot, name)
  if (widths.of(short) <= insidePx) return { text: short, xPx: textPx, inside: true }
  if (insidePx < SHORTEN_FROM_PX - 2 * PADDING_PX || short !== name) return undefined
  const text = widths.shorten(name, insidePx)
  return text === '' ? undefined : { text, xPx: textPx, inside: true }
}

function withDuration(scene: Scene, slot: number, name: string, widths: TextWidths): string {
  const durationS = durationOf(scene.columns, slot, scene.playheadS)
  return durationS === undefined ? name : `${isolated(name)}  ${widths.duration(durationS)}`
}
