import { expect, test } from 'vitest'
import { readBytes, utf8 } from '../testing/read-log.ts'

/** A text as one raw block of a Zstandard frame with a size of two bytes. */
function zstd(text: string): Uint8Array {
  const bytes = utf8.encode(text)
  const size = bytes.length - 256
  const block = (bytes.length << 3) | 1
  return Uint8Array.of(
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x60,
    size & 0xff,
    size >> 8,
    block & 0xff,
    (block >> 8) & 0xff,
    block >> 16,
    ...bytes,
  )
}

const lines = [0, 1, 2, 3].map((at) =>
  JSON.stringify({ type: 'inference_start', timestamp: at, data: { model: 'm'.repeat(60) } }),
)

test('a log in a Zstandard file is unpacked and recognized', async () => {
  const packed = zstd(`${lines.join('\n')}\n`)
  for (const chunkBytes of [1, 50, 1000]) {
    const { format, spans } = await readBytes(packed, { chunkBytes })
    expect({ format, spans: spans.length }).toEqual({ format: 'openjarvis', spans: 4 })
  }
})
