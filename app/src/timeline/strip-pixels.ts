/**
 * Bars that are too narrow to have corners, as pixels. A run zoomed out has tens of thousands of
 * them, and a canvas takes longer to be told of each than to be handed a picture. A bar is the same
 * from its top to its bottom, so a row is one line of pixels, drawn as high as the row is:
 *
 * ```
 *   line 2r      ▓▓▓ ▒▒ ▓ ████ ▒▓      the bars of row r, in device px
 *   line 2r + 1    ▀▀        ▀         the flags of failed spans that are merged into them
 * ```
 */
import { BarState, type BarList } from './bar-list.ts'

/** Rows stand at least this far apart, so a canvas sees no more than its height holds. */
const ROW_APART_PX = 20

export interface StripRow {
  readonly topPx: number
  readonly heightPx: number
  hasFlags: boolean
}

/** Colours as `Uint32Array` over RGBA bytes has them. */
export interface StripInks {
  /** Of a bar of this list. */
  bar(bars: BarList, bar: number): number
  error(isDimmed: boolean): number
}

export class StripPixels {
  /** In device px; lines in pairs, see above. */
  width = 0
  lines = 0
  bytes = new Uint8ClampedArray(0)
  readonly rows: StripRow[] = []
  private pixels = new Uint32Array(0)
  private ratio = 1
  private readonly rowAt = new Map<number, number>()
  /** The last bar's row, as most bars are of the same row as the one before. */
  private lastTopPx = NaN
  private lastRow = -1

  /** Forgets the last frame; sizes are the canvas's, in CSS px. */
  begin(widthPx: number, heightPx: number, deviceRatio: number): void {
    const width = Math.round(widthPx * deviceRatio)
    const lines = 2 * (Math.ceil(heightPx / ROW_APART_PX) + 2)
    if (width !== this.width || lines !== this.lines) {
      this.bytes = new Uint8ClampedArray(width * lines * 4)
      this.pixels = new Uint32Array(this.bytes.buffer)
    } else this.pixels.fill(0)
    this.width = width
    this.lines = lines
    this.ratio = deviceRatio
    this.rows.length = 0
    this.rowAt.clear()
    this.lastTopPx = NaN
  }

  /** @param errorPx how wide the red edge of a failed bar is, CSS px */
  add(bars: BarList, bar: number, inks: StripInks, errorPx: number): void {
    const row = this.rowOf(bars.topPx[bar] as number, bars.heightPx[bar] as number)
    if (row < 0) return
    const state = bars.state[bar] as number
    const leftPx = bars.leftPx[bar] as number
    const rightPx = bars.rightPx[bar] as number
    this.fill(2 * row, leftPx, rightPx, inks.bar(bars, bar))
    if ((state & BarState.ERROR) === 0) return
    const red = inks.error((state & BarState.DIMMED) !== 0)
    if (state & BarState.MERGED) {
      this.fill(2 * row + 1, leftPx, Math.max(rightPx, leftPx + errorPx), red)
      ;(this.rows[row] as StripRow).hasFlags = true
    } else this.fill(2 * row, leftPx, leftPx + errorPx, red)
  }

  /** A box of one colour that is no bar. */
  addBox(topPx: number, heightPx: number, leftPx: number, rightPx: number, ink: number): void {
    const row = this.rowOf(topPx, heightPx)
    if (row >= 0) this.fill(2 * row, leftPx, rightPx, ink)
  }

  private rowOf(topPx: number, heightPx: number): number {
    if (topPx === this.lastTopPx) return this.lastRow
    this.lastTopPx = topPx
    this.lastRow = this.rowAt.get(topPx) ?? this.newRow(topPx, heightPx)
    return this.lastRow
  }

  private newRow(topPx: number, heightPx: number): number {
    if (2 * this.rows.length >= this.lines) return -1
    const row = this.rows.push({ topPx, heightPx, hasFlags: false }) - 1
    this.rowAt.set(topPx, row)
    return row
  }

  /** Where bars lie over each other the stronger one is seen, of equals the later one. */
  private fill(line: number, leftPx: number, rightPx: number, ink: number): void {
    const { pixels, width } = this
    const from = Math.max(0, Math.round(leftPx * this.ratio))
    const to = Math.min(width, Math.round(rightPx * this.ratio))
    const base = line * width
    for (let at = base + from; at < base + to; at++) {
      if ((pixels[at] as number) >>> 24 <= ink >>> 24) pixels[at] = ink
    }
  }
}
