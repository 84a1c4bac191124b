/** Draws a frame's narrow bars by way of {@link StripPixels} and a canvas that nobody sees. */
import type { BarList } from './bar-list.ts'
import type { Scene } from './scene.ts'
import { StripPixels, type StripInks } from './strip-pixels.ts'
import type { Theme } from './theme.ts'

/** How a bar's colour becomes a pixel; `alpha` is from 0 to 1. */
export type AlphaOf = (bars: BarList, bar: number) => number

export class Strips {
  private readonly context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D
  private readonly pixels = new StripPixels()
  private image: ImageData | undefined

  /** @param context of an empty canvas of its own */
  constructor(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D) {
    this.context = context
  }

  /** Notes every bar that `isNarrow`, then draws all of them. */
  paint(
    target: CanvasRenderingContext2D,
    scene: Scene,
    bars: BarList,
    options: {
      readonly theme: Theme
      readonly isNarrow: (bar: number) => boolean
      readonly alphaOf: AlphaOf
      readonly errorPx: number
      readonly flagShare: number
    },
  ): void {
    const { pixels } = this
    const inks = inksOf(options.theme, scene, options.alphaOf)
    pixels.begin(scene.widthPx, scene.heightPx, scene.deviceRatio)
    for (let bar = 0; bar < bars.count; bar++) {
      if (options.isNarrow(bar)) pixels.add(bars, bar, inks, options.errorPx)
    }
    this.draw(target, scene, options.flagShare)
  }

  private draw(target: CanvasRenderingContext2D, scene: Scene, flagShare: number): void {
    const { rows, width, lines, bytes } = this.pixels
    if (rows.length === 0) return
    const { canvas } = this.context
    if (this.image?.data !== bytes) {
      this.image = new ImageData(bytes, width, lines)
      canvas.width = width
      canvas.height = lines
    }
    this.context.putImageData(this.image, 0, 0, 0, 0, width, 2 * rows.length)
    target.globalAlpha = 1
    target.imageSmoothingEnabled = false
    for (const [row, { topPx, heightPx, hasFlags }] of rows.entries()) {
      const line = 2 * row
      target.drawImage(canvas, 0, line, width, 1, 0, topPx, scene.widthPx, heightPx)
      if (!hasFlags) continue
      const flagPx = heightPx * flagShare
      target.drawImage(canvas, 0, line + 1, width, 1, 0, topPx, scene.widthPx, flagPx)
    }
  }
}

/** Colours are worked out once a kind, not once a bar. */
function inksOf(theme: Theme, scene: Scene, alphaOf: AlphaOf): StripInks {
  const fills = scene.inks.map((kind) => rgbOf(theme.ink(kind).fill))
  const red = rgbOf(theme.error)
  return {
    // A hair paler than an error, which no bar that is drawn later may hide.
    bar: (bars, bar) => withAlpha(fills[bars.kind[bar] as number] ?? 0, alphaOf(bars, bar) * 0.99),
    error: (isDimmed) => withAlpha(red, isDimmed ? 0.25 : 1),
  }
}

const rgbs = new Map<string, number>()

/** `#rrggbb` as the three lower bytes of a pixel; another notation counts as mid grey. */
function rgbOf(colour: string): number {
  let rgb = rgbs.get(colour)
  // Two themes have a few dozen colours in all.
  if (rgb === undefined) rgbs.set(colour, (rgb = parseRgb(colour)))
  return rgb
}

function parseRgb(colour: string): number {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)
  if (hex === null) return 0x808080
  const [red = 0, green = 0, blue = 0] = hex.slice(1).map((part) => Number.parseInt(part, 16))
  return red | (green << 8) | (blue << 16)
}

/** Pixels lie in memory as red, green, blue, alpha on every machine that browsers run on. */
function withAlpha(rgb: number, alpha: number): number {
  return (rgb | (Math.round(alpha * 255) << 24)) >>> 0
}
