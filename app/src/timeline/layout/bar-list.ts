/**
 * The bars and marks of one frame as columns that are reused from frame to frame, without an object
 * per bar. `collect` and `collect-marks` fill them; paint and hit-test read them.
 */
import { growColumns } from '../../base/soa.ts'

/** How a bar is drawn, besides the color of its kind. */
export const BarState = {
  /** Several spans that are narrower than a column. */
  MERGED: 1,
  OPEN: 2,
  /** Fades out at the time after which nothing is known. */
  DID_NOT_END: 4,
  AMBIGUOUS: 8,
  CLOCK: 16,
  ERROR: 32,
  DIMMED: 64,
  /** In a collapsed group: no label, no ornament. */
  COLLAPSED: 128,
} as const

export class BarList {
  count = 0
  leftPx = new Float64Array(256)
  rightPx = new Float64Array(256)
  /** From the top edge of the canvas. */
  topPx = new Float64Array(256)
  heightPx = new Float32Array(256)
  /** Left edge of the next bar of the row, or the end of the canvas: room for a label. */
  roomPx = new Float64Array(256)
  kind = new Uint16Array(256)
  state = new Uint8Array(256)
  /** How much of a merged bar is covered, in quarters 1–4; 4 for a single span. */
  cover = new Uint8Array(256)
  /** The span; of a merged bar, the first one. */
  slot = new Int32Array(256)
  /** The spans of the bar: [from, to) in the row's order. */
  from = new Int32Array(256)
  to = new Int32Array(256)

  clear(): void {
    this.count = 0
  }

  /** Adds a bar and returns its index; the caller fills the columns. */
  push(): number {
    if (this.count === this.leftPx.length) growColumns(this, this.count, this.count * 2)
    return this.count++
  }
}

export class MarkList {
  count = 0
  xPx = new Float64Array(64)
  /** The middle of the row. */
  yPx = new Float64Array(64)
  slot = new Int32Array(64)
  /** 1 = another mark is so near that there is only room for a tick. */
  crowded = new Uint8Array(64)

  clear(): void {
    this.count = 0
  }

  push(xPx: number, yPx: number, slot: number): void {
    if (this.count === this.xPx.length) growColumns(this, this.count, this.count * 2)
    this.xPx[this.count] = xPx
    this.yPx[this.count] = yPx
    this.slot[this.count++] = slot
  }
}
