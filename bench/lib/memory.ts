/**
 * What a page holds: the JavaScript heap and the array buffers of the page and of each of its
 * workers, after a garbage collection, as V8 counts them isolate by isolate. It is exact and does not
 * depend on what the allocator keeps for later. `performance.measureUserAgentSpecificMemory` would
 * need headers that change the page, and answers when it likes. The process's resident memory is given
 * beside it, because it also holds what V8 does not know of: layout, canvases, buffers not yet reused.
 */
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'

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

/** Someone to speak the DevTools protocol with: the page, a worker, a worker's worker. */
interface Session {
  call<T>(method: string, params?: object): Promise<T>
  on(event: string, listener: (params: Readonly<Record<string, string>>) => void): void
}

export async function measureMemory(browser: Browser, page: Page): Promise<PageMemory> {
  const client = await page.context().newCDPSession(page)
  const ofPage = client as unknown as { send: Session['call']; on: Session['on'] }
  const session: Session = {
    call: (method, params) => ofPage.send(method, params),
    on: (event, listener) => ofPage.on(event, listener),
  }
  const usages: HeapUsage[] = []
  for (const each of [session, ...(await workersOf(session))]) usages.push(await usageOf(each))
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
async function usageOf(session: Session): Promise<HeapUsage> {
  await session.call('HeapProfiler.collectGarbage')
  await session.call('HeapProfiler.collectGarbage')
  return session.call('Runtime.getHeapUsage')
}

/** Its workers and theirs. Playwright gives them no sessions, so they are spoken to through it. */
async function workersOf(session: Session): Promise<Session[]> {
  const workers: Session[] = []
  session.on('Target.attachedToTarget', ({ sessionId = '' }) => {
    workers.push(childOf(session, sessionId))
  })
  await session.call('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  })
  const theirs = await Promise.all(workers.map(workersOf))
  return [...workers, ...theirs.flat()]
}

function childOf(parent: Session, sessionId: string): Session {
  const answers = new Map<number, (result: unknown) => void>()
  const listeners = new Map<string, (params: Readonly<Record<string, string>>) => void>()
  let calls = 0
  parent.on('Target.receivedMessageFromTarget', (received) => {
    if (received['sessionId'] !== sessionId) return
    const { id, result, method, params } = JSON.parse(received['message'] ?? '') as Message
    if (id !== undefined) answers.get(id)?.(result)
    else listeners.get(method)?.(params)
  })
  return {
    on: (event, listener) => void listeners.set(event, listener),
    async call<T>(method: string, params: object = {}) {
      const id = ++calls
      const answer = new Promise<unknown>((resolve) => answers.set(id, resolve))
      const message = JSON.stringify({ id, method, params })
      await parent.call('Target.sendMessageToTarget', { sessionId, message })
      return (await answer) as T
    },
  }
}

/** An answer, or an event when it has no id. */
interface Message {
  readonly id?: number
  readonly result?: unknown
  readonly method: string
  readonly params: Readonly<Record<string, string>>
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
