/** Scanners in the thread of the test. Messages are cloned and arrive later, like those of a worker. */
import type { ScannerPort } from '../worker/read/scan-file.ts'
import { createScanner, type FromScanner } from '../worker/read/scanner.ts'

export interface LocalScanner extends ScannerPort {
  readonly isTerminated: boolean
}

/** @param delay resolves when a message may arrive; the default is the next turn of the event loop */
export function localScanner(
  delay: () => Promise<unknown> = () => new Promise(setImmediate),
): LocalScanner {
  let isTerminated = false
  let arrived = Promise.resolve()
  const port: LocalScanner = {
    onmessage: null,
    onerror: null,
    get isTerminated() {
      return isTerminated
    },
    postMessage(message) {
      // structuredClone does not support the Blob of the test environment.
      receive(message.type === 'file' ? message : structuredClone(message))
    },
    terminate() {
      isTerminated = true
    },
  }
  const receive = createScanner((message) => {
    const data = structuredClone(message)
    arrived = arrived.then(delay).then(() => {
      if (!isTerminated) port.onmessage?.({ data } as MessageEvent<FromScanner>)
    })
  })
  return port
}
