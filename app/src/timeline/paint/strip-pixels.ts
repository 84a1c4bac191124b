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
/** Rows stand at least this far apart, so a canvas sees no more than its height holds. */
const ROW_APART_PX = 20
/** How wide the red edge of a failed bar is, CSS px. */
export const ERROR_EDGE_PX = 3

export interface StripRow {
  readonly topPx: number
  readonly heightPx: number
  hasFlags: boolean
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
  /** Index of the row in hand; −1 = it is not seen. */
  private at = -1

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
    this.at = -1
  }

  /** Says which row the next bars are in. */
  row(topPx: number, heightPx: number): void {
    if (this.at >= 0 && this.rows[this.at]?.topPx === topPx) return
    this.at = this.rowAt.get(topPx) ?? this.newRow(topPx, heightPx)
  }

  /** @param ink as a `Uint32Array` over RGBA bytes has it */
  bar(leftPx: number, rightPx: number, ink: number): void {
    this.fill(2 * this.at, leftPx, rightPx, ink)
  }

  /** A bar that fades out over the last `softPx` of it: where it ends is not known. */
  fading(leftPx: number, rightPx: number, softPx: number, ink: number): void {
    const firmPx = rightPx - softPx
    this.fill(2 * this.at, leftPx, firmPx, ink)
    const stepPx = 1 / this.ratio
    for (let xPx = firmPx; xPx < rightPx; xPx += stepPx) {
      const alpha = Math.round(((ink >>> 24) * (rightPx - xPx)) / softPx)
      this.fill(2 * this.at, xPx, xPx + stepPx, ((ink & 0xffffff) | (alpha << 24)) >>> 0)
    }
  }

  /** Says that a bar has failed: a red edge; of a merged one only a flag, or one would paint all. */
  failed(leftPx: number, rightPx: number, isMerged: boolean, red: number): void {
    const row = this.rows[this.at]
    if (row === undefined) return
    const edgePx = leftPx + ERROR_EDGE_PX
    if (!isMerged) {
      this.fill(2 * this.at, leftPx, edgePx, red)
      return
    }
    this.fill(2 * this.at + 1, leftPx, Math.max(rightPx, edgePx), red)
    row.hasFlags = true
  }

  private newRow(topPx: number, heightPx: number): number {
    if (2 * this.rows.length >= this.lines) return -1
    const row = this.rows.push({ topPx, heightPx, hasFlags: false }) - 1
    this.rowAt.set(topPx, row)
    return row
  }

  /** Where bars lie over each other the stronger one is seen, of equals the later one. */
  private fill(line: number, leftPx: number, rightPx: number, ink: number): void {
    if (line < 0) return
    const { pixels, width } = this
    const from = Math.max(0, Math.round(leftPx * this.ratio))
    const to = Math.min(width, Math.round(rightPx * this.ratio))
    const base = line * width
    for (let at = base + from; at < base + to; at++) {
      if ((pixels[at] as number) >>> 24 <= ink >>> 24) pixels[at] = ink
    }
  }
}
