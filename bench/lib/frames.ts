/** Measures panning and zooming: the time between frames and the work of the main thread. */
import type { Page } from 'playwright-core'
import { quantile } from './numbers.ts'

export interface FrameCost {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly perSecond: number
  /** Share of display refreshes without a new frame. */
  readonly dropped: number
  /** JavaScript on the main thread, ms per frame. */
  readonly scriptMs: number
  /** All work on the main thread, ms per frame. */
  readonly mainMs: number
}

/** How a page converts wheel events into zoom: its `deltaY` for a change of scale by e^log. */
export interface Wheel {
  readonly selector: string
  readonly zoom: 'exponential' | 'plus' | 'minus'
  readonly scale: number
}

export interface Gesture {
  readonly forMs: number
  /** The largest change of scale per frame, as a logarithm. */
  readonly zoomLog: number
  /** The largest pan per frame. */
  readonly panPx: number
}

const REFRESH_MS = 1_000 / 60

/** Zooms from the whole trace to about a thousandth of it, and back. */
export const PAN_AND_ZOOM: Gesture = { forMs: 5_000, zoomLog: 0.18, panPx: 40 }
/** Keeps nearly the whole trace on screen. */
export const ZOOMED_OUT: Gesture = { forMs: 3_000, zoomLog: 0.01, panPx: 10 }

/** Plays a gesture with wheel events; without `wheel`, runs an empty frame loop. */
export async function measureFrames(
  page: Page,
  gesture: Gesture,
  wheel?: Wheel,
): Promise<FrameCost> {
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable')
  const spent = async (): Promise<{ scriptMs: number; mainMs: number }> => {
    const { metrics } = await client.send('Performance.getMetrics')
    const valueMs = (name: string): number =>
      (metrics.find((metric) => metric.name === name)?.value ?? NaN) * 1_000
    return { scriptMs: valueMs('ScriptDuration'), mainMs: valueMs('TaskDuration') }
  }
  const before = await spent()
  const frames = await page.evaluate(turnWheel, { ...gesture, wheel })
  const after = await spent()
  await client.detach()
  return {
    ...pace(frames),
    scriptMs: (after.scriptMs - before.scriptMs) / frames.length,
    mainMs: (after.mainMs - before.mainMs) / frames.length,
  }
}

/** Summarizes the times between frames. */
export function pace(
  frames: readonly number[],
): Pick<FrameCost, 'p50Ms' | 'p99Ms' | 'perSecond' | 'dropped'> {
  const totalMs = frames.reduce((sum, each) => sum + each, 0)
  const refreshes = Math.max(frames.length, Math.round(totalMs / REFRESH_MS))
  return {
    p50Ms: quantile(frames, 0.5),
    p99Ms: quantile(frames, 0.99),
    perSecond: (frames.length / totalMs) * 1_000,
    dropped: 1 - frames.length / refreshes,
  }
}

/** Runs in the page. Alternates zoom and pan, one per frame, along two sine curves. */
function turnWheel({
  forMs,
  zoomLog,
  panPx,
  wheel,
}: Gesture & { readonly wheel: Wheel | undefined }): Promise<number[]> {
  const target = wheel === undefined ? undefined : document.querySelector(wheel.selector)
  if (target === null) throw new Error(`no element matches ${wheel?.selector}`)
  const box = target?.getBoundingClientRect()
  const deltaOf = (log: number): number => {
    if (wheel?.zoom === 'plus') return wheel.scale * Math.expm1(log)
    if (wheel?.zoom === 'minus') return wheel.scale * -Math.expm1(-log)
    return (wheel?.scale ?? 0) * log
  }
  const send = (step: number): void => {
    if (target === undefined || box === undefined) return
    const isZoom = step % 2 === 0
    const wheelEvent = new WheelEvent('wheel', {
      bubbles: true,
      cancelable: true,
      ctrlKey: isZoom,
      clientX: box.left + box.width * 0.4,
      clientY: box.top + 100,
      deltaX: isZoom ? 0 : Math.sin(step / 25) * panPx,
      deltaY: isZoom ? deltaOf(-Math.sin(step / 40) * zoomLog) : 0,
    })
    target.dispatchEvent(wheelEvent)
  }
  return new Promise((resolve) => {
    const frames: number[] = []
    let step = 0
    let lastMs = NaN
    let startMs = NaN
    const frame = (nowMs: number): void => {
      if (Number.isNaN(startMs)) startMs = nowMs
      else frames.push(nowMs - lastMs)
      lastMs = nowMs
      send(step++)
      if (nowMs - startMs > forMs) resolve(frames)
      else requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
}
