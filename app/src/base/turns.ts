/**
 * Long work cut into turns, so that what waits for the worker comes in between: bytes of a run that
 * grows, a question, a closing. Without it every answer about a large log would hold up the picture.
 */

/** A fifth of a frame: what has just come, and waits for its turn, still makes the next one. */
const TURN_MS = 3
/** Items between two looks at the clock. */
const STRIDE = 1024

/** Lets what waits have its turn. A timer would do, but browsers make one after another wait 4 ms. */
export function turn(): Promise<void> {
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
 * Visits 0 … `count` − 1 in order. What is visited may change between two turns; what comes after
 * `count` meanwhile is not visited.
 */
export async function inTurns(count: number, visit: (at: number) => void): Promise<void> {
  let beganMs = performance.now()
  for (let from = 0; from < count; from += STRIDE) {
    if (performance.now() - beganMs > TURN_MS) {
      await turn()
      beganMs = performance.now()
    }
    const to = Math.min(count, from + STRIDE)
    for (let at = from; at < to; at++) visit(at)
  }
}
