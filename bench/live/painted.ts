/**
 * Measures from the pixels when a probe span is painted. After every frame it reads one row of
 * pixels through the probes. While the page follows a run, bars only move to the left; when the
 * rightmost pixel in the color of the probes jumps to the right, a new probe has been painted.
 */
import type { QuietPage } from './quiet-page.ts'

/** The row of pixels through the probes, with the colors of probes and background. */
export interface ProbeRow {
  readonly yPx: number
  readonly color: readonly number[]
  readonly ground: readonly number[]
}

/** The frames and probes seen in a page. */
export interface Look {
  /** Milliseconds between frames. */
  readonly frames: readonly number[]
  /** Time of each new probe, Unix ms, taken after the frame that painted it. */
  readonly seenMs: readonly number[]
}

/** Starts to count the frames of a page and, with `row`, to look for probes. Call `stop` once. */
export async function lookAt(
  page: QuietPage,
  row?: ProbeRow,
): Promise<{ readonly stop: () => Promise<Look> }> {
  await page.evaluate(look, row)
  return { stop: () => page.evaluate(stopLooking, undefined) }
}

/** Finds the probe on the canvas, which must be the only bar there. */
export function findProbe(page: QuietPage): Promise<ProbeRow> {
  return page.waitFor(findBar, undefined, 60_000)
}

/** Runs in the page. Returns the row with the most colored pixels and their most common color. */
function findBar(): ProbeRow | undefined {
  const canvas = document.querySelector('canvas')
  const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height)
  if (pixels === undefined) return undefined
  const { data, width, height } = pixels
  const at = (x: number, y: number): number[] => [
    ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
  ]
  let best = { count: 0, yPx: 0, color: [0, 0, 0] }
  const rows: number[] = []
  for (let y = 0; y < height; y++) {
    const colors = new Map<string, number>()
    for (let x = 0; x < width; x++) {
      const red = data[(y * width + x) * 4] ?? 0
      const blue = data[(y * width + x) * 4 + 2] ?? 0
      // Tool calls are orange.
      if (red - blue < 80) continue
      const color = at(x, y).join()
      colors.set(color, (colors.get(color) ?? 0) + 1)
    }
    for (const [color, count] of colors) {
      if (count === best.count) rows.push(y)
      if (count <= best.count) continue
      best = { count, yPx: y, color: color.split(',').map(Number) }
      rows.splice(0, rows.length, y)
    }
  }
  if (best.count < 3) return undefined
  const yPx = rows[Math.floor(rows.length / 4)] ?? best.yPx
  return { yPx, color: best.color, ground: at(width - 2, yPx) }
}

/** Runs in the page. */
function look(row: ProbeRow | undefined): void {
  const frames: number[] = []
  const seenMs: number[] = []
  const canvas = document.querySelector('canvas')
  const context = row === undefined ? null : canvas?.getContext('2d')
  const { port1, port2 } = new MessageChannel()
  let isRunning = true
  let lastMs = NaN
  let lastX = Infinity
  /** Returns how much of the probe color a pixel contains, 0 to 1; 0 for other colors. */
  const share = (data: Uint8ClampedArray, at: number, { color, ground }: ProbeRow): number => {
    let along = 0
    let whole = 0
    for (let i = 0; i < 3; i++) {
      const span = (color[i] ?? 0) - (ground[i] ?? 0)
      along += ((data[at + i] ?? 0) - (ground[i] ?? 0)) * span
      whole += span * span
    }
    const part = along / whole
    const offBy = [0, 1, 2].map((i) => {
      const expected = (ground[i] ?? 0) + part * ((color[i] ?? 0) - (ground[i] ?? 0))
      return Math.abs((data[at + i] ?? 0) - expected)
    })
    return Math.max(...offBy) < 30 ? part : 0
  }
  const rightmost = (probes: ProbeRow, width: number): number => {
    const data = context?.getImageData(0, probes.yPx, width, 1).data
    if (data === undefined) return -1
    for (let x = width - 1; x >= 0; x--) if (share(data, x * 4, probes) > 0.25) return x
    return -1
  }
  // The message arrives after the paint of the frame.
  port1.onmessage = () => {
    if (row === undefined || canvas === null) return
    const x = rightmost(row, canvas.width)
    if (x > lastX + 1) seenMs.push(performance.timeOrigin + performance.now())
    lastX = x
  }
  const frame = (nowMs: number): void => {
    if (!Number.isNaN(lastMs)) frames.push(nowMs - lastMs)
    lastMs = nowMs
    port2.postMessage(undefined)
    if (isRunning) requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  Object.assign(globalThis, {
    stopLooking: (): Look => {
      isRunning = false
      return { frames, seenMs }
    },
  })
}

/** Runs in the page. */
function stopLooking(): Look {
  return (globalThis as unknown as { stopLooking: () => Look }).stopLooking()
}
