import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventRow } from '../row/event-row.ts'
import { Interner } from '../row/interner.ts'
import { LogDecoder } from '../line/log-decoder.ts'
import { RowReader } from './row-reader.ts'
import { readExtra, readEvent } from '../row/metadata-reader.ts'
import { anyLog, EXTRA_KEYS, cut } from '../testing/arbitrary-lines.ts'
import { recordingSink, rowText } from '../testing/rows.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => utf8.decode(bytes)
const encoder = new TextEncoder()

interface Options {
  readonly maxLineBytes?: number
  readonly startPosition?: number
  readonly extraKey?: string
}

function read(chunks: Iterable<Uint8Array>, { extraKey, ...options }: Options = {}) {
  const texts = new Interner()
  const reader = new RowReader({ decode, texts, ...options })
  reader.setExtraKey(extraKey)
  const { seen, sink } = recordingSink(texts)
  for (const chunk of chunks) {
    // The chunk's memory is overwritten afterwards, as a reader with one buffer does.
    const reused = chunk.slice()
    reader.push(reused, sink)
    reused.fill(0x23)
  }
  return { seen, torn: reader.finish(), lines: reader.lineCount }
}

/** The same by the slow path alone. */
function decodeAll(bytes: Uint8Array, { extraKey, ...options }: Options = {}) {
  const texts = new Interner()
  const row = new EventRow()
  const decoder = new LogDecoder({ decode, ...options })
  const seen: unknown[] = []
  decoder.push(bytes, (line, ...where) => {
    if ('rescaled' in line) seen.push(['rescaled', line.rescaled, ...where])
    if (line.type === 'malformed') seen.push([line.type, line.reason, ...where])
    if (line.type === 'sample') seen.push([line.type, line.sample, ...where])
    if (line.type === 'event') {
      readEvent(line.event, texts, row)
      if (extraKey !== undefined) readExtra(line.event.metadata, extraKey, texts, row)
      seen.push([line.type, rowText(row, texts), ...where])
    }
  })
  return { seen, torn: decoder.finish(), lines: decoder.lineCount }
}

test('reads any log in any chunks like the slow path', { timeout: 30_000 }, () => {
  const cuts = fc.array(fc.nat(), { maxLength: 8 })
  const limit = fc.option(fc.integer({ min: 1, max: 200 }), { nil: 1e6, freq: 3 })
  const start = fc.constantFrom(0, 77)
  const extra = fc.constantFrom(undefined, ...EXTRA_KEYS, 'status', 'tool')
  fc.assert(
    fc.property(
      anyLog,
      cuts,
      limit,
      start,
      extra,
      (bytes, at, maxLineBytes, startPosition, key) => {
        const extraKey = key === undefined ? {} : { extraKey: key }
        const options = { maxLineBytes, startPosition, ...extraKey }
        expect(read(cut(bytes, at), options)).toEqual(decodeAll(bytes, options))
      },
    ),
    { numRuns: 1500 },
  )
})

test(
  'reads a last line without its newline at the end, unless it is incomplete',
  { timeout: 30_000 },
  () => {
    const cuts = fc.array(fc.nat(), { maxLength: 4 })
    const readToEnd = (chunks: readonly Uint8Array[]) => {
      const texts = new Interner()
      const reader = new RowReader({ decode, texts })
      const { seen, sink } = recordingSink(texts)
      for (const chunk of chunks) reader.push(chunk, sink)
      return { seen, torn: reader.end(sink), lines: reader.lineCount }
    }
    fc.assert(
      fc.property(anyLog, cuts, (bytes, at) => {
        const ended = readToEnd([...cut(bytes, at), Uint8Array.of(10)])
        const open = readToEnd(cut(bytes, at))
        const last = ended.seen.at(-1) as readonly unknown[] | undefined
        const isWhole = open.torn === undefined
        const isBlank = bytes.length === 0 || bytes.at(-1) === 10
        // An incomplete line is malformed if a newline follows it.
        expect(isWhole || last?.[0] === 'malformed').toBe(true)
        expect(open.seen).toEqual(isWhole ? ended.seen : ended.seen.slice(0, -1))
        expect(open.lines).toBe(ended.lines - (isWhole && !isBlank ? 0 : 1))
      }),
      { numRuns: 1000 },
    )
  },
)

test('reads a log byte by byte', () => {
  const text =
    '{"event_type":"a","timestamp":1}\n\n{"timestamp":2,"reading":{}}\r\nx\n{"event_type":"b"'
  const bytes = encoder.encode(text)
  const result = read(Array.from(bytes, (byte) => Uint8Array.of(byte)))
  expect(result).toEqual(decodeAll(bytes))
  expect(result.lines).toBe(4)
  expect(result.torn).toEqual({ position: text.lastIndexOf('\n') + 1, bytes: 17 })
})

test('continues a line in the next chunk', () => {
  const first = '{"event_type":"a","timestamp":1,"metadata":{}}'
  const types = (...chunks: string[]) =>
    read(chunks.map((chunk) => encoder.encode(chunk))).seen.map((line) => (line as unknown[])[0])
  expect(types(first)).toEqual([])
  expect(types(first, 'x\n')).toEqual(['malformed'])
  expect(types(first, '\n')).toEqual(['event'])
})

test('reads the number of events that a recorder dropped', () => {
  const line = (metadata: string) =>
    encoder.encode(`{"event_type":"recorder_dropped","timestamp":1,"metadata":${metadata}}\n`)
  const dropped = (metadata: string) =>
    read([line(metadata)]).seen.map((item) => (item as [string, { dropped: number }])[1].dropped)
  expect(dropped('{"count":17}')).toEqual([17])
  expect(dropped('{}')).toEqual([1])
})

test('reads an extra key from any line on', () => {
  const texts = new Interner()
  const reader = new RowReader({ decode, texts })
  const values: string[] = []
  const push = (...written: string[]) => {
    const lines = written.map(
      (value) => `{"event_type":"x","timestamp":1,"metadata":{"team":${value}}}\n`,
    )
    reader.push(encoder.encode(lines.join('')), {
      event: ({ extra }) => values.push(texts.text(extra)),
      sample: () => undefined,
      malformed: () => undefined,
    })
  }
  push('"red"')
  reader.setExtraKey('team')
  push('"red"', '12', '1.5', 'true', 'null', '""', '{"a":1}', '"r\\u0065d"', `"${'x'.repeat(121)}"`)
  expect(values).toEqual(['', 'red', '12', '1.5', 'true', '', '', '', 'red', ''])
})
