/** Reads a file of the visitor's: slice by slice, gzip undone, with its progress told. */
import { chunksOf } from './raw-lines.ts'

export interface FileSink {
  /** Bytes of the file on disk that have been read, with the chunk that comes next. */
  progress(readBytes: number): void
  bytes(chunk: Uint8Array): void
  /** Resolves when reading may go on. */
  ready(): Promise<void>
}

/** How long reading may keep everybody else waiting. */
const TURN_MS = 24
const FIRST_SLICE_BYTES = 128 * 1024
const LARGEST_SLICE_BYTES = 1024 * 1024
const GZIP = [0x1f, 0x8b] as const

export async function isGzip(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer())
  return GZIP.every((byte, i) => head[i] === byte)
}

/** The log's bytes: the file's own, or what its gzip holds. */
export function openFile(
  file: Blob,
  gzip: boolean,
  onRead: (bytes: number) => void = () => undefined,
): ReadableStream<Uint8Array> {
  const counted = file.stream().pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        onRead(chunk.byteLength)
        controller.enqueue(chunk)
      },
    }),
  )
  return gzip ? counted.pipeThrough(new DecompressionStream('gzip')) : counted
}

/** Reads it to its end, or until `signal` aborts. Rejects when the file cannot be read. */
export async function readFile(
  file: Blob,
  gzip: boolean,
  sink: FileSink,
  signal: AbortSignal,
): Promise<void> {
  let lastTurnMs = performance.now()
  const counts = { readBytes: 0 }
  for await (const chunk of gzip ? unpacked(file, counts) : slices(file, counts)) {
    if (signal.aborted) return
    sink.progress(counts.readBytes)
    sink.bytes(chunk)
    await sink.ready()
    if (performance.now() - lastTurnMs > TURN_MS) {
      await turn()
      lastTurnMs = performance.now()
    }
  }
}

interface ReadCounts {
  /** Of the file on disk. */
  readBytes: number
}

/**
 * Small at first, so that there is something to see at once; then large, since each costs a wait.
 * The next one is on its way while one is read.
 */
async function* slices(file: Blob, counts: ReadCounts): AsyncGenerator<Uint8Array, void, void> {
  let size = FIRST_SLICE_BYTES
  let coming = sliceOf(file, 0, size)
  while (counts.readBytes < file.size) {
    const bytes = await coming
    counts.readBytes += bytes.length
    size = Math.min(size * 2, LARGEST_SLICE_BYTES)
    coming = sliceOf(file, counts.readBytes, size)
    // It is waited for in the next round; if nobody comes back for it, its failure is no news.
    coming.catch(() => undefined)
    yield bytes
  }
}

async function sliceOf(file: Blob, from: number, size: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(from, from + size).arrayBuffer())
}

async function* unpacked(file: Blob, counts: ReadCounts): AsyncGenerator<Uint8Array, void, void> {
  yield* chunksOf(openFile(file, true, (bytes) => (counts.readBytes += bytes)))
}

/** Lets what waits (a question, a closing) have its turn: reading alone never leaves the loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
