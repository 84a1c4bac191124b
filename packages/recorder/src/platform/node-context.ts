/** The running span in Node: it follows promises, timers and callbacks. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SpanContext } from './context.ts'

export function asyncContext(): SpanContext {
  const storage = new AsyncLocalStorage<string>()
  return {
    current: () => storage.getStore(),
    run: (spanId, fn) => storage.run(spanId, fn),
  }
}
