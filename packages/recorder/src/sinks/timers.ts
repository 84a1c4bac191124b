/** Keeps a timer from keeping Node alive; in a browser timers are numbers and need nothing. */
export function unref<T>(timer: T): T {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) {
    ;(timer as { unref(): void }).unref()
  }
  return timer
}
