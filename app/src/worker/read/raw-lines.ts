/**
 * Where a raw line is found again. Lines stay bytes; one is parsed when somebody looks at it.
 * A position is the line's byte offset in the log as this worker has read it.
 */
const LF = 10
const FIRST_READ_BYTES = 64 * 1024
/** Starts and ends of spans are read in turn, and lie apart. */
const KEPT_BLOCKS = 4
/** A processor keeps so much at hand, and a wait for more is rare enough. */
const CHUNK_BYTES = 256 * 1024

export interface RawLines {
  /** Bytes of the line at `position`, without its newline. Rejects when they cannot be had. */
  read(position: number): Promise<Uint8Array>
  /** The log from its beginning; a chunk is valid until the next one is asked for. */
  all(): AsyncIterable<Uint8Array>
}

/** Lines of a file: read again from its slices, of which the last few are kept. */
export function fileLines(file: Blob): RawLines {
  let blocks: Block[] = []
  return {
    all: () => passingChunksOf(file.stream()),
    async read(position) {
      const known = blocks.find((block) => lineIn(block, position) !== undefined)
      const block = known ?? (await readBlock(file, position))
      blocks = [block, ...blocks.filter((one) => one !== block)].slice(0, KEPT_BLOCKS)
      return lineIn(block, position) ?? block.bytes.subarray(position - block.position)
    },
  }
}

interface Block {
  readonly position: number
  readonly bytes: Uint8Array
}

/** From `position` on as much as holds its line, at least 64 KiB. */
async function readBlock(file: Blob, position: number): Promise<Block> {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const bytes = new Uint8Array(await file.slice(position, position + size).arrayBuffer())
    if (bytes.includes(LF) || position + size >= file.size) return { position, bytes }
  }
}

/** The line at `position` if all of it lies in the block. */
export function lineIn(block: Block, position: number): Uint8Array | undefined {
  const from = position - block.position
  if (from < 0 || from >= block.bytes.length) return undefined
  const end = block.bytes.indexOf(LF, from)
  return end === -1 ? undefined : block.bytes.subarray(from, end)
}

/** Lines of a stream that can only be read from its beginning (a compressed file). */
export function streamLines(open: () => ReadableStream<Uint8Array>): RawLines {
  return { read: (position) => lineAfter(open(), position), all: () => chunksOf(open()) }
}

/**
 * Readers that are waited for. A stream of a file holds nobody who waits for it: Chromium collects it and
 * them together when nothing else knows of them, and what was asked for never comes.
 */
const waitedFor = new Set<ReadableStreamReader<Uint8Array>>()

/** A stream's chunks; the stream is cancelled when nobody wants more. Safari's cannot be iterated. */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  waitedFor.add(reader)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    waitedFor.delete(reader)
    await reader.cancel()
  }
}

/**
 * As {@link chunksOf}, but a chunk is valid only until the next one is asked for: where the stream
 * allows it, all are read into the same memory. To touch fresh memory for each takes longer than to
 * read it.
 */
export async function* passingChunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = byteReader(stream)
  if (reader === undefined) {
    yield* chunksOf(stream)
    return
  }
  let memory = new ArrayBuffer(CHUNK_BYTES)
  waitedFor.add(reader)
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(memory))
      if (done) return
      yield value
      memory = value.buffer
    }
  } finally {
    waitedFor.delete(reader)
    await reader.cancel()
  }
}

/** Undefined for what is no stream of bytes, as what comes out of a decompression. */
function byteReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return stream.getReader({ mode: 'byob' })
  } catch {
    return undefined
  }
}

/** The line that begins `skip` bytes into the stream; the rest of the stream is cancelled. */
export async function lineAfter(
  stream: ReadableStream<Uint8Array>,
  skip: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let toSkip = skip
  for await (const chunk of chunksOf(stream)) {
    const from = Math.min(toSkip, chunk.length)
    toSkip -= from
    if (toSkip > 0) continue
    const end = chunk.indexOf(LF, from)
    parts.push(chunk.subarray(from, end === -1 ? chunk.length : end))
    if (end !== -1) break
  }
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
