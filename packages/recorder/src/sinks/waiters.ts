/** People waiting in `flush` for a count to be reached. */

/** More milliseconds than this, Infinity too, are one to a timer: nobody would be waited for. */
const TIMER_MAX_MS = 2 ** 31 - 1

interface Waiter {
  readonly target: number
  readonly done: (reached: boolean) => void
}

export class Waiters {
  #waiters: Waiter[] = []

  /**
   * Resolves true once `advance` reports `target` or more, false after `timeoutMs`. The timer keeps
   * the process alive: somebody is waiting.
   */
  reach(target: number, nowAt: number, timeoutMs: number): Promise<boolean> {
    if (nowAt >= target) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        target,
        done: (reached) => {
          clearTimeout(timer)
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          resolve(reached)
        },
      }
      const timer = setTimeout(() => waiter.done(false), Math.min(timeoutMs, TIMER_MAX_MS))
      this.#waiters.push(waiter)
    })
  }

  advance(nowAt: number): void {
    for (const waiter of this.#waiters) if (nowAt >= waiter.target) waiter.done(true)
  }
}
