/** Decides when a failed tool is started again: after growing pauses; if it never worked, three times. */

const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000
/** A tool with this many failures before its first reading is given up. */
const MAX_FIRST_TRIES = 3

export class Retries {
  #pauseMs = FIRST_PAUSE_MS
  #failures = 0
  /** Whether there was a reading. */
  hasWorked = false

  noteSuccess(): void {
    this.hasWorked = true
    this.#pauseMs = FIRST_PAUSE_MS
  }

  /** Counts a failure. Returns the pause before the next try; undefined = give up. */
  noteFailure(): number | undefined {
    this.#failures += 1
    if (!this.hasWorked && this.#failures >= MAX_FIRST_TRIES) return undefined
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    return pauseMs
  }
}
