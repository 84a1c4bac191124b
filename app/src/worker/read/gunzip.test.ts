// @vitest-environment node
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { logText, type SpanRow } from '../../testing/log.ts'
import { unpacked } from './gunzip.ts'
import { chunksOf } from './raw-lines.ts'
import type { FromWorker } from '../protocol.ts'
import { Session } from '../session.ts'

const spans = Array.from({ length: 20_000 }, (_, i): SpanRow => ['tool_call', i, i + 1])
const LOG = Buffer.from(logText(spans))
const PACKED = gzipSync(LOG)

/** What can be unpacked, and what the browser says of the rest. */
async function read(packed: Uint8Array<ArrayBuffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of chunksOf(unpacked(new Blob([packed])))) chunks.push(chunk)
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
  return { bytes: Buffer.concat(chunks), error: undefined }
}

test('several gzips behind one another are unpacked as one, wherever they begin', async () => {
  const parts = [0, 1, 5, 16_384, 70_000].map((size) => LOG.subarray(0, size))
  const { bytes, error } = await read(Buffer.concat(parts.map((part) => gzipSync(part))))
  expect(error).toBeUndefined()
  expect(bytes.equals(Buffer.concat(parts))).toBe(true)
})

test('of one that breaks off, what stands before is had', async () => {
  const { bytes, error } = await read(PACKED.subarray(0, PACKED.length - 9))
  expect(error).toBeInstanceOf(Error)
  expect(bytes.length).toBeGreaterThan(LOG.length - 100)
  expect(LOG.subarray(0, bytes.length).equals(bytes)).toBe(true)
  expect(gunzipSync(PACKED).equals(LOG)).toBe(true)
})

test('a page shows what could be read, as a log that ends there, and says why it is not all', async () => {
  const said: FromWorker[] = []
  const session = new Session((message) => void said.push(message), 'agent')
  const reading = session.readFile(new File([PACKED.subarray(0, 9000)], 'cut.jsonl.gz'))
  session.painted()
  await reading
  const connections = said.flatMap((one) => (one.type === 'connection' ? [one.connection] : []))
  expect(connections.at(-1)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^cut\.jsonl\.gz could not be unpacked to its end: .*[^.]\.$/),
  })
  const progress = said.flatMap((one) => (one.type === 'patch' ? [one.progress] : [])).at(-1)
  expect(progress?.events).toBeGreaterThan(1000)
  const { quality } = said.findLast((one) => one.type === 'quality')!
  expect(quality.unfinished).toBeLessThanOrEqual(1)
})
