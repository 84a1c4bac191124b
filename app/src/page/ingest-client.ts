/** The page's side of the ingest worker: passes reports to a listener and answers to promises. */
import type { Answer, Params, RequestType } from '../model/answers.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'

/** The part of `Worker` that the page uses; tests pass another one. */
export interface WorkerPort {
  postMessage(message: ToWorker): void
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

/** A message that the worker sends without being asked. */
export type Report = Exclude<FromWorker, { type: 'runChanged' | 'answer' | 'requestFailed' }>

export interface Ingest {
  send(message: Exclude<ToWorker, { type: 'request' }>): void
  /** Rejects with an error whose message can be shown to the user. */
  ask<T extends RequestType>(request: T, params: Params<T>): Promise<Answer<T>>
}

/** Messages that the worker confirms with `runChanged`. */
const CHANGES_RUN: ReadonlySet<ToWorker['type']> = new Set(['watch', 'file', 'close'])

interface Pending {
  readonly resolve: (answer: Answer<RequestType>) => void
  readonly reject: (reason: Error) => void
}

/**
 * @param report called with each report, in order
 * @param fail called when the worker itself fails
 * @param afterPaint calls back once the reports so far have been painted
 */
export function createIngest(
  worker: WorkerPort,
  report: (message: Report) => void,
  fail: (reason: string) => void,
  afterPaint: (then: () => void) => void,
): Ingest {
  const pending = new Map<number, Pending>()
  let lastId = 0
  /** Unconfirmed changes of the run: until they are confirmed, reports belong to an older run. */
  let unconfirmed = 0

  const settle = (id: number): Pending | undefined => {
    const request = pending.get(id)
    pending.delete(id)
    return request
  }

  worker.onmessage = ({ data }) => {
    if (data.type === 'answer') settle(data.id)?.resolve(data.answer)
    else if (data.type === 'requestFailed') settle(data.id)?.reject(new Error(data.reason))
    else if (data.type === 'runChanged') unconfirmed--
    else if (unconfirmed === 0) {
      report(data)
      if (data.type !== 'patch') return
      worker.postMessage({ type: 'applied' })
      if (!data.progress.done) afterPaint(() => worker.postMessage({ type: 'painted' }))
    }
  }
  worker.onerror = (event) => {
    fail(`Reading stopped: ${event.message || 'the worker could not start'}. Reload the page.`)
  }

  return {
    send(message) {
      if (CHANGES_RUN.has(message.type)) unconfirmed++
      worker.postMessage(message)
    },
    ask<T extends RequestType>(request: T, params: Params<T>) {
      const id = ++lastId
      return new Promise<Answer<T>>((resolve, reject) => {
        // The worker answers with the type of the request.
        pending.set(id, { resolve: (answer) => resolve(answer as Answer<T>), reject })
        worker.postMessage({ type: 'request', id, request, params } as ToWorker)
      })
    },
  }
}

/** Starts the ingest worker of this page. */
export function startWorker(): Worker {
  return new Worker(new URL('../worker/ingest.ts', import.meta.url), { type: 'module' })
}
