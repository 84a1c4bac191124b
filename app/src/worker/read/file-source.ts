/** Reads a file of the visitor's: chunk by chunk, gzip undone, with its progress told. */
import { unpacked } from './gunzip.ts'
import { lineBytes } from './line-bytes.ts'
import { passingChunksOf } from './raw-lines.ts'
import {
  NoScannerError,
  NOTHING_SCANNED,
  scanFile,
  type ScannedEnd,
  type ScannedPart,
  type ScannerPort,
} from './scan-file.ts'
import { yieldToEvents } from '../../base/yielding.ts'

export interface FileSink {
  /** Bytes of the file on disk that have been read, with the chunk that comes next. */
  progress(readBytes: number): void
  /** The chunk is valid during the call only. */
  bytes(chunk: Uint8Array): void
  /** The same of what a scanner has read. */
  scanned(part: ScannedPart): void
  /** Some bytes of what scanners read, to look at. */
  sample(chunk: Uint8Array): void
  /** Resolves when reading may go on. */
  ready(): Promise<void>
}

/** Who reads a large file besides. */
export interface Scanners {
  readonly ports: readonly ScannerPort[]
  /** A key whose values they note, too. */
  readonly extraKey: string | undefined
}

/** How long reading may keep everybody else waiting. */
const TURN_MS = 24
/** Read here, so that bars are there before the scanners are warm. */
const HEAD_BYTES = 2 * 1024 * 1024
const SAMPLE_EVERY_BYTES = 4 * 1024 * 1024
const SAMPLE_BYTES = 16 * 1024

/**
 * Reads it to its end, or until `signal` aborts. Rejects when the file cannot be read. Says what
 * scanners found; of what was read here, the reader knows.
 */
export async function readFile(
  file: Blob,
  gzip: boolean,
  sink: FileSink,
  signal: AbortSignal,
  scanners?: Scanners,
): Promise<ScannedEnd> {
  const pause = pausing(sink)
  if (!gzip && scanners !== undefined) return readTogether(file, sink, signal, scanners, pause)
  let readBytes = 0
  const count = (bytes: number): void => void (readBytes += bytes)
  for await (const chunk of passingChunksOf(gzip ? unpacked(file, count) : file.stream())) {
    if (signal.aborted) break
    if (!gzip) count(chunk.length)
    sink.progress(readBytes)
    sink.bytes(chunk)
    await pause()
  }
  if (!signal.aborted) requireAll(file, readBytes)
  return NOTHING_SCANNED
}

/** What a browser reads of a file that has been cut meanwhile just ends. */
function requireAll(file: Blob, readBytes: number): void {
  if (readBytes >= file.size) return
  const bytes = (count: number): string => count.toLocaleString('en')
  throw new Error(`it ended after ${bytes(readBytes)} of its ${bytes(file.size)} bytes`)
}

/** The head here, the rest by scanners, who begin meanwhile; all of it here if they cannot start. */
async function readTogether(
  file: Blob,
  sink: FileSink,
  signal: AbortSignal,
  { ports, extraKey }: Scanners,
  pause: () => Promise<void>,
): Promise<ScannedEnd> {
  const parts = scanFile(file, { scanners: ports, from: HEAD_BYTES, extraKey })
  const first = parts.next().catch(unlessNoScanner)
  // Whatever else it is, it is heard of when its turn comes.
  first.catch(() => undefined)
  let readBytes = 0
  const readHere = async (from: number, to: number): Promise<void> => {
    for await (const { bytes } of lineBytes(file, from, to)) {
      if (signal.aborted) return
      sink.progress((readBytes += bytes.length))
      sink.bytes(bytes)
      await pause()
    }
  }
  try {
    await readHere(0, HEAD_BYTES)
    let next = await first
    if (next === undefined) {
      await readHere(HEAD_BYTES, file.size)
      if (!signal.aborted) requireAll(file, readBytes)
      return NOTHING_SCANNED
    }
    for (let sampledBytes = HEAD_BYTES; ;) {
      const { done, value } = next
      if (signal.aborted) return NOTHING_SCANNED
      if (done === true) {
        requireAll(file, readBytes)
        return value
      }
      sink.progress((readBytes += value.bytes))
      sink.scanned(value)
      if (readBytes - sampledBytes > SAMPLE_EVERY_BYTES) {
        sampledBytes = readBytes
        const sample = file.slice(readBytes - SAMPLE_BYTES, readBytes)
        sink.sample(new Uint8Array(await sample.arrayBuffer()))
      }
      await pause()
      next = await parts.next()
    }
  } finally {
    await parts.return(NOTHING_SCANNED)
  }
}

function unlessNoScanner(error: unknown): undefined {
  if (!(error instanceof NoScannerError)) throw error
}

/** Waits where the sink asks for it, and lets what waits have its turn: reading alone never does. */
function pausing(sink: FileSink): () => Promise<void> {
  let lastTurnMs = performance.now()
  return async () => {
    await sink.ready()
    if (performance.now() - lastTurnMs <= TURN_MS) return
    await yieldToEvents()
    lastTurnMs = performance.now()
  }
}
