/** When a tool that failed is tried again: after growing pauses, and not for ever if it never worked. */

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** A tool that failed so often before its first reading is not one we can use. */
const MOST_FIRST_TRIES = 3

export class Retries {
  #pauseMs = FIRST_PAUSE_MS
  #failures = 0
  #hasWorked = false

  get hasWorked(): boolean {
    return this.#hasWorked
  }

  worked(): void {
    this.#hasWorked = true
    this.#pauseMs = FIRST_PAUSE_MS
  }

  /** How long to wait before the next try; undefined = give it up. */
  failed(): number | undefined {
    this.#failures += 1
    if (!this.#hasWorked && this.#failures >= MOST_FIRST_TRIES) return undefined
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    return pauseMs
  }
}
