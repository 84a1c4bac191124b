/** Reads a file of the visitor's: chunk by chunk, gzip undone, with its progress told. */
import { lineBytes } from './line-bytes.ts'
import { chunksOf, passingChunksOf } from './raw-lines.ts'
import {
  NoScannerError,
  NOTHING_SCANNED,
  scanFile,
  type ScannedEnd,
  type ScannedPart,
  type ScannerPort,
} from './scan-file.ts'
import { turn } from './turns.ts'

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
  readonly noteKey: string | undefined
}

/** How long reading may keep everybody else waiting. */
const TURN_MS = 24
const GZIP = [0x1f, 0x8b] as const
/** Read here, so that bars are there before the scanners are warm. */
const HEAD_BYTES = 2 * 1024 * 1024
const SAMPLE_EVERY_BYTES = 4 * 1024 * 1024
const SAMPLE_BYTES = 16 * 1024

export async function isGzip(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer())
  return GZIP.every((byte, i) => head[i] === byte)
}

/** What a gzip file holds; `onRead` hears of the bytes of the file itself. */
export function unpacked(
  file: Blob,
  onRead: (bytes: number) => void = () => undefined,
): ReadableStream<Uint8Array> {
  const chunks = chunksOf(file.stream())
  const counted = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) return controller.close()
      onRead(value.byteLength)
      controller.enqueue(value as Uint8Array<ArrayBuffer>)
    },
    async cancel() {
      await chunks.return()
    },
  })
  return counted.pipeThrough(new DecompressionStream('gzip'))
}

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
  return NOTHING_SCANNED
}

/** The head here, the rest by scanners, who begin meanwhile; all of it here if they cannot start. */
async function readTogether(
  file: Blob,
  sink: FileSink,
  signal: AbortSignal,
  { ports, noteKey }: Scanners,
  pause: () => Promise<void>,
): Promise<ScannedEnd> {
  const parts = scanFile(file, { scanners: ports, from: HEAD_BYTES, noteKey })
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
      return NOTHING_SCANNED
    }
    for (let sampledBytes = HEAD_BYTES; ;) {
      const { done, value } = next
      if (done === true) return value
      if (signal.aborted) return NOTHING_SCANNED
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
    await turn()
    lastTurnMs = performance.now()
  }
}
