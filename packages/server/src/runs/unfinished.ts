/**
 * The memory for everything that clients have begun to send and not finished: lines of bodies and
 * WebSocket messages. All clients share one budget. When it is full, the client that holds the most
 * memory is dropped, so that small ones are not affected. What does not grow is dropped as well.
 */

/** Least growth between two sweeps. */
const LEAST_GROWTH_BYTES = 16 * 1024

export type DropReason = 'full' | 'stalled'

/** The unfinished bytes of one client. */
export interface Share {
  /**
   * Sets how many bytes it holds.
   *
   * @param grownBytes received since the last call
   */
  hold(bytes: number, grownBytes: number): void
  /** Gives everything back. */
  release(): void
}

interface Held {
  bytes: number
  grownBytes: number
  /** Sweeps during which it held bytes. */
  sweeps: number
  /** A body of known length is unfinished until its end, also between two lines. */
  readonly isFinite: boolean
  readonly drop: (reason: DropReason) => void
}

export class Unfinished {
  readonly maxBytes: number
  readonly #held = new Set<Held>()
  readonly #timer: NodeJS.Timeout
  #bytes = 0

  constructor(maxBytes: number, sweepMs: number) {
    this.maxBytes = maxBytes
    this.#timer = setInterval(() => this.sweep(), sweepMs).unref()
  }

  /** Bytes that all clients hold together. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param drop called at most once, when the client has to be dropped. */
  open(drop: (reason: DropReason) => void, isFinite = false): Share {
    const held: Held = { bytes: 0, grownBytes: 0, sweeps: 0, isFinite, drop }
    this.#held.add(held)
    return {
      hold: (bytes, grownBytes) => {
        if (!this.#held.has(held)) return
        this.#bytes += bytes - held.bytes
        held.bytes = bytes
        held.grownBytes += grownBytes
        if (bytes === 0) held.sweeps = 0
        while (this.#bytes > this.maxBytes) this.#dropLargest()
      },
      release: () => this.#remove(held),
    }
  }

  /** Drops what has been unfinished since the sweep before, and has not grown enough. */
  sweep(): void {
    for (const held of this.#held) {
      if (held.bytes === 0 && !held.isFinite) continue
      if (held.sweeps > 0 && held.grownBytes < LEAST_GROWTH_BYTES) this.#drop(held, 'stalled')
      held.sweeps += 1
      held.grownBytes = 0
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #dropLargest(): void {
    let largest: Held | undefined
    for (const held of this.#held) if (held.bytes > (largest?.bytes ?? 0)) largest = held
    if (largest !== undefined) this.#drop(largest, 'full')
  }

  #drop(held: Held, reason: DropReason): void {
    this.#remove(held)
    held.drop(reason)
  }

  #remove(held: Held): void {
    if (this.#held.delete(held)) this.#bytes -= held.bytes
  }
}
