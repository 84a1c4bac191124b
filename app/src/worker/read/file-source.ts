/** Reads a file of the user in chunks, unpacks gzip, and reports the progress. */
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
import { counted, formatInteger } from '../../base/format.ts'
import { yieldToEvents } from '../../base/yielding.ts'

export interface FileSink {
  /** Bytes of the file that have been read, the next chunk included. */
  progress(readBytes: number): void
  /** The chunk is valid during the call only. */
  bytes(chunk: Uint8Array): void
  /** Lines that a scanner has read. */
  scanned(part: ScannedPart): void
  /** Some of the bytes that scanners read, for group keys. */
  sample(chunk: Uint8Array): void
  /** Resolves when reading may continue. */
  ready(): Promise<void>
}

/** Workers that read a large file together with this one. */
export interface Scanners {
  readonly ports: readonly ScannerPort[]
  /** A metadata key whose values they read as well. */
  readonly extraKey: string | undefined
}

/** How long reading may block other events of the worker. */
const SLICE_MS = 24
/** Read here, so that the first bars appear before the scanners have started. */
const HEAD_BYTES = 2 * 1024 * 1024
const SAMPLE_EVERY_BYTES = 4 * 1024 * 1024
const SAMPLE_BYTES = 16 * 1024

/**
 * Reads the file to its end, or until `signal` aborts. Rejects if the file cannot be read. Returns the
 * line count of the scanners; the lines that were read here are not in it.
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
  for await (const chunk of gzip ? unpacked(file, count) : passingChunksOf(file.stream())) {
    if (signal.aborted) break
    if (!gzip) count(chunk.length)
    sink.progress(readBytes)
    sink.bytes(chunk)
    await pause()
  }
  if (!signal.aborted) requireAll(file, readBytes)
  return NOTHING_SCANNED
}

/**
 * Reads a file that is converted to native lines while it is read.
 *
 * @param readBytes tells how many bytes of the file have been read
 */
export async function readConverted(
  lines: AsyncIterable<Uint8Array>,
  readBytes: () => number,
  sink: FileSink,
  signal: AbortSignal,
): Promise<void> {
  const pause = pausing(sink)
  for await (const chunk of lines) {
    if (signal.aborted) return
    sink.progress(readBytes())
    sink.bytes(chunk)
    await pause()
  }
}

/** The stream of a file that was cut meanwhile ends without an error. */
function requireAll(file: Blob, readBytes: number): void {
  if (readBytes >= file.size) return
  const bytes = counted(file.size, 'byte')
  throw new Error(`it ended after ${formatInteger(readBytes)} of its ${bytes}`)
}

/** Reads the head here and the rest with scanners; all of it here if they cannot start. */
async function readTogether(
  file: Blob,
  sink: FileSink,
  signal: AbortSignal,
  { ports, extraKey }: Scanners,
  pause: () => Promise<void>,
): Promise<ScannedEnd> {
  const parts = scanFile(file, { scanners: ports, from: HEAD_BYTES, extraKey })
  const first = parts.next().catch(unlessNoScanner)
  // Another error is thrown below, by `await first`.
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

/** Waits for the sink, and yields to other events: the chunks of a file arrive without a pause. */
function pausing(sink: FileSink): () => Promise<void> {
  let lastYieldMs = performance.now()
  return async () => {
    await sink.ready()
    if (performance.now() - lastYieldMs <= SLICE_MS) return
    await yieldToEvents()
    lastYieldMs = performance.now()
  }
}
