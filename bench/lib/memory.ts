/**
 * What a page holds: the JavaScript heap and the array buffers of the page and of each of its
 * workers, after a garbage collection, as V8 counts them isolate by isolate. It is exact and does not
 * depend on what the allocator keeps for later. `performance.measureUserAgentSpecificMemory` would
 * need headers that change the page, and answers when it likes. The process's resident memory is given
 * beside it, because it also holds what V8 does not know of: layout, canvases, buffers not yet reused.
 */
import { readFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from 'playwright-core'

export interface PageMemory {
  readonly heapBytes: number
  readonly bufferBytes: number
  /** Of the largest renderer process; NaN where there is no /proc. */
  readonly residentBytes: number
}

interface HeapUsage {
  readonly usedSize: number
  readonly backingStorageSize: number
}

type Call = <T>(method: string) => Promise<T>

export async function measureMemory(browser: Browser, page: Page): Promise<PageMemory> {
  const client = await page.context().newCDPSession(page)
  const ofPage: Call = <T>(method: string) => client.send(method as never) as unknown as Promise<T>
  const usages = [await usageOf(ofPage)]
  for (const worker of await attachWorkers(client)) usages.push(await usageOf(worker))
  await client.detach()
  const sum = (of: (usage: HeapUsage) => number): number =>
    usages.reduce((total, usage) => total + of(usage), 0)
  return {
    heapBytes: sum((usage) => usage.usedSize),
    bufferBytes: sum((usage) => usage.backingStorageSize),
    residentBytes: await largestRenderer(browser),
  }
}

/** Twice: finalizers of the first collection free what only the second one sees. */
async function usageOf(call: Call): Promise<HeapUsage> {
  await call('HeapProfiler.collectGarbage')
  await call('HeapProfiler.collectGarbage')
  return call('Runtime.getHeapUsage')
}

/** A session for each worker, spoken to through the page's: playwright gives them none. */
async function attachWorkers(client: CDPSession): Promise<Call[]> {
  const sessions: string[] = []
  const answers = new Map<number, (result: unknown) => void>()
  let calls = 0
  client.on('Target.attachedToTarget', ({ sessionId }) => sessions.push(sessionId))
  client.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: unknown }
    if (id !== undefined) answers.get(id)?.(result)
  })
  await client.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  })
  return sessions.map((sessionId) => async <T>(method: string) => {
    const id = ++calls
    const answer = new Promise<unknown>((resolve) => answers.set(id, resolve))
    await client.send('Target.sendMessageToTarget', {
      sessionId,
      message: JSON.stringify({ id, method }),
    })
    return (await answer) as T
  })
}

async function largestRenderer(browser: Browser): Promise<number> {
  const client = await browser.newBrowserCDPSession()
  const { processInfo } = await client.send('SystemInfo.getProcessInfo')
  await client.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  return Math.max(...renderers.map(({ id }) => residentBytes(id)))
}

/** A process's resident memory; NaN where there is no /proc, or no such process. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    ) ?? [undefined, NaN]
    return Number(kilobytes) * 1_024
  } catch {
    // Another platform: unknown, which the table says.
    return NaN
  }
}
