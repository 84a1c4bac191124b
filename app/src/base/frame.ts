/**
 * The page's one clock. Whatever must move asks for a frame; all that asked are served by the same
 * `requestAnimationFrame`, first those who advance state (playback, following), then those who
 * paint it, so that a picture never shows half of a step.
 */

/** `advance` changes state, `paint` reads it. */
export type FramePhase = 'advance' | 'paint'

/** `nowMs` is the frame's timestamp on the clock of `performance.now()`. */
export type FrameListener = (nowMs: number) => void

export interface Frames {
  /** Asks for one frame. Many calls before it comes are one; inside a frame it asks for the next. */
  requestFrame(reason: string): void
  /** Runs `listener` in every frame anybody asked for. Returns how to stop. */
  onFrame(listener: FrameListener, phase?: FramePhase): () => void
  /** Why the last frame was drawn; for tests and for finding who keeps the page awake. */
  readonly lastReasons: ReadonlySet<string>
}

/**
 * @param schedule the platform's `requestAnimationFrame`; a test passes its own
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

/** Calls back once what the next frame draws is on the screen. */
export function afterPaint(frames: Frames, then: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => {
    port1.close()
    then()
  })
  port1.start()
  // A message that is sent in a frame comes after its paint.
  const stop = frames.onFrame(() => {
    stop()
    port2.postMessage(undefined)
  })
  frames.requestFrame('after paint')
}
