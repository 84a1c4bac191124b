/**
 * The page's end of the ingest worker: starts it, passes what it reports to the listener, and turns
 * its answers into promises.
 */
import type { Answer, Ask, RequestType } from '../model/answers.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'

/** What the page needs of a worker; a test passes a pair of functions instead. */
export interface WorkerPort {
  postMessage(message: ToWorker): void
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

export type Report = Exclude<FromWorker, { type: 'begun' | 'answer' | 'refused' }>

export interface Ingest {
  send(message: Exclude<ToWorker, { type: 'ask' }>): void
  /** Rejects with a sentence a person can read. */
  ask<T extends RequestType>(what: T, ask: Ask<T>): Promise<Answer<T>>
}

/** What the worker answers with `begun`. */
const BEGINS: ReadonlySet<ToWorker['type']> = new Set(['watch', 'file', 'close'])

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (reason: Error) => void
}

/**
 * @param report called with everything the worker says by itself, in order
 * @param fail called when the worker itself breaks
 * @param afterPaint calls back once what is reported now is on the screen
 */
export function createIngest(
  worker: WorkerPort,
  report: (message: Report) => void,
  fail: (reason: string) => void,
  afterPaint: (then: () => void) => void,
): Ingest {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  /** Runs that were asked for and have not begun: until then, all that comes is about an older one. */
  let awaited = 0

  const settle = (id: number): Waiting | undefined => {
    const one = waiting.get(id)
    waiting.delete(id)
    return one
  }

  worker.onmessage = ({ data }) => {
    if (data.type === 'answer') settle(data.id)?.resolve(data.answer as never)
    else if (data.type === 'refused') settle(data.id)?.reject(new Error(data.reason))
    else if (data.type === 'begun') awaited--
    else if (awaited === 0) {
      report(data)
      if (data.type !== 'patch') return
      worker.postMessage({ type: 'taken' })
      if (!data.progress.done) afterPaint(() => worker.postMessage({ type: 'painted' }))
    }
  }
  worker.onerror = (event) => {
    fail(`Reading stopped: ${event.message || 'the worker could not start'}. Reload the page.`)
  }

  return {
    send(message) {
      if (BEGINS.has(message.type)) awaited++
      worker.postMessage(message)
    },
    ask(what, ask) {
      const id = ++lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.postMessage({ type: 'ask', id, what, ask })
      })
    },
  }
}

/** Starts the ingest worker of this page. */
export function startWorker(): Worker {
  return new Worker(new URL('../worker/ingest.ts', import.meta.url), { type: 'module' })
}
