import { expect, test } from 'vitest'
import { isTelemetry, readTelemetry } from './telemetry-file.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Reads bytes in chunks of `size`. */
function read(bytes: Uint8Array, size = bytes.length) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return readTelemetry(chunks(), (part) => utf8.decode(part))
}

const SAMPLE = '{"timestamp":1,"reading":{"power_watts":5}}\n'
const TABLE = 'timestamp_s,power_w\n1,10\n2,20\n'

test.each([1, 7, 1000])('lines and tables are read from chunks of %i bytes', async (size) => {
  const lines = await read(encoder.encode(`\uFEFF\n${SAMPLE}no json\n${SAMPLE}`), size)
  expect(lines).toMatchObject({ samples: [{ timestamp: 1 }, { timestamp: 1 }] })
  expect(lines).toMatchObject({ unreadable: [{ line: 3 }] })
  const table = await read(encoder.encode(`\uFEFF${TABLE}`), size)
  expect(table).toMatchObject({ samples: [{ timestamp: 1 }, { timestamp: 2 }], unreadable: [] })
})

test('a log without samples has none; an unknown table and binary data give a reason', async () => {
  expect(await read(encoder.encode('{"event_type":"x","timestamp":1}\n'))).toEqual({
    samples: [],
    unreadable: [],
  })
  expect(await read(encoder.encode('a,b\n1,2\n'))).toMatchObject({
    reason: expect.stringContaining('got "a,b"'),
  })
  expect(await read(Uint8Array.of(0xff, 0xfe))).toMatchObject({
    reason: 'expected UTF-8, got bytes that are not',
  })
})

test('recognizes telemetry by its first line', () => {
  expect([SAMPLE, `\uFEFF${SAMPLE}`, TABLE].map(isTelemetry)).toEqual([true, true, true])
  const others = ['{"event_type":"x","timestamp":1,"reading":{}}', 'a,b\n1,2', '', 'text']
  expect(others.map(isTelemetry)).toEqual([false, false, false, false])
})
