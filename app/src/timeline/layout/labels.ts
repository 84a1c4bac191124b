/**
 * Text on bars: inside when it fits, else after the bar when there is room, else shortened inside,
 * else none. Measuring is slow, so widths are remembered.
 */
import { formatDuration } from '@wattline/trace'
import { BarState, type BarList } from './bar-list.ts'
import { durationOf, isNamedBeside, shortLabel, spanLabel } from '../../model/span-labels.ts'
import type { Scene } from './scene.ts'

const PADDING_PX = 6
/** An error's ✕ stands before the text. */
const CROSS_PX = 14
const CROSS_FROM_PX = 26
/** Shortened text says something from here on. */
const SHORTEN_FROM_PX = 52
const CACHE_LIMIT = 8000

/** Texts in one font: their widths in CSS px, and what durations are in words. */
export class TextWidths {
  readonly #widths = new Map<string, number>()
  readonly #durations = new Map<number, string>()
  readonly #measure: (text: string) => number

  constructor(measure: (text: string) => number) {
    this.#measure = measure
  }

  of(text: string): number {
    const known = this.#widths.get(text)
    if (known !== undefined) return known
    // Texts are few (subjects, three-digit durations); a run of unlike ones starts over.
    if (this.#widths.size >= CACHE_LIMIT) this.#widths.clear()
    const widthPx = this.#measure(text)
    this.#widths.set(text, widthPx)
    return widthPx
  }

  /** `1.2 s`: to write it takes longer than all the rest of a label. */
  duration(seconds: number): string {
    const known = this.#durations.get(seconds)
    if (known !== undefined) return known
    if (this.#durations.size >= CACHE_LIMIT) this.#durations.clear()
    const text = formatDuration(seconds)
    this.#durations.set(seconds, text)
    return text
  }

  /** As much of `text` as fits, with an ellipsis; empty when that is not even two letters. */
  shorten(text: string, roomPx: number): string {
    if (this.of(text) <= roomPx) return text
    let low = 0
    let high = Math.min(text.length, 200)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.of(`${text.slice(0, middle)}…`) <= roomPx) low = middle
      else high = middle - 1
    }
    return low < 2 ? '' : `${text.slice(0, low).trimEnd()}…`
  }
}

export interface Label {
  readonly text: string
  readonly xPx: number
  /** In the bar's own ink, or beside it in the page's. */
  readonly inside: boolean
}

/** Whether a failed bar is wide enough for its ✕. */
export function hasCross(leftPx: number, rightPx: number): boolean {
  return rightPx - Math.max(leftPx, 0) >= CROSS_FROM_PX
}

/** The label of one bar of `list`; undefined when there is no room for any. */
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
  // Most bars are too narrow for any text and have a neighbour: nothing is formatted for them.
  if (insidePx < 10 && roomPx < 18) return undefined
  let textPx = leftPx + PADDING_PX
  if (state & BarState.ERROR && hasCross(list.leftPx[bar]!, rightPx)) {
    textPx += CROSS_PX
    insidePx -= CROSS_PX
  }
  const slot = list.slot[bar]!
  const name = spanLabel(scene.columns, slot, scene.playheadS)
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

/** Only what has room for a name is given a duration. */
function withDuration(scene: Scene, slot: number, name: string, widths: TextWidths): string {
  const durationS = durationOf(scene.columns, slot, scene.playheadS)
  return durationS === undefined ? name : `${name}  ${widths.duration(durationS)}`
}
