/** The entry of the ingest worker: passes messages to one session at a time. */
import type { RequestType } from '../model/answers.ts'
import type { FromWorker, RequestMessage, ToWorker } from './protocol.ts'
import { Session } from './session.ts'

let session: Session | undefined

const post = (message: FromWorker, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer })

/**
 * Ends the session. Its later messages are dropped here; the page drops those that were sent before
 * `runChanged`.
 */
function end(): void {
  session?.close()
  session = undefined
  post({ type: 'runChanged' })
}

function start(groupBy: string): Session {
  end()
  const started: Session = new Session(
    (message, transfer) => {
      if (session === started) post(message, transfer)
    },
    groupBy,
    // In some browsers a worker cannot start another one.
    typeof Worker === 'undefined' ? undefined : startScanner,
  )
  session = started
  return started
}

function startScanner(): Worker {
  return new Worker(new URL('./read/scan.ts', import.meta.url), { type: 'module' })
}

async function answer<T extends RequestType>({
  id,
  request,
  params,
}: RequestMessage<T>): Promise<void> {
  try {
    if (session === undefined) throw new Error('No run is open.')
    post({ type: 'answer', id, answer: await session.answer(request, params) })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    post({ type: 'requestFailed', id, reason })
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'watch':
      start(data.groupBy).watch(data.runId, data.base, data.silentMs)
      break
    case 'file':
      void start(data.groupBy).readFile(data.file, data.processors)
      break
    case 'close':
      end()
      break
    case 'regroup':
      void session?.regroup(data.groupBy)
      break
    case 'retry':
      session?.retry()
      break
    case 'applied':
      session?.patches.applied()
      break
    case 'painted':
      session?.patches.painted()
      break
    case 'request':
      void answer(data)
      break
  }
}

self.addEventListener('online', () => session?.retry())
