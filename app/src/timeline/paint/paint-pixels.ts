/** Draws narrow bars and crowded marks with {@link PixelRows} and offscreen canvases. */
import { BarState } from '../layout/bar-list.ts'
import type { MergedBarSink } from '../layout/collect.ts'
import type { Scene } from '../layout/scene.ts'
import { COVERS } from '../rows/cover.ts'
import { PixelRows } from './pixel-rows.ts'
import type { Theme } from './theme.ts'

type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export interface PixelBarLook {
  readonly theme: Theme
  /** Opacity of a bar from 0 to 1; `cover` in quarters. */
  readonly alphaOf: (isHatched: boolean, cover: number, isDimmed: boolean) => number
}

/** Pixel rows and the offscreen canvas that turns them into an image. */
class PixelCanvas {
  readonly pixels = new PixelRows()
  readonly #context: Context2D
  #image: ImageData | undefined
  #widthPx = 0

  /** @param context of an offscreen canvas that nothing else uses */
  constructor(context: Context2D) {
    this.#context = context
  }

  clear({ widthPx, heightPx, deviceRatio }: Scene): void {
    this.#widthPx = widthPx
    this.pixels.begin(widthPx, heightPx, deviceRatio)
  }

  /** @param flagShare height of the flag of a merged bar that contains an error, as a share of the bar */
  draw(target: CanvasRenderingContext2D, flagShare = 0): void {
    const { rows, width, lines, bytes } = this.pixels
    if (rows.length === 0) return
    const { canvas } = this.#context
    if (this.#image?.data !== bytes) {
      this.#image = new ImageData(bytes, width, lines)
      canvas.width = width
      canvas.height = lines
    }
    this.#context.putImageData(this.#image, 0, 0, 0, 0, width, 2 * rows.length)
    target.globalAlpha = 1
    target.imageSmoothingEnabled = false
    for (const [row, { topPx, heightPx, hasFlags }] of rows.entries()) {
      const line = 2 * row
      target.drawImage(canvas, 0, line, width, 1, 0, topPx, this.#widthPx, heightPx)
      if (!hasFlags) continue
      const flagPx = heightPx * flagShare
      target.drawImage(canvas, 0, line + 1, width, 1, 0, topPx, this.#widthPx, flagPx)
    }
  }
}

/** Covers 0 to 4, each plain and dimmed. */
const LOOKS_PER_KIND = 2 * (COVERS + 1)

/** Narrow bars as pixels. Per frame: `begin`, then `beginRow` and `add` for each row, then `draw`. */
export class PixelBars extends PixelCanvas implements MergedBarSink {
  /** Colors by kind and look, mixed once per frame. */
  #colors = new Uint32Array(0)
  /** The error color, plain and dimmed. */
  #reds: readonly [number, number] = [0, 0]

  begin(scene: Scene, look: PixelBarLook): void {
    this.clear(scene)
    this.#mixColors(scene, look)
  }

  beginRow(topPx: number, heightPx: number): void {
    this.pixels.beginRow(topPx, heightPx)
  }

  /** @param softPx how much of the right end fades out */
  add(
    leftPx: number,
    rightPx: number,
    kind: number,
    state: number,
    cover: number,
    softPx = 0,
  ): void {
    const { pixels } = this
    const dimmed = state & BarState.DIMMED ? 1 : 0
    const color = this.#colors[kind * LOOKS_PER_KIND + 2 * cover + dimmed] ?? 0
    if (softPx > 0) pixels.fadingBar(leftPx, rightPx, softPx, color)
    else pixels.bar(leftPx, rightPx, color)
    if ((state & BarState.ERROR) === 0) return
    pixels.failure(leftPx, rightPx, (state & BarState.MERGED) !== 0, this.#reds[dimmed])
  }

  #mixColors({ colorNames, matching }: Scene, { theme, alphaOf }: PixelBarLook): void {
    const looks = colorNames.length * LOOKS_PER_KIND
    if (this.#colors.length < looks) this.#colors = new Uint32Array(looks)
    for (const [kind, name] of colorNames.entries()) {
      const { fill, isHatched } = theme.barColors(name)
      const rgb = rgbOf(fill)
      for (let look = 0; look < LOOKS_PER_KIND; look++) {
        const isDimmed = (look & 1) === 1
        // With a query, matches are never pale: they must differ from dimmed bars.
        const cover = matching === undefined || isDimmed ? look >> 1 : COVERS
        // Slightly less opaque than an error, which later bars must not hide.
        const alpha = alphaOf(isHatched, cover, isDimmed) * 0.99
        this.#colors[kind * LOOKS_PER_KIND + look] = withAlpha(rgb, alpha)
      }
    }
    const red = rgbOf(theme.error)
    this.#reds = [withAlpha(red, 1), withAlpha(red, alphaOf(false, COVERS, true))]
  }
}

export interface PixelTickLook {
  /** Size of every tick, CSS px. */
  readonly widthPx: number
  readonly heightPx: number
  readonly colors: readonly string[]
  /** From 0 to 1. */
  readonly dimmedAlpha: number
}

/** Ticks of one size as pixels; used like {@link PixelBars}. */
export class PixelTicks extends PixelCanvas {
  #widthPx = 0
  #heightPx = 0
  /** Each color of the look, plain and dimmed. */
  #colors: readonly number[] = []

  begin(scene: Scene, { widthPx, heightPx, colors, dimmedAlpha }: PixelTickLook): void {
    this.#widthPx = widthPx
    this.#heightPx = heightPx
    this.#colors = colors.flatMap((color) => {
      const rgb = rgbOf(color)
      return [withAlpha(rgb, 1), withAlpha(rgb, dimmedAlpha)]
    })
    this.clear(scene)
  }

  /** @param color index into the look's colors */
  add(leftPx: number, topPx: number, color: number, isDimmed: boolean): void {
    const { pixels } = this
    pixels.beginRow(topPx, this.#heightPx)
    pixels.bar(leftPx, leftPx + this.#widthPx, this.#colors[2 * color + (isDimmed ? 1 : 0)]!)
  }
}

/** Parsed colors; two themes have a few dozen in all. */
const rgbs = new Map<string, number>()

/** `#rrggbb` as the three low bytes of a pixel; other notations give mid gray. */
function rgbOf(color: string): number {
  let rgb = rgbs.get(color)
  if (rgb === undefined) rgbs.set(color, (rgb = parseRgb(color)))
  return rgb
}

function parseRgb(color: string): number {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color)
  if (hex === null) return 0x808080
  const [red = 0, green = 0, blue = 0] = hex.slice(1).map((part) => Number.parseInt(part, 16))
  return red | (green << 8) | (blue << 16)
}

/** Assumes a little-endian machine, as all that run browsers are. */
function withAlpha(rgb: number, alpha: number): number {
  return (rgb | (Math.round(alpha * 255) << 24)) >>> 0
}
