/**
 * Scans a large file with several workers. Each scanner reads stretches of the file into batches of
 * rows, and the batches are yielded here in the order of the file.
 *
 *     file      |  stretch 0  |  stretch 1  |  stretch 2  |  stretch 3  | …
 *     scanner        A             B             A             B
 *     yielded       A A A A A      B B B B B     …
 */
import type { RowBatch } from '@wattline/trace'
import type { FromScanner, ToScanner } from './scanner.ts'

/** The part of `Worker` that is used here; tests pass another one. */
export interface ScannerPort {
  postMessage(message: ToScanner, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<FromScanner>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  terminate(): void
}

/** The lines of a part of the file, valid until the next part is requested. */
export interface ScannedPart {
  /** Index of the scanner, whose text ids the batch uses. */
  readonly scanner: number
  readonly batch: RowBatch
  readonly bytes: number
  /** Complete lines before its stretch, counted from the start of the scan. */
  readonly linesBefore: number
}

export interface ScannedEnd {
  /** Complete lines. */
  readonly lines: number
  /** Whether the file ends with an incomplete line. */
  readonly isTorn: boolean
}

export const NOTHING_SCANNED: ScannedEnd = { lines: 0, isTorn: false }

/** Long enough that its ends cost nothing, short enough that all scanners share the file. */
const STRETCH_BYTES = 4 * 1024 * 1024
/** Stretches per scanner that are read ahead; their batches wait in memory. */
const AHEAD = 2
/** One processor for this worker and one for the page. */
const RESERVED_PROCESSORS = 2
/** More would wait for this worker. */
const MOST_SCANNERS = 3

/** The useful number of scanners; 0 = this worker reads the file alone. */
export function scannerCount(processors: number, bytes: number): number {
  if (bytes < STRETCH_BYTES * AHEAD) return 0
  return Math.min(Math.max(0, processors - RESERVED_PROCESSORS), MOST_SCANNERS)
}

export interface ScanOptions {
  readonly scanners: readonly ScannerPort[]
  /** Where the first stretch starts. */
  readonly from: number
  readonly extraKey: string | undefined
  readonly stretchBytes?: number
}

/** A scanner could not start, for example because the server that has its script is gone. */
export class NoScannerError extends Error {}

/**
 * Yields all parts in order, and terminates the scanners at the end.
 *
 * @throws {NoScannerError} if a scanner cannot start
 * @throws {Error} if the file cannot be read
 */
export async function* scanFile(
  file: Blob,
  { scanners, from, extraKey, stretchBytes = STRETCH_BYTES }: ScanOptions,
): AsyncGenerator<ScannedPart, ScannedEnd, void> {
  const count = Math.ceil(Math.max(0, file.size - from) / stretchBytes)
  const stretches: Stretch[] = []
  const idle = new Set<number>()
  let current = 0
  let failure: NoScannerError | undefined
  let wake = (): void => undefined
  const assign = (scanner: number): void => {
    if (stretches.length >= Math.min(count, current + scanners.length * AHEAD)) {
      idle.add(scanner)
      return
    }
    idle.delete(scanner)
    const begin = from + stretches.length * stretchBytes
    stretches.push({ scanner, messages: [], next: 0 })
    const to = Math.min(file.size, begin + stretchBytes)
    scanners[scanner]?.postMessage({ type: 'stretch', from: begin, to })
  }
  try {
    for (const [scanner, port] of scanners.entries()) {
      port.onmessage = ({ data }) => {
        stretches.findLast((one) => one.scanner === scanner)?.messages.push(data)
        if (data.type === 'end') assign(scanner)
        wake()
      }
      port.onerror = (event) => {
        failure = new NoScannerError(event.message || 'a worker could not start')
        wake()
      }
      port.postMessage({ type: 'file', file, extraKey })
      assign(scanner)
    }
    let linesBefore = 0
    let isTorn = false
    while (current < count) {
      const stretch = stretches[current]
      const message = stretch?.messages[stretch.next]
      if (stretch === undefined || message === undefined) {
        // Batches that were read before the failure are yielded first.
        if (failure !== undefined) throw failure
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      stretch.next++
      if (message.type === 'failed') throw message.error
      if (message.type === 'end') {
        linesBefore += message.lines
        isTorn ||= message.isTorn
        stretch.messages.length = 0
        current++
        for (const scanner of idle) assign(scanner)
      } else {
        const { batch, bytes } = message
        yield { scanner: stretch.scanner, batch, bytes, linesBefore }
        const { words, numbers } = batch
        const spent: ToScanner = { type: 'spent', spent: { words, numbers } }
        scanners[stretch.scanner]?.postMessage(spent, [words.buffer, numbers.buffer])
      }
    }
    return { lines: linesBefore, isTorn }
  } finally {
    for (const port of scanners) port.terminate()
  }
}

/** What the scanner of one stretch has sent. */
interface Stretch {
  readonly scanner: number
  readonly messages: FromScanner[]
  /** Index of the first message that has not been yielded. */
  next: number
}
