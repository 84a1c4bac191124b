import { Blob } from 'node:buffer'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { isGzip, unpacked } from './gunzip.ts'
import {
  chunksOf,
  fileLines,
  lineAfter,
  passingChunksOf,
  streamLines,
  type RawLines,
} from './raw-lines.ts'

const utf8 = {
  encode: (text: string) => new TextEncoder().encode(text),
  decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
}
const asFile = (bytes: Uint8Array) => new Blob([bytes]) as unknown as globalThis.Blob

const LINES = ['first', 'x'.repeat(200_000), 'third', 'last without an end']
const LOG = utf8.encode(LINES.join('\n'))
const POSITIONS = LINES.map((_, i) => LINES.slice(0, i).join('\n').length + (i > 0 ? 1 : 0))

test('reads lines of a file by position, in any order and of any length', async () => {
  const lines = fileLines(asFile(LOG))
  for (const i of [2, 0, 3, 1, 1, 0]) {
    expect(utf8.decode(await lines.read(POSITIONS[i]!))).toBe(LINES[i])
  }
})

test('recognizes a gzip file by its first bytes and reads its lines', async () => {
  const packed = gzipSync(LOG)
  expect([await isGzip(asFile(packed)), await isGzip(asFile(LOG))]).toEqual([true, false])
  expect(gunzipSync(packed).equals(LOG)).toBe(true)
  const lines = streamLines(() => unpacked(asFile(packed)))
  expect(utf8.decode(await lines.read(POSITIONS[2]!))).toBe('third')
})

describe('a stream with a pending read', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  type Stream = ReadableStream<Uint8Array>
  const startRead = (read: (stream: Stream) => unknown): WeakRef<object> => {
    const stream = new ReadableStream<Uint8Array>({ type: 'bytes' })
    void read(stream)
    return new WeakRef(stream)
  }

  test.each([
    (stream: Stream) => chunksOf(stream).next(),
    (stream: Stream) => passingChunksOf(stream).next(),
    (stream: Stream) => lineAfter(chunksOf(stream), 0),
  ])('is not garbage-collected: %o', async (read) => {
    const stream = startRead(read)
    // A new or dereferenced WeakRef keeps its target until the current job ends.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(stream.deref()).toBeDefined()
  })
})

test('reads a line of a stream across chunks', async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of ['ab', 'c\nde', 'f', 'g\nh']) controller.enqueue(utf8.encode(part))
      controller.close()
    },
  })
  expect(utf8.decode(await lineAfter(chunksOf(stream), 4))).toBe('defg')
})

/** The whole log, from `all`. */
async function textOf(lines: RawLines): Promise<string> {
  let text = ''
  for await (const chunk of lines.all()) text += utf8.decode(chunk)
  return text
}

test('reads the whole log again, of a plain and of a compressed file', async () => {
  expect(await textOf(fileLines(asFile(LOG)))).toBe(LINES.join('\n'))
  // Several chunks, which share the same memory.
  const long = Array.from({ length: 100_000 }, (_, at) => `line ${at}`).join('\n')
  expect((await textOf(fileLines(asFile(utf8.encode(long))))) === long).toBe(true)
  const packed = asFile(gzipSync(LOG))
  expect(await textOf(streamLines(() => unpacked(packed)))).toBe(LINES.join('\n'))
})
