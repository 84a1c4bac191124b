/** The worker's entry: messages in, one session at a time. */
import type { FromWorker, ToWorker } from './protocol.ts'
import { Session } from './session.ts'

let session: Session | undefined

const post = (message: FromWorker, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer })

/**
 * What is under way of an old session must not reach the page as news of the new one; what is on its
 * way to the page already, the page knows by what is said here.
 */
function end(): void {
  session?.close()
  session = undefined
  post({ type: 'begun' })
}

function begin(groupBy: string): Session {
  end()
  const begun: Session = new Session(
    (message, transfer) => {
      if (session === begun) post(message, transfer)
    },
    groupBy,
    // Some browsers let no worker start another.
    typeof Worker === 'undefined' ? undefined : startScanner,
  )
  session = begun
  return begun
}

function startScanner(): Worker {
  return new Worker(new URL('./read/scan.ts', import.meta.url), { type: 'module' })
}

async function answer({ id, what, ask }: Extract<ToWorker, { type: 'ask' }>): Promise<void> {
  if (session === undefined) return post({ type: 'refused', id, reason: 'No run is open.' })
  try {
    post({ type: 'answer', id, answer: await session.answer(what, ask) })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    post({ type: 'refused', id, reason })
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'watch':
      begin(data.groupBy).watch(data.runId, data.base)
      break
    case 'file':
      void begin(data.groupBy).readFile(data.file, data.processors)
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
    case 'taken':
      session?.taken()
      break
    case 'painted':
      session?.painted()
      break
    case 'ask':
      void answer(data)
      break
  }
}

self.addEventListener('online', () => session?.retry())
