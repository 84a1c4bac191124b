/**
 * A large file, scanned by several workers where there are processors for them: each reads stretches
 * of it into numbers, and what they read is handed on here in the order of the file.
 *
 *     file      |  stretch 0  |  stretch 1  |  stretch 2  |  stretch 3  | …
 *     scanner        A             B             A             B
 *     handed on     A A A A A      B B B B B     …
 */
import type { RowBatch } from '@wattline/trace'
import type { FromScanner, ToScanner } from './scanner.ts'

/** A worker that scans; a test passes one that runs here. */
export interface ScannerPort {
  postMessage(message: ToScanner, transfer?: Transferable[]): void
  onmessage: ((event: MessageEvent<FromScanner>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  terminate(): void
}

/** The lines of a part of the file, valid until the next part is asked for. */
export interface ScannedPart {
  /** Whose numbers of texts they are. */
  readonly scanner: number
  readonly batch: RowBatch
  readonly bytes: number
  /** Lines that ended before its stretch, counted from where scanning began. */
  readonly linesBefore: number
}

export interface ScannedEnd {
  /** Lines that ended. */
  readonly lines: number
  /** The file ends in a line that does not. */
  readonly isTorn: boolean
}

export const NOTHING_SCANNED: ScannedEnd = { lines: 0, isTorn: false }

/** Long enough that its ends cost nothing, short enough that many can share a file. */
const STRETCH_BYTES = 4 * 1024 * 1024
/** Stretches that are read ahead, for each scanner; their numbers wait in memory. */
const AHEAD = 2
/** One processor is for pairing, one for the page. */
const OTHER_PROCESSORS = 2
/** More would wait for the one that pairs. */
const MOST_SCANNERS = 3

/** How many scanners pay; 0 = one reads all by itself. */
export function scannerCount(processors: number, bytes: number): number {
  if (bytes < STRETCH_BYTES * AHEAD) return 0
  return Math.min(Math.max(0, processors - OTHER_PROCESSORS), MOST_SCANNERS)
}

export interface ScanOptions {
  readonly scanners: readonly ScannerPort[]
  /** Where the first stretch begins. */
  readonly from: number
  readonly extraKey: string | undefined
  readonly stretchBytes?: number
}

/** A worker could not start: its script cannot be had, as when the server is gone. */
export class NoScannerError extends Error {}

/**
 * Gives all parts in order; ends the scanners in any case.
 *
 * @throws {NoScannerError} when one cannot start
 * @throws {Error} when the file cannot be read
 */
export async function* scanFile(
  file: Blob,
  { scanners, from, extraKey, stretchBytes = STRETCH_BYTES }: ScanOptions,
): AsyncGenerator<ScannedPart, ScannedEnd, void> {
  const count = Math.ceil(Math.max(0, file.size - from) / stretchBytes)
  /** By stretch, what its scanner has said of it. */
  const said: Said[] = []
  const idle = new Set<number>()
  let given = 0
  let current = 0
  let failure: NoScannerError | undefined
  let wake = (): void => undefined
  const give = (scanner: number): void => {
    if (given >= Math.min(count, current + scanners.length * AHEAD)) {
      idle.add(scanner)
      return
    }
    idle.delete(scanner)
    const begin = from + given * stretchBytes
    said[given++] = { scanner, messages: [], next: 0 }
    const to = Math.min(file.size, begin + stretchBytes)
    scanners[scanner]?.postMessage({ type: 'stretch', from: begin, to })
  }
  try {
    for (const [scanner, port] of scanners.entries()) {
      port.onmessage = ({ data }) => {
        said.findLast((one) => one.scanner === scanner)?.messages.push(data)
        if (data.type === 'end') give(scanner)
        wake()
      }
      port.onerror = (event) => {
        failure = new NoScannerError(event.message || 'a worker could not start')
        wake()
      }
      port.postMessage({ type: 'file', file, extraKey })
      give(scanner)
    }
    let linesBefore = 0
    let isTorn = false
    while (current < count) {
      const stretch = said[current]
      const message = stretch?.messages[stretch.next]
      if (stretch === undefined || message === undefined) {
        // What was read before it is handed on first.
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
        for (const scanner of idle) give(scanner)
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

interface Said {
  readonly scanner: number
  readonly messages: FromScanner[]
  /** The first of them that has not been handed on. */
  next: number
}
