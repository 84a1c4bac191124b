/**
 * Reads a raw line again by its position, the byte offset in the log as this worker has read it.
 * Lines stay bytes until one is shown.
 */
import { joinBytes } from '@wattline/trace'

const LF = 10
const FIRST_READ_BYTES = 64 * 1024
/** Several, because starts and ends of spans are read alternately. */
const KEPT_BLOCKS = 4
/** Fits into a processor's cache, and is large enough that waits for the next chunk are rare. */
const CHUNK_BYTES = 256 * 1024

export interface RawLines {
  /** Whether reading a line reads everything before it. */
  readonly isSlow?: boolean
  /** The bytes of the line at `position`, without its newline. */
  read(position: number): Promise<Uint8Array>
  /** The log from its start; a chunk is valid until the next one is requested. */
  all(): AsyncIterable<Uint8Array>
}

/** Lines of a file, read in blocks; the last few blocks are kept. */
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

/** Lines that are added while a log is converted. The browser may keep their bytes on disk. */
export class AddedLines implements RawLines {
  #blob = new Blob()
  #parts: Uint8Array<ArrayBuffer>[] = []
  #bytes = 0
  #lines: RawLines | undefined

  add(chunk: Uint8Array): void {
    this.#parts.push(chunk.slice())
    this.#bytes += chunk.length
    this.#lines = undefined
    if (this.#bytes >= BLOB_BYTES) this.#join()
  }

  read(position: number): Promise<Uint8Array> {
    return this.#current().read(position)
  }

  all(): AsyncIterable<Uint8Array> {
    return this.#current().all()
  }

  #current(): RawLines {
    if (this.#parts.length > 0) this.#join()
    return (this.#lines ??= fileLines(this.#blob))
  }

  #join(): void {
    this.#blob = new Blob([this.#blob, ...this.#parts])
    this.#parts = []
    this.#bytes = 0
  }
}

/** Lines up to this number of bytes wait to be joined. */
const BLOB_BYTES = 4 * 1024 * 1024

interface Block {
  readonly position: number
  readonly bytes: Uint8Array
}

/** The block from `position` that contains the whole line, at least 64 KiB. */
async function readBlock(file: Blob, position: number): Promise<Block> {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const bytes = new Uint8Array(await file.slice(position, position + size).arrayBuffer())
    if (bytes.includes(LF) || position + size >= file.size) return { position, bytes }
  }
}

/** The line at `position` if the block contains all of it. */
export function lineIn(block: Block, position: number): Uint8Array | undefined {
  const from = position - block.position
  if (from < 0 || from >= block.bytes.length) return undefined
  const end = block.bytes.indexOf(LF, from)
  return end === -1 ? undefined : block.bytes.subarray(from, end)
}

/** Lines that can be read only from the start of the log, as of a compressed file. */
export function streamLines(open: () => AsyncIterable<Uint8Array>): RawLines {
  return { read: (position) => lineAfter(open(), position), all: open, isSlow: true }
}

/**
 * Readers in use. Chromium garbage-collects the stream of a file together with a pending read if
 * nothing else refers to the reader, and then the read never resolves.
 */
const activeReaders = new Set<ReadableStreamReader<Uint8Array>>()

/** The chunks of a stream, which is canceled when the loop ends. Safari's streams are not iterable. */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  yield* chunksFrom(reader, () => reader.read())
}

/**
 * Like {@link chunksOf}, but a chunk is valid only until the next one is requested: all are read into
 * the same memory if the stream allows it. New memory for each chunk takes longer than reading it.
 */
export function passingChunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let reader: ReadableStreamBYOBReader
  try {
    reader = stream.getReader({ mode: 'byob' })
  } catch {
    // Not a byte stream.
    return chunksOf(stream)
  }
  let memory = new ArrayBuffer(CHUNK_BYTES)
  return chunksFrom(reader, async () => {
    const result = await reader.read(new Uint8Array(memory))
    if (!result.done) memory = result.value.buffer
    return result
  })
}

async function* chunksFrom(
  reader: ReadableStreamReader<Uint8Array>,
  read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>,
): AsyncGenerator<Uint8Array, void, void> {
  activeReaders.add(reader)
  try {
    for (;;) {
      const { done, value } = await read()
      if (done || value === undefined) return
      yield value
    }
  } finally {
    activeReaders.delete(reader)
    await reader.cancel()
  }
}

/** The line that starts after `skip` bytes of the chunks. */
export async function lineAfter(
  chunks: AsyncIterable<Uint8Array>,
  skip: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let toSkip = skip
  for await (const chunk of chunks) {
    const from = Math.min(toSkip, chunk.length)
    toSkip -= from
    if (toSkip > 0) continue
    const end = chunk.indexOf(LF, from)
    parts.push(chunk.subarray(from, end === -1 ? chunk.length : end))
    if (end !== -1) break
  }
  return joinBytes(parts)
}
