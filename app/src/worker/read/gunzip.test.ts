// @vitest-environment node
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { logText, type SpanRow } from '../../testing/log.ts'
import { unpacked } from './gunzip.ts'
import type { FromWorker } from '../protocol.ts'
import { Session } from '../session.ts'

const spans = Array.from({ length: 20_000 }, (_, i): SpanRow => ['tool_call', i, i + 1])
const LOG = Buffer.from(logText(spans))
const PACKED = gzipSync(LOG)

/** Unpacks as much as possible; the error, if any. */
async function read(packed: Uint8Array<ArrayBuffer>): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of unpacked(new Blob([packed]))) chunks.push(chunk)
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error }
  }
  return { bytes: Buffer.concat(chunks), error: undefined }
}

test('unpacks several members as one file, wherever they start', async () => {
  const parts = [0, 1, 5, 16_384, 70_000].map((size) => LOG.subarray(0, size))
  const { bytes, error } = await read(Buffer.concat(parts.map((part) => gzipSync(part))))
  expect(error).toBeUndefined()
  expect(bytes.equals(Buffer.concat(parts))).toBe(true)
})

test('unpacks a cut-off file up to the cut, then fails', async () => {
  const { bytes, error } = await read(PACKED.subarray(0, PACKED.length - 9))
  expect(error).toBeInstanceOf(Error)
  expect(bytes.length).toBeGreaterThan(LOG.length - 100)
  expect(LOG.subarray(0, bytes.length).equals(bytes)).toBe(true)
  expect(gunzipSync(PACKED).equals(LOG)).toBe(true)
})

test('the page shows the readable part of a cut-off file and the reason', async () => {
  const messages: FromWorker[] = []
  const session = new Session((message) => void messages.push(message), 'agent')
  const reading = session.readFile(new File([PACKED.subarray(0, 9000)], 'cut.jsonl.gz'))
  session.patches.painted()
  await reading
  const connections = messages.flatMap((one) => (one.type === 'connection' ? [one.connection] : []))
  expect(connections.at(-1)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^cut\.jsonl\.gz could not be unpacked to its end: .*[^.]\.$/),
  })
  const progress = messages.flatMap((one) => (one.type === 'patch' ? [one.progress] : [])).at(-1)
  expect(progress?.events).toBeGreaterThan(1000)
  const { quality } = messages.findLast((one) => one.type === 'quality')!
  expect(quality?.unfinished).toBeLessThanOrEqual(1)
})
