/** Draws what is narrow, bars and ticks, by way of {@link StripPixels} and canvases that nobody sees. */
import { BarState, COVERS } from '../layout/bar-list.ts'
import type { MergedSink } from '../layout/collect.ts'
import type { Scene } from '../layout/scene.ts'
import { StripPixels } from './strip-pixels.ts'
import type { Theme } from './theme.ts'

type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export interface StripLook {
  readonly theme: Theme
  /** How strong the colour of a kind's bar is, from 0 to 1; `cover` in quarters. */
  readonly alphaOf: (kind: string, cover: number, isDimmed: boolean) => number
  /** How high the flag of a merged bar with an error in it is, as a share of the bar. */
  readonly flagShare: number
}

/** Pixels on their way to a canvas, by way of one that nobody sees. */
class StripCanvas {
  readonly pixels = new StripPixels()
  private readonly context: Context2D
  private image: ImageData | undefined

  /** @param context of an empty canvas of its own */
  constructor(context: Context2D) {
    this.context = context
  }

  /** `flagShare` is how high flags are, as a share of their row. */
  draw(target: CanvasRenderingContext2D, widthPx: number, flagShare = 0): void {
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
      target.drawImage(canvas, 0, line, width, 1, 0, topPx, widthPx, heightPx)
      if (!hasFlags) continue
      target.drawImage(canvas, 0, line + 1, width, 1, 0, topPx, widthPx, heightPx * flagShare)
    }
  }
}

/** From uncovered to covered whole, in quarters, each plain and dimmed. */
const LOOKS_A_KIND = 10

/** Narrow bars, one frame after the other: `begin`, each row with its bars, `draw`. */
export class Strips implements MergedSink {
  private readonly strips: StripCanvas
  private widthPx = 0
  private flagShare = 0
  /** Colours by look, and those of errors, plain and dimmed: worked out once a frame, not once a bar. */
  private inks = new Uint32Array(0)
  private reds: readonly [number, number] = [0, 0]

  /** @param context of an empty canvas of its own */
  constructor(context: Context2D) {
    this.strips = new StripCanvas(context)
  }

  begin(scene: Scene, look: StripLook): void {
    this.widthPx = scene.widthPx
    this.flagShare = look.flagShare
    this.strips.pixels.begin(scene.widthPx, scene.heightPx, scene.deviceRatio)
    this.mixInks(scene, look)
  }

  row(topPx: number, heightPx: number): void {
    this.strips.pixels.row(topPx, heightPx)
  }

  /** @param softPx of its right end, over which it fades out */
  add(
    leftPx: number,
    rightPx: number,
    kind: number,
    state: number,
    cover: number,
    softPx = 0,
  ): void {
    const { pixels } = this.strips
    const dimmed = state & BarState.DIMMED ? 1 : 0
    const ink = this.inks[kind * LOOKS_A_KIND + 2 * cover + dimmed] ?? 0
    if (softPx > 0) pixels.fading(leftPx, rightPx, softPx, ink)
    else pixels.bar(leftPx, rightPx, ink)
    if ((state & BarState.ERROR) === 0) return
    pixels.failed(leftPx, rightPx, (state & BarState.MERGED) !== 0, this.reds[dimmed])
  }

  draw(target: CanvasRenderingContext2D): void {
    this.strips.draw(target, this.widthPx, this.flagShare)
  }

  private mixInks({ inks, matching }: Scene, { theme, alphaOf }: StripLook): void {
    const looks = inks.length * LOOKS_A_KIND
    if (this.inks.length < looks) this.inks = new Uint32Array(looks)
    for (const [kind, name] of inks.entries()) {
      const rgb = rgbOf(theme.ink(name).fill)
      for (let look = 0; look < LOOKS_A_KIND; look++) {
        const isDimmed = (look & 1) === 1
        // A match is never pale: it must be told from what is dimmed.
        const cover = matching === undefined || isDimmed ? look >> 1 : COVERS
        // A hair paler than an error, which no bar that is drawn later may hide.
        const alpha = alphaOf(name, cover, isDimmed) * 0.99
        this.inks[kind * LOOKS_A_KIND + look] = withAlpha(rgb, alpha)
      }
    }
    const red = rgbOf(theme.error)
    this.reds = [withAlpha(red, 1), withAlpha(red, alphaOf('', COVERS, true))]
  }
}

export interface BoxLook {
  /** Of every box, CSS px. */
  readonly widthPx: number
  readonly heightPx: number
  readonly colours: readonly string[]
  /** From 0 to 1. */
  readonly dimmedAlpha: number
}

/** Boxes of one size of which a row has many, as {@link Strips}. */
export class BoxStrips {
  private readonly strips: StripCanvas
  private canvasPx = 0
  private widthPx = 0
  private heightPx = 0
  /** Of each colour, plain and dimmed. */
  private inks: readonly number[] = []

  /** @param context of an empty canvas of its own */
  constructor(context: Context2D) {
    this.strips = new StripCanvas(context)
  }

  begin(scene: Scene, { widthPx, heightPx, colours, dimmedAlpha }: BoxLook): void {
    this.canvasPx = scene.widthPx
    this.widthPx = widthPx
    this.heightPx = heightPx
    this.inks = colours.flatMap((colour) => {
      const rgb = rgbOf(colour)
      return [withAlpha(rgb, 1), withAlpha(rgb, dimmedAlpha)]
    })
    this.strips.pixels.begin(scene.widthPx, scene.heightPx, scene.deviceRatio)
  }

  /** @param colour index in the look's */
  add(leftPx: number, topPx: number, colour: number, isDimmed: boolean): void {
    const ink = this.inks[2 * colour + (isDimmed ? 1 : 0)] as number
    this.strips.pixels.row(topPx, this.heightPx)
    this.strips.pixels.bar(leftPx, leftPx + this.widthPx, ink)
  }

  draw(target: CanvasRenderingContext2D): void {
    this.strips.draw(target, this.canvasPx)
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
