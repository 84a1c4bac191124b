import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLine } from '../line/parse.ts'
import { EventRow } from '../row/event-row.ts'
import { Interner } from '../row/interner.ts'
import { idsOf } from '../row/ids-of.ts'
import { readEvent } from '../row/metadata-reader.ts'
import { Trace } from '../trace/trace.ts'
import { LineScanner, NOT_SCANNED } from './line-scanner.ts'
import { RowReader } from './row-reader.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => utf8.decode(bytes)
const encoder = new TextEncoder()

/** A start with the value in the roles of an id, a parent and a name. */
const lineWith = (value: string, type = 'tool_call_start') =>
  `{"event_type":"${type}","timestamp":1,"metadata":{"span_id":${value},"parent_id":${value},"pid":${value}}}`

function identity({ ids, parents, scope }: EventRow, texts: Interner, mask: number) {
  const name = [...scope].find((_, i) => (mask & (1 << i)) !== 0) ?? 0
  return [ids.high[0], ids.low[0], parents.high[0], parents.low[0], texts.text(name)].join()
}

function slowIdentity(line: string): string {
  const parsed = parseLine(line)
  if (parsed.type !== 'event') throw new Error(JSON.stringify(parsed))
  const [texts, row] = [new Interner(), new EventRow()]
  readEvent(parsed.event, texts, row)
  return identity(row, texts, row.scopeMask)
}

/** Undefined if the scanner leaves the line to the slow path. */
function fastIdentity(line: string): string | undefined {
  const [texts, row] = [new Interner(), new EventRow()]
  const bytes = encoder.encode(line)
  const end = new LineScanner(texts, decode).scan(bytes, 0, bytes.length, row)
  return end === NOT_SCANNED ? undefined : identity(row, texts, row.scopeMask)
}

function spansOf(lines: readonly string[]) {
  const trace = new Trace()
  const reader = new RowReader({ decode, texts: trace.texts })
  const fail = (reason: unknown) => {
    throw new Error(String(reason))
  }
  reader.push(encoder.encode(lines.map((line) => `${line}\n`).join('')), {
    event: (row, position) => trace.addRow(row, position),
    sample: fail,
    malformed: fail,
  })
  trace.setWriter(0, 'closed')
  trace.flush()
  return trace.spans
}

/** Neighbors beyond 2^53 are most likely to be rounded to the same float64. */
const digits = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
  fc.bigInt({ min: 2n ** 53n - 4n, max: 2n ** 53n + 4n }),
  fc.bigInt({ min: 10n ** 19n, max: 10n ** 40n }),
  fc.integer().map(BigInt),
)

test('both readers use the digits of an integer, which are the same id as a text', () => {
  fc.assert(
    fc.property(digits, (value) => {
      const number = lineWith(String(value))
      const expected = slowIdentity(lineWith(`"${value}"`))
      expect(slowIdentity(number)).toBe(expected)
      expect(fastIdentity(number)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('different digits are different ids', () => {
  const near = fc.tuple(digits, fc.bigInt({ min: 1n, max: 300n }))
  fc.assert(
    fc.property(near, ([value, step]) => {
      const [one, other] = [lineWith(String(value)), lineWith(String(value + step))]
      expect(slowIdentity(one)).not.toBe(slowIdentity(other))
      expect(fastIdentity(one)).not.toBe(fastIdentity(other))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['1000', '1e3', '1000.0', '"1000"'],
  ['0', '-0', '0.0', '"0"'],
  ['9007199254740993.0', '"9007199254740993.0"'],
  ['1e22', '"1e22"'],
  ['0.5', '5e-1', '"0.5"'],
])('%s is the same id as %s', (...forms) => {
  const lines = forms.map((form) => lineWith(form))
  const [first] = lines.map(slowIdentity)
  const fast = lines.map(fastIdentity).filter((known) => known !== undefined)
  for (const known of [...lines.map(slowIdentity), ...fast]) expect(known).toBe(first)
})

test('an integer with a leading zero is not JSON', () => {
  expect(parseLine(lineWith('007')).type).toBe('malformed')
  expect(fastIdentity(lineWith('007'))).toBeUndefined()
})

test('neighbors beyond 2^53 do not pair, and metadata shows their digits', () => {
  const first = '9007199254740992'
  const second = '9007199254740993'
  const at = (timestamp: number, phase: string, id: string) =>
    `{"event_type":"tool_call_${phase}","timestamp":${timestamp},"metadata":{"span_id":${id}}}`
  const spans = spansOf([
    at(1, 'start', first),
    at(2, 'start', second),
    at(3, 'end', first),
    at(5, 'end', `"${second}"`),
  ])
  const times = [...spans].map((span) => [span.startS, span.endS, span.flags])
  expect(times).toEqual([
    [1, 3, 0],
    [2, 5, 0],
  ])
  const parsed = parseLine(
    `{"event_type":"x","timestamp":1,"metadata":{"id":${second},"call":{"user":[-${second}]}}}`,
  )
  if (parsed.type !== 'event') throw new Error('expected an event')
  expect(parsed.event.metadata).toEqual({ id: second, call: { user: [`-${second}`] } })
  expect(idsOf(parsed.event.metadata)).toEqual([['id', second]])
})

test('the timestamps and the readings of lines stay numbers', () => {
  const time = '1795485803123456789'
  const event = parseLine(
    `{"event_type":"x","timestamp":${time},"metadata":{"id":9007199254740993}}`,
  )
  expect(event).toMatchObject({ event: { timestamp: 1795485803.1234567 }, rescaled: 'ns' })
  const sample = parseLine(`{"timestamp":1,"reading":{"energy_joules":9007199254740993}}`)
  expect(sample).toMatchObject({ sample: { reading: { energy_joules: 2 ** 53 } } })
})
