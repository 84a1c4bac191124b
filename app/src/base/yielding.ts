/**
 * Splits long work into slices, and handles waiting events between them: bytes of a growing run, a
 * request, a close. Otherwise each answer about a large log would delay the next picture. This is no
 * throttle: the work runs once, without a pause.
 */

/** A fifth of a frame, so that an event that waits for a slice still reaches the next frame. */
const SLICE_MS = 3
/** Items between two checks of the clock. */
const STRIDE = 1024

/** Lets waiting events run. Chained timers would do too, but browsers delay them by 4 ms. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/**
 * Visits 0 … `count` − 1 in order, and yields between slices. The visited data may change between two
 * slices; items added behind `count` are not visited.
 */
export async function forEachYielding(count: number, visit: (at: number) => void): Promise<void> {
  let startedMs = performance.now()
  for (let from = 0; from < count; from += STRIDE) {
    if (performance.now() - startedMs > SLICE_MS) {
      await yieldToEvents()
      startedMs = performance.now()
    }
    const to = Math.min(count, from + STRIDE)
    for (let at = from; at < to; at++) visit(at)
  }
}
