/** Arrow keys of sliders on the time axis. */
import type { KeyboardEvent } from 'react'

const STEP_SHARE = 0.01
const SHIFT_FACTOR = 10

/**
 * The move for the left or right arrow key as a share of the slider's length; with Shift ten times
 * as far. Returns 0 for other keys. Keeps the page from handling the key, which moves the playhead.
 */
export function arrowKeyShare(event: KeyboardEvent): number {
  const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
  if (step === 0) return 0
  event.preventDefault()
  event.stopPropagation()
  return step * STEP_SHARE * (event.shiftKey ? SHIFT_FACTOR : 1)
}
