import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut } from '../testing/arbitrary-lines.ts'
import { fixtureText } from '../testing/fixtures.ts'
import { LogDecoder } from './log-decoder.ts'

const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => strict.decode(bytes)

/** One text for each line: `number@position type detail`. */
function read(chunks: Iterable<Uint8Array>) {
  const rows: string[] = []
  const decoder = new LogDecoder({ decode })
  for (const chunk of chunks) {
    decoder.push(chunk, (line, position, lineNumber) => {
      const what =
        line.type === 'event' ? line.event.event_type : line.type === 'malformed' ? line.reason : ''
      rows.push(`${lineNumber}@${position} ${line.type} ${what}`.trimEnd())
    })
  }
  return { rows, torn: decoder.finish() }
}

const LOG = [
  '\ufeff{"event_type":"a_start","timestamp":1,"metadata":{"text":"é🙂"}}\r\n',
  '\n',
  'not json\n',
  '{"timestamp":1.1,"reading":{"power_watts":NaN}}\n',
  '{"event_type":"a_end","timestamp_ns":1200000000,"payload":{}}\n',
  '{"event_type":"torn',
].join('')

test('passes every line with its number and position, also after a malformed one', () => {
  expect(read([utf8.encode(LOG)])).toEqual({
    rows: [
      '1@0 event a_start',
      '2@72 blank',
      '3@73 malformed expected a JSON object, got not json',
      '4@82 sample',
      '5@130 event a_end',
    ],
    torn: { position: 192, bytes: 19 },
  })
})

test('invalid UTF-8 makes only its own line malformed', () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0x0a, ...utf8.encode('\n'), 0xc3, 0x0a)
  const why = 'expected UTF-8, got bytes that are not'
  expect(read([bytes]).rows).toEqual([`1@0 malformed ${why}`, '2@3 blank', `3@4 malformed ${why}`])
})

test('names UTF-16 in the reason', () => {
  const bytes = Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x0a, 0)
  expect(read([bytes]).rows).toEqual(['1@0 malformed expected UTF-8, got UTF-16'])
})

test('gives a reason for a torn line only if it is complete JSON and not an event', () => {
  const reasonOf = (text: string): string | undefined => {
    const decoder = new LogDecoder({ decode })
    decoder.push(utf8.encode(`\n${text}`), () => undefined)
    return decoder.tornReason()
  }
  expect(reasonOf('{"traceEvents":[{}]}')).toContain('got an object with traceEvents')
  expect(reasonOf('[{"event_type":"x"}]')).toContain('expected an object, got an array')
  expect(reasonOf('{"event_type":"x","timestamp":1}')).toBeUndefined()
  expect(reasonOf('{"event_type":"x"')).toBeUndefined()
  expect(reasonOf('')).toBeUndefined()
})

test('reports a line that is too long as malformed, with its number', () => {
  const rows: string[] = []
  const decoder = new LogDecoder({ decode, maxLineBytes: 10 })
  for (const chunk of ['\n{"event_ty', 'pe":"x"}\n', '\n']) {
    decoder.push(utf8.encode(chunk), (line, position, lineNumber) => {
      rows.push(`${lineNumber}@${position} ${line.type === 'malformed' ? line.reason : line.type}`)
    })
  }
  expect(rows).toEqual([
    '1@0 blank',
    '2@1 expected a line of at most 10 bytes, got 18',
    '3@20 blank',
  ])
  expect(decoder.lineCount).toBe(3)
})

test('decodes the same lines from any chunks', () => {
  const bytes = utf8.encode(LOG)
  const whole = read([bytes])
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(read(cut(bytes, cuts))).toEqual(whole)
    }),
  )
  expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
})

test('passes every line of any bytes and does not throw', () => {
  const nearJson = fc.constantFrom(...utf8.encode('{}[]":,\\\n\r0eNaN \u00e9'))
  const bytes = fc.array(fc.oneof(nearJson, fc.nat(255)), { maxLength: 300 })
  fc.assert(
    fc.property(bytes, fc.array(fc.nat()), (values, cuts) => {
      const log = Uint8Array.from(values)
      const { rows } = read(cut(log, cuts))
      expect(rows).toHaveLength(values.filter((byte) => byte === 10).length)
      expect(rows).toEqual(read([log]).rows)
    }),
    { numRuns: 500 },
  )
})

test('reads recorded logs without a malformed line', () => {
  for (const name of ['threads8_overlap.jsonl.gz', 'threads8_overlap.noids.jsonl.gz']) {
    const { rows, torn } = read([utf8.encode(fixtureText(name))])
    expect(torn).toBeUndefined()
    expect(rows.filter((row) => row.includes(' event '))).toHaveLength(1_031)
    expect(rows).toHaveLength(1_031)
  }
})
