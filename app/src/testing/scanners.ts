/** Scanners in the thread of the test. Messages are cloned and arrive later, like those of a worker. */
import type { ScannerPort } from '../worker/read/scan-file.ts'
import { Scanner, type FromScanner, type ToScanner } from '../worker/read/scanner.ts'

export interface LocalScanner extends ScannerPort {
  readonly isTerminated: boolean
}

/** @param delay resolves when a message may arrive; the default is the next turn of the event loop */
export function localScanner(
  delay: () => Promise<unknown> = () => new Promise(setImmediate),
): LocalScanner {
  let scanner: Scanner | undefined
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
      const data: ToScanner = message.type === 'file' ? message : structuredClone(message)
      if (data.type === 'file') scanner = new Scanner(data.file, data.extraKey, answer)
      else if (data.type === 'stretch') void scanner?.scan(data.from, data.to)
      else scanner?.giveBack(data.spent)
    },
    terminate() {
      isTerminated = true
    },
  }
  const answer = (message: FromScanner): void => {
    const data = structuredClone(message)
    arrived = arrived.then(delay).then(() => {
      if (!isTerminated) port.onmessage?.({ data } as MessageEvent<FromScanner>)
    })
  }
  return port
}
