/**
 * The page's only animation-frame loop. All listeners run in the same `requestAnimationFrame`: first
 * those that advance state (playback, following), then those that paint it, so that no picture shows
 * half of a step.
 */

/** `advance` changes state, `paint` reads it. */
export type FramePhase = 'advance' | 'paint'

/** `nowMs` is the frame's timestamp on the clock of `performance.now()`. */
export type FrameListener = (nowMs: number) => void

export interface Frames {
  /** Requests a frame. Several calls request one; a call inside a frame requests the next one. */
  requestFrame(reason: string): void
  /** Calls `listener` in every requested frame. Returns a function that stops it. */
  onFrame(listener: FrameListener, phase?: FramePhase): () => void
  /** The reasons of the last frame, for tests and to find what keeps requesting frames. */
  readonly lastReasons: ReadonlySet<string>
}

/**
 * @param schedule `requestAnimationFrame`; tests pass another function
 */
export function createFrames(schedule: (callback: FrameListener) => unknown): Frames {
  const listeners: Record<FramePhase, Set<FrameListener>> = { advance: new Set(), paint: new Set() }
  let reasons = new Set<string>()
  let lastReasons: ReadonlySet<string> = reasons
  let pending = false

  const draw = (nowMs: number): void => {
    pending = false
    lastReasons = reasons
    reasons = new Set()
    for (const listener of listeners.advance) listener(nowMs)
    for (const listener of listeners.paint) listener(nowMs)
  }

  return {
    requestFrame(reason) {
      reasons.add(reason)
      if (pending) return
      pending = true
      schedule(draw)
    },
    onFrame(listener, phase = 'paint') {
      listeners[phase].add(listener)
      return () => void listeners[phase].delete(listener)
    },
    get lastReasons() {
      return lastReasons
    },
  }
}

/** Calls `then` after the next frame has been painted. */
export function afterPaint(frames: Frames, then: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => {
    port1.close()
    then()
  })
  port1.start()
  // A message that is posted in a frame arrives after its paint.
  const stop = frames.onFrame(() => {
    stop()
    port2.postMessage(undefined)
  })
  frames.requestFrame('after paint')
}
