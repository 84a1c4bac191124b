/** Reads a file of the visitor's: chunk by chunk, gzip undone, with its progress told. */
import { passingChunksOf } from './raw-lines.ts'
import { turn } from './turns.ts'

export interface FileSink {
  /** Bytes of the file on disk that have been read, with the chunk that comes next. */
  progress(readBytes: number): void
  /** The chunk is valid during the call only. */
  bytes(chunk: Uint8Array): void
  /** Resolves when reading may go on. */
  ready(): Promise<void>
}

/** How long reading may keep everybody else waiting. */
const TURN_MS = 24
const GZIP = [0x1f, 0x8b] as const

export async function isGzip(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, GZIP.length).arrayBuffer())
  return GZIP.every((byte, i) => head[i] === byte)
}

/** What a gzip file holds; `onRead` hears of the bytes of the file itself. */
export function unpacked(
  file: Blob,
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
  return counted.pipeThrough(new DecompressionStream('gzip'))
}

/** Reads it to its end, or until `signal` aborts. Rejects when the file cannot be read. */
export async function readFile(
  file: Blob,
  gzip: boolean,
  sink: FileSink,
  signal: AbortSignal,
): Promise<void> {
  let lastTurnMs = performance.now()
  let readBytes = 0
  const count = (bytes: number): void => void (readBytes += bytes)
  for await (const chunk of passingChunksOf(gzip ? unpacked(file, count) : file.stream())) {
    if (signal.aborted) return
    if (!gzip) count(chunk.length)
    sink.progress(readBytes)
    sink.bytes(chunk)
    await sink.ready()
    if (performance.now() - lastTurnMs > TURN_MS) {
      // Reading alone never leaves the loop.
      await turn()
      lastTurnMs = performance.now()
    }
  }
}
