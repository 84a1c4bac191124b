/** Reads a file of the visitor's: streamed, gzip undone, with its progress told. */

export interface FileSink {
  bytes(chunk: Uint8Array): void
  /** Bytes of the file on disk that have been read. */
  progress(readBytes: number): void
}

/** How long reading may keep everybody else waiting. */
const TURN_MS = 24
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
  let readBytes = 0
  let lastTurnMs = performance.now()
  const reader = openFile(file, gzip, (bytes) => (readBytes += bytes)).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (signal.aborted) return reader.cancel()
    if (done) return
    sink.bytes(value)
    sink.progress(readBytes)
    if (performance.now() - lastTurnMs > TURN_MS) {
      await turn()
      lastTurnMs = performance.now()
    }
  }
}

/** Lets what waits (a question, a closing) have its turn: reading alone never leaves the loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}
