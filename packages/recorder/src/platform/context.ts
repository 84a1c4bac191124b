/** Which span is running here: what a new span takes for its parent. */

export interface SpanContext {
  /** The id of the innermost span around the caller. */
  current(): string | undefined
  /** Runs `fn` with `spanId` as the innermost span, for as long as the platform can follow it. */
  run<T>(spanId: string, fn: () => T): T
}

/**
 * Where there is no AsyncLocalStorage (browsers): the span is current until `fn` returns. What runs
 * after an `await` is not inside any more; give its spans a `parent_id`.
 */
export function stackContext(): SpanContext {
  const stack: string[] = []
  return {
    current: () => stack.at(-1),
    run(spanId, fn) {
      stack.push(spanId)
      try {
        return fn()
      } finally {
        stack.pop()
      }
    },
  }
}
