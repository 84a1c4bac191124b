/**
 * Measures the memory of a page: the JavaScript heap and the array buffers of the page and of each
 * of its workers, after a garbage collection, as V8 counts them per isolate. These figures are exact
 * and exclude memory that the allocator keeps for later. (`performance.measureUserAgentSpecificMemory`
 * needs headers that change the page, and answers after an arbitrary time.) The resident memory of the
 * process is measured as well, because it includes memory outside of V8, such as layout and canvases.
 */
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'

export interface PageMemory {
  readonly heapBytes: number
  readonly bufferBytes: number
  /** Resident memory of the largest renderer process; NaN without /proc. */
  readonly residentBytes: number
}

interface HeapUsage {
  readonly usedSize: number
  readonly backingStorageSize: number
}

/** A DevTools session with the page, a worker or a nested worker. */
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

/** Collects garbage twice: the first collection's finalizers release more objects. */
async function usageOf(session: Session): Promise<HeapUsage> {
  await session.call('HeapProfiler.collectGarbage')
  await session.call('HeapProfiler.collectGarbage')
  return session.call('Runtime.getHeapUsage')
}

/** Returns sessions for all nested workers. Playwright offers none, so messages go through the page. */
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

/** An answer, or, without an id, an event. */
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

/** Returns the resident memory of a process; NaN without /proc or without the process. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
    ) ?? [undefined, NaN]
    return Number(kilobytes) * 1_024
  } catch {
    // Unknown on this platform; the table prints "unknown".
    return NaN
  }
}
