/**
 * Rows of bars as pixels. A run that is zoomed out has tens of thousands of bars too narrow for
 * round corners, and drawing one image is faster than filling each of them. A bar looks the same
 * from top to bottom, so a row needs one line of pixels, stretched to the row's height when drawn:
 *
 * ```
 *   line 2r      ▓▓▓ ▒▒ ▓ ████ ▒▓      the bars of row r, in device px
 *   line 2r + 1    ▀▀        ▀         flags of failed spans inside merged bars
 * ```
 *
 * Colors are numbers as a `Uint32Array` over RGBA bytes reads them: `0xAABBGGRR`.
 */

/** The least distance between the tops of two rows, which bounds the number of lines. */
const ROW_DISTANCE_PX = 20
/** Width of the red edge of a failed bar, CSS px. */
export const ERROR_EDGE_PX = 3

export interface PixelRow {
  readonly topPx: number
  readonly heightPx: number
  hasFlags: boolean
}

export class PixelRows {
  /** Line width in device px, and the number of lines. */
  width = 0
  lines = 0
  bytes = new Uint8ClampedArray(0)
  readonly rows: PixelRow[] = []
  #pixels = new Uint32Array(0)
  #ratio = 1
  readonly #rowByTop = new Map<number, number>()
  /** Index of the current row; −1 = there is no line left for it. */
  #row = -1

  /** Clears everything for a new frame on a canvas of this size, CSS px. */
  begin(widthPx: number, heightPx: number, deviceRatio: number): void {
    const width = Math.round(widthPx * deviceRatio)
    const lines = 2 * (Math.ceil(heightPx / ROW_DISTANCE_PX) + 2)
    if (width !== this.width || lines !== this.lines) {
      this.bytes = new Uint8ClampedArray(width * lines * 4)
      this.#pixels = new Uint32Array(this.bytes.buffer)
    } else this.#pixels.fill(0)
    this.width = width
    this.lines = lines
    this.#ratio = deviceRatio
    this.rows.length = 0
    this.#rowByTop.clear()
    this.#row = -1
  }

  /** Selects the row of the following bars. */
  beginRow(topPx: number, heightPx: number): void {
    if (this.#row >= 0 && this.rows[this.#row]?.topPx === topPx) return
    this.#row = this.#rowByTop.get(topPx) ?? this.#newRow(topPx, heightPx)
  }

  bar(leftPx: number, rightPx: number, color: number): void {
    this.#fill(2 * this.#row, leftPx, rightPx, color)
  }

  /** A bar whose end is unknown: it fades out over its last `softPx`. */
  fadingBar(leftPx: number, rightPx: number, softPx: number, color: number): void {
    const firmPx = rightPx - softPx
    this.#fill(2 * this.#row, leftPx, firmPx, color)
    const stepPx = 1 / this.#ratio
    for (let xPx = firmPx; xPx < rightPx; xPx += stepPx) {
      const alpha = Math.round(((color >>> 24) * (rightPx - xPx)) / softPx)
      this.#fill(2 * this.#row, xPx, xPx + stepPx, ((color & 0xffffff) | (alpha << 24)) >>> 0)
    }
  }

  /** Marks a failed bar: a red edge, or only a flag when it merges several spans. */
  failure(leftPx: number, rightPx: number, isMerged: boolean, red: number): void {
    const row = this.rows[this.#row]
    if (row === undefined) return
    const edgePx = leftPx + ERROR_EDGE_PX
    if (!isMerged) {
      this.#fill(2 * this.#row, leftPx, edgePx, red)
      return
    }
    this.#fill(2 * this.#row + 1, leftPx, Math.max(rightPx, edgePx), red)
    row.hasFlags = true
  }

  #newRow(topPx: number, heightPx: number): number {
    if (2 * this.rows.length >= this.lines) return -1
    const row = this.rows.push({ topPx, heightPx, hasFlags: false }) - 1
    this.#rowByTop.set(topPx, row)
    return row
  }

  /** Where bars overlap, the more opaque one wins; of equals, the later one. */
  #fill(line: number, leftPx: number, rightPx: number, color: number): void {
    if (line < 0) return
    const pixels = this.#pixels
    const { width } = this
    const from = Math.max(0, Math.round(leftPx * this.#ratio))
    const to = Math.min(width, Math.round(rightPx * this.#ratio))
    const base = line * width
    for (let at = base + from; at < base + to; at++) {
      if (pixels[at]! >>> 24 <= color >>> 24) pixels[at] = color
    }
  }
}
