/** People waiting in `flush` for a count to be reached. */

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
      const timer = setTimeout(() => waiter.done(false), timeoutMs)
      this.#waiters.push(waiter)
    })
  }

  advance(nowAt: number): void {
    for (const waiter of this.#waiters) if (nowAt >= waiter.target) waiter.done(true)
  }
}
