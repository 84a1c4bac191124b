import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { gunzipped } from './gunzip-stream.ts'

interface Unpacked {
  readonly plain: Buffer
  readonly error: string | undefined
}

async function unpack(bytes: Uint8Array, chunkBytes = 1000): Promise<Unpacked> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const parts: Buffer[] = []
  let error: string | undefined
  try {
    for await (const part of gunzipped(chunks())) parts.push(part)
  } catch (thrown) {
    error = (thrown as Error).message
  }
  return { plain: Buffer.concat(parts), error }
}

/** Texts from short to several blocks, some of which cannot be compressed. */
const content = fc
  .tuple(fc.string(), fc.nat(3000), fc.nat(100_000))
  .map(([text, times, noise]) =>
    Buffer.concat([Buffer.from(text.repeat(times)), randomBytes(noise)]),
  )

test('unpacks members in chunks cut anywhere, like zlib', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 70_000 }),
      async (contents, chunkBytes) => {
        const bytes = Buffer.concat(contents.map((plain) => gzipSync(plain)))
        const { plain, error } = await unpack(bytes, Math.max(chunkBytes, bytes.length / 500))
        expect(error).toBeUndefined()
        expect(plain.equals(gunzipSync(bytes))).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

test('unpacks everything before appended bytes and reports them', async () => {
  await fc.assert(
    fc.asyncProperty(content, fc.string({ minLength: 1 }), async (plain, behind) => {
      const unpacked = await unpack(Buffer.concat([gzipSync(plain), Buffer.from(`{${behind}`)]))
      expect(unpacked.plain.equals(plain)).toBe(true)
      expect(unpacked.error).toMatch(/incorrect header check|unexpected end of file/)
    }),
    { numRuns: 40 },
  )
})

test('unpacks a truncated file as far as zlib can, and reports it', async () => {
  const plain = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join(''))
  const zipped = gzipSync(plain)
  for (let bytes = zipped.length - 1; bytes > 0; bytes -= 997) {
    const unpacked = await unpack(zipped.subarray(0, bytes))
    expect(unpacked.error).toBe('unexpected end of file')
    expect(plain.subarray(0, unpacked.plain.length).equals(unpacked.plain)).toBe(true)
    // Each block of output that zlib has completed is there.
    expect(unpacked.plain.length).toBeGreaterThan(
      (plain.length * (bytes - 1000)) / zipped.length - 32_768,
    )
  }
})

test('ignores zeros behind the data, and accepts a name and a comment', async () => {
  const zipped = gzipSync('hello')
  const named = Buffer.concat([
    zipped.subarray(0, 10),
    Buffer.from('log\0why\0'),
    zipped.subarray(10),
  ])
  named[3] = 8 | 16
  const { plain, error } = await unpack(Buffer.concat([named, Buffer.alloc(2000)]), 3)
  expect({ text: plain.toString(), error }).toEqual({ text: 'hello', error: undefined })
})

test('reports a wrong checksum after the content', async () => {
  const zipped = gzipSync('hello')
  zipped[zipped.length - 8]! ^= 1
  const { plain, error } = await unpack(zipped)
  expect({ text: plain.toString(), error }).toEqual({
    text: 'hello',
    error: 'incorrect data check',
  })
})
