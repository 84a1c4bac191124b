/**
 * A page with as little instrumentation as possible. Playwright's own pages report every WebSocket
 * message to Playwright. At 10,000 events per second that took a quarter of the processor time of this
 * benchmark, and a browser without DevTools does not do it.
 */
import type { Browser } from 'playwright-core'

const VIEWPORT = { width: 1440, height: 900, deviceScaleFactor: 1, mobile: false }
const POLL_MS = 50

export interface QuietPage {
  /** Runs a function in the page; argument and result are plain data. */
  evaluate<A, R>(run: (argument: A) => R, argument: A): Promise<R>
  /** Resolves with the first result that is not `undefined` or `false`. */
  waitFor<A, R>(
    run: (argument: A) => R | undefined | false,
    argument: A,
    timeoutMs: number,
  ): Promise<R>
  close(): Promise<void>
}

interface Reply {
  readonly id?: number
  readonly result?: {
    readonly result?: { readonly value?: unknown }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
  readonly error?: { readonly message: string }
}

/** Opens a page in its own context, and therefore its own process. */
export async function openQuietPage(browser: Browser, url: string): Promise<QuietPage> {
  const cdp = await browser.newBrowserCDPSession()
  const { browserContextId } = await cdp.send('Target.createBrowserContext')
  const { targetId } = await cdp.send('Target.createTarget', {
    url: 'about:blank',
    browserContextId,
  })
  const { sessionId } = await cdp.send('Target.attachToTarget', { targetId, flatten: false })
  const waiting = new Map<number, (reply: Reply) => void>()
  cdp.on('Target.receivedMessageFromTarget', (message) => {
    if (message.sessionId !== sessionId) return
    const reply = JSON.parse(message.message) as Reply
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  })
  let lastId = 0
  const send = async (method: string, params: object): Promise<Reply> => {
    const id = ++lastId
    const replied = new Promise<Reply>((resolve) => waiting.set(id, resolve))
    const message = JSON.stringify({ id, method, params })
    await cdp.send('Target.sendMessageToTarget', { sessionId, message })
    const reply = await replied
    waiting.delete(id)
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`)
    return reply
  }
  const evaluate = async <A, R>(run: (argument: A) => R, argument: A): Promise<R> => {
    const expression = `(${run.toString()})(${JSON.stringify(argument) ?? 'undefined'})`
    const options = { expression, returnByValue: true, awaitPromise: true }
    const { result } = await send('Runtime.evaluate', options)
    const failure = result?.exceptionDetails?.exception?.description
    if (failure !== undefined) throw new Error(`in the page: ${failure}`)
    return result?.result?.value as R
  }
  await send('Emulation.setDeviceMetricsOverride', VIEWPORT)
  await send('Page.navigate', { url })
  return {
    evaluate,
    async waitFor(run, argument, timeoutMs) {
      const untilMs = performance.now() + timeoutMs
      for (;;) {
        const result = await evaluate(run, argument)
        if (result !== undefined && result !== false) return result
        if (performance.now() > untilMs)
          throw new Error(
            `still false after ${timeoutMs / 1_000} s: ${run.toString().slice(0, 200)}`,
          )
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    async close() {
      await cdp.send('Target.disposeBrowserContext', { browserContextId })
      await cdp.detach()
    },
  }
}
