/** Bars with an edge, a pattern or an outline of their own, one by one: open, fading, a guess, out of order. */
import { BarState, type BarList } from '../layout/bar-list.ts'
import {
  DIMMED_ALPHA,
  isStrip,
  ORNATE,
  RADIUS_PX,
  ROUND_FROM_PX,
  SOFT,
  softPxOf,
  widthPxOf,
  type Brush,
} from './brush.ts'
import type { Scene } from '../layout/scene.ts'
import type { Ink } from './theme.ts'

const OPEN_RADII = [RADIUS_PX, 0, 0, RADIUS_PX]
const GUESS_ALPHA = 0.45
const SLICE_PX = 2
const STRIPE_PX = 7
const STRIPE_TRAVEL_PX = 96
const STRIPE_ALPHA = 0.45

export function paintOrnate(
  brush: Brush,
  scene: Scene,
  bars: BarList,
  apart: Int32Array,
  nowMs: number,
): void {
  const { context } = brush
  for (const bar of apart) {
    const state = bars.state[bar] as number
    if ((state & ORNATE) === 0 || isStrip(brush, scene, bars, bar)) continue
    const kind = scene.inks[bars.kind[bar] as number] ?? ''
    const ink = brush.theme.ink(kind)
    const hatch = kind === 'wait' ? brush.hatch : undefined
    const alpha = state & BarState.DIMMED ? DIMMED_ALPHA : 1
    if (state & BarState.CLOCK) {
      context.globalAlpha = alpha
      paintHourglass(context, ink, bars, bar)
      continue
    }
    context.globalAlpha = state & BarState.AMBIGUOUS ? alpha * GUESS_ALPHA : alpha
    if (hatch !== undefined && state & SOFT) paintSoftWait(context, bars, bar, hatch, ink)
    else if (state & BarState.OPEN) paintOpen(context, bars, bar, ink)
    else if (state & BarState.FADES) paintFading(context, bars, bar, ink)
    else fillBar(context, bars, bar, hatch ?? ink.fill, RADIUS_PX)
    if (state & BarState.OPEN && scene.live) paintStripe(brush, bars, bar, (nowMs % 1000) / 1000)
    context.globalAlpha = alpha
    if (state & BarState.AMBIGUOUS) outlineGuess(context, bars, bar, ink)
  }
}

function fillBar(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  fill: string | CanvasPattern | CanvasGradient,
  radii: number | number[],
): void {
  const leftPx = bars.leftPx[bar] as number
  const widthPx = (bars.rightPx[bar] as number) - leftPx
  context.fillStyle = fill
  context.beginPath()
  context.roundRect(leftPx, bars.topPx[bar] as number, widthPx, bars.heightPx[bar] as number, radii)
  context.fill()
}

/** Solid, then soft towards the edge that still moves; a stripe runs along it once a second. */
function paintOpen(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  { fill }: Ink,
): void {
  const leftPx = bars.leftPx[bar] as number
  const rightPx = bars.rightPx[bar] as number
  const topPx = bars.topPx[bar] as number
  const heightPx = bars.heightPx[bar] as number
  const softPx = softPxOf(bars, bar)
  context.fillStyle = fill
  context.beginPath()
  context.roundRect(leftPx, topPx, rightPx - leftPx - softPx, heightPx, OPEN_RADII)
  context.fill()
  const edge = context.createLinearGradient(rightPx - softPx, 0, rightPx, 0)
  edge.addColorStop(0, fill)
  edge.addColorStop(1, transparent(fill))
  context.fillStyle = edge
  context.fillRect(rightPx - softPx, topPx, softPx, heightPx)
}

/** Hatched and outlined as other waits are. A hatch has no gradient: its soft end is drawn in slices. */
function paintSoftWait(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  hatch: CanvasPattern,
  { fill }: Ink,
): void {
  const leftPx = bars.leftPx[bar] as number
  const rightPx = bars.rightPx[bar] as number
  const topPx = bars.topPx[bar] as number
  const heightPx = bars.heightPx[bar] as number
  const softPx = softPxOf(bars, bar)
  const { globalAlpha } = context
  const slice = (fromPx: number, toPx: number): void => {
    context.fillStyle = hatch
    context.fillRect(fromPx, topPx, toPx - fromPx, heightPx)
    context.fillStyle = fill
    context.fillRect(fromPx, topPx, toPx - fromPx, 1)
    context.fillRect(fromPx, topPx + heightPx - 1, toPx - fromPx, 1)
  }
  slice(leftPx, rightPx - softPx)
  context.fillRect(leftPx, topPx, 1, heightPx)
  for (let xPx = rightPx - softPx; xPx < rightPx; xPx += SLICE_PX) {
    context.globalAlpha = (globalAlpha * (rightPx - xPx)) / softPx
    slice(xPx, Math.min(rightPx, xPx + SLICE_PX))
  }
  context.globalAlpha = globalAlpha
}

/** It travels the last part of the bar, so that a long one shows life where it grows. */
function paintStripe(brush: Brush, bars: BarList, bar: number, share: number): void {
  const { context } = brush
  const leftPx = bars.leftPx[bar] as number
  const rightPx = bars.rightPx[bar] as number
  const topPx = bars.topPx[bar] as number
  const heightPx = bars.heightPx[bar] as number
  const leanPx = heightPx / 2
  // All of it stays on the bar: to clip it would cost more than to draw the bar.
  const travelPx = Math.min(rightPx - leftPx, STRIPE_TRAVEL_PX) - leanPx - STRIPE_PX
  if (travelPx <= 0) return
  const xPx = rightPx - leanPx - STRIPE_PX - travelPx * (1 - share)
  const { globalAlpha } = context
  context.globalAlpha = globalAlpha * STRIPE_ALPHA * Math.sin(share * Math.PI)
  context.fillStyle = brush.theme.surface
  context.beginPath()
  context.moveTo(xPx, topPx + heightPx)
  context.lineTo(xPx + leanPx, topPx)
  context.lineTo(xPx + leanPx + STRIPE_PX, topPx)
  context.lineTo(xPx + STRIPE_PX, topPx + heightPx)
  context.fill()
  context.globalAlpha = globalAlpha
}

function paintFading(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  { fill }: Ink,
): void {
  const rightPx = bars.rightPx[bar] as number
  if (widthPxOf(bars, bar) < ROUND_FROM_PX) {
    fillBar(context, bars, bar, fill, 0)
    return
  }
  const gradient = context.createLinearGradient(rightPx - softPxOf(bars, bar), 0, rightPx, 0)
  gradient.addColorStop(0, fill)
  gradient.addColorStop(1, transparent(fill))
  fillBar(context, bars, bar, gradient, OPEN_RADII)
}

/** A dotted outline over a pale bar: where it ends is a guess. */
function outlineGuess(
  context: CanvasRenderingContext2D,
  bars: BarList,
  bar: number,
  ink: Ink,
): void {
  const leftPx = bars.leftPx[bar] as number
  const widthPx = (bars.rightPx[bar] as number) - leftPx
  if (widthPx < 3) return
  context.strokeStyle = ink.fill
  context.lineWidth = 1
  context.setLineDash([2, 2])
  context.beginPath()
  context.roundRect(
    leftPx + 0.5,
    (bars.topPx[bar] as number) + 0.5,
    widthPx - 1,
    (bars.heightPx[bar] as number) - 1,
    RADIUS_PX,
  )
  context.stroke()
  context.setLineDash([])
}

/** Ended before it started: no length, so a shape that no bar has. */
function paintHourglass(
  context: CanvasRenderingContext2D,
  ink: Ink,
  bars: BarList,
  bar: number,
): void {
  const xPx = bars.leftPx[bar] as number
  const topPx = bars.topPx[bar] as number
  const bottomPx = topPx + (bars.heightPx[bar] as number)
  const halfPx = 4
  context.fillStyle = ink.fill
  context.beginPath()
  context.moveTo(xPx - halfPx, topPx)
  context.lineTo(xPx + halfPx, topPx)
  context.lineTo(xPx - halfPx, bottomPx)
  context.lineTo(xPx + halfPx, bottomPx)
  context.closePath()
  context.fill()
}

/** `#rrggbb` without any of it. */
function transparent(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}00` : 'transparent'
}
