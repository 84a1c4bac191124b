import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { chunksOf, readBytes, utf8 } from '../testing/read-log.ts'
import { ZipReader } from './zip.ts'

/** `hello from zstd\n` as one raw block of a Zstandard frame. */
const ZSTD_HELLO = Uint8Array.of(
  0x28,
  0xb5,
  0x2f,
  0xfd,
  0x20,
  0x10,
  0x81,
  0x00,
  0x00,
  ...utf8.encode('hello from zstd\n'),
)

async function unzip(bytes: Uint8Array, chunkBytes: number, maxBytes = 1e6) {
  const entries: [string, string][] = []
  const broken: string[] = []
  const zip = new ZipReader(
    {
      wants: (name) => name !== 'unwanted',
      entry: (name, content) => entries.push([name, utf8.decode(content)]),
      broken: (name) => broken.push(name),
    },
    maxBytes,
  )
  for await (const chunk of chunksOf(bytes, chunkBytes)) zip.push(chunk)
  zip.end()
  return { entries, broken }
}

const archive = zipSync({
  stored: [utf8.encode('plain'), { level: 0 }],
  deflated: utf8.encode('again '.repeat(1000)),
  unwanted: utf8.encode('no'),
})

test.each([1, 100, 1e6])('entries of a zip in chunks of %i bytes', async (chunkBytes) => {
  expect(await unzip(archive, chunkBytes)).toEqual({
    entries: [
      ['stored', 'plain'],
      ['deflated', 'again '.repeat(1000)],
    ],
    broken: [],
  })
})

test('an entry beyond the limit is broken, and the others are read', async () => {
  expect(await unzip(archive, 100, 50)).toEqual({
    entries: [['stored', 'plain']],
    broken: ['deflated'],
  })
})

test('an entry that Zstandard compresses is read', async () => {
  const stored = zipSync({ 'a.json': [ZSTD_HELLO, { level: 0 }] })
  // The method is the same field of the local header and of the directory.
  stored[8] = 93
  expect(await unzip(stored, 7)).toEqual({ entries: [['a.json', 'hello from zstd\n']], broken: [] })
})

test('a zip of no known format is refused with the names in it', async () => {
  expect(await readBytes(archive)).toMatchObject({ format: 'refused' })
})
