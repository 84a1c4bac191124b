import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEvent, encodeSample } from './encode.ts'
import type { AgentEvent, JsonValue, TelemetrySample } from './event.ts'
import { parseLine, type ParsedLine } from './parse.ts'

const event = (metadata: unknown, timestamp = 1.5, event_type = 'x') => ({
  type: 'event',
  event: { event_type, timestamp, metadata },
})

/** The metadata text of an otherwise good line. */
const withMetadata = (json: string) => `{"event_type":"x","timestamp":1.5,"metadata":${json}}`
const withTime = (json: string) => `{"event_type":"x","timestamp":${json},"metadata":{}}`

function reason(line: string): string {
  const parsed = parseLine(line)
  return parsed.type === 'malformed' ? parsed.reason : `not malformed: ${JSON.stringify(parsed)}`
}

function eventOf(parsed: ParsedLine): AgentEvent {
  if (parsed.type !== 'event') throw new Error(`no event: ${JSON.stringify(parsed)}`)
  return parsed.event
}

function sampleOf(parsed: ParsedLine): TelemetrySample {
  if (parsed.type !== 'sample') throw new Error(`no sample: ${JSON.stringify(parsed)}`)
  return parsed.sample
}

function time(line: string): readonly [number | undefined, string | undefined] {
  const parsed = parseLine(line)
  return parsed.type === 'event'
    ? [parsed.event.timestamp, parsed.rescaled]
    : [undefined, reason(line)]
}

describe('the three types of line', () => {
  test('an event; unknown fields are ignored', () => {
    const line = '{"event_type":"x","seq":4,"timestamp":1.5,"metadata":{"a":[1,null]},"payload":{}}'
    expect(parseLine(line)).toEqual(event({ a: [1, null] }))
  })

  test('a sample with and without a source', () => {
    const reading = { power_watts: 71.5, energy_joules: null }
    const sample = { timestamp: 2, reading }
    expect(parseLine(JSON.stringify({ ...sample, more: 1 }))).toEqual({ type: 'sample', sample })
    expect(parseLine(JSON.stringify({ ...sample, source: 'h/gpu0' }))).toEqual({
      type: 'sample',
      sample: { ...sample, source: 'h/gpu0' },
    })
    expect(parseLine(JSON.stringify({ ...sample, source: null }))).toEqual({
      type: 'sample',
      sample,
    })
  })

  test('a bus event: nanoseconds, payload and the ids that the payload does not have', () => {
    const bus = { event_type: 'x', timestamp_ns: 1_500_000_000, turn_id: 't', correlation_id: 'c' }
    const line = (payload: unknown) => parseLine(JSON.stringify({ ...bus, payload }))
    expect(line({ tool: 'a' })).toEqual(event({ tool: 'a', turn_id: 't', correlation_id: 'c' }))
    expect(line({ turn_id: 'own' })).toEqual(event({ turn_id: 'own', correlation_id: 'c' }))
    expect(line({ turn_id: null })).toEqual(event({ turn_id: 't', correlation_id: 'c' }))
    expect(line(null)).toEqual(event({ turn_id: 't', correlation_id: 'c' }))
    expect(line([1])).toEqual(event({ payload: [1], turn_id: 't', correlation_id: 'c' }))
    expect(
      parseLine(
        '{"event_type":"x","timestamp_ns":1500000000,"turn_id":null,"correlation_id":null}',
      ),
    ).toEqual(event({}))
  })

  test('a line with both times is an event in seconds', () => {
    const line =
      '{"event_type":"x","timestamp":1.5,"timestamp_ns":9,"metadata":{"a":1},"payload":{}}'
    expect(parseLine(line)).toEqual(event({ a: 1 }))
  })
})

describe('times', () => {
  test.each([
    ['0', 0, undefined],
    ['-5.25', -5.25, undefined],
    ['100000000000', 1e11, undefined],
    ['100000000001', 100_000_000.001, 'ms'],
    ['1795485795852.5', 1_795_485_795.852_5, 'ms'],
    ['1795485795852920', 1_795_485_795.852_92, 'us'],
    ['1795485795852920123', 1_795_485_795.852_920_1, 'ns'],
    ['1e20', 1e11, 'ns'],
  ])('%s → %d s (%s)', (written, seconds, unit) => {
    expect(time(withTime(written))).toEqual([seconds, unit])
  })

  test('nanoseconds become the float64 that is nearest to their digits', () => {
    // Dividing what JSON.parse has rounded gives a neighbour of it for about one in four.
    fc.assert(
      fc.property(fc.bigInt({ min: 10n ** 17n + 100n, max: 2n * 10n ** 18n }), (ns) => {
        const digits = String(ns)
        const nearest = Number(`${digits.slice(0, -9)}.${digits.slice(-9)}`)
        expect(time(withTime(digits))).toEqual([nearest, 'ns'])
        const bus = `{"event_type":"x","payload":{"timestamp_ns":1234567890123},"timestamp_ns": ${digits}}`
        const close = time(bus)[0] ?? 0
        expect(Math.abs(close - nearest)).toBeLessThanOrEqual(2 ** -22)
        expect(time(`{"event_type":"x","timestamp_ns":${digits}}`)).toEqual([nearest, undefined])
      }),
    )
  })

  test('timestamp_ns is in nanoseconds even if it is small', () => {
    expect(time('{"event_type":"x","timestamp_ns":10000000000}')).toEqual([10, undefined])
    expect(time('{"event_type":"x","timestamp_ns":-1}')).toEqual([-1e-9, undefined])
  })

  test.each([
    ['"1795485795.8"', 'Unix seconds, got the text "1795485795.8"'],
    ['"2026-11-24T03:00:00Z"', 'Unix seconds, got the text "2026-11-24T03:00:00Z"'],
    ['null', 'Unix seconds, got null'],
    ['true', 'Unix seconds, got true'],
    ['[1]', 'Unix seconds, got an array'],
    ['NaN', 'Unix seconds, got null'],
    ['-Infinity', 'Unix seconds, got null'],
    ['1e999', 'Unix seconds, got Infinity'],
    ['1.1e20', 'Unix seconds, got 110000000000000000000'],
    ['-1e12', 'Unix seconds, got -1000000000000'],
  ])('%s is not a time', (written, why) => {
    expect(reason(withTime(written))).toMatch(/^expected timestamp to be /)
    expect(reason(withTime(written))).toContain(why)
  })

  test('a missing timestamp and a text in timestamp_ns are not times', () => {
    expect(reason('{"event_type":"x"}')).toBe(
      'expected timestamp to be a number of Unix seconds, got nothing',
    )
    expect(reason('{"event_type":"x","timestamp_ns":"5"}')).toContain('got the text "5"')
    expect(reason('{"event_type":"x","timestamp_ns":1e30}')).toContain('got 1e+30')
    expect(reason('{"reading":{}}')).toContain('got nothing')
  })
})

describe('metadata', () => {
  test('missing or null metadata is empty; other values are kept under the key metadata', () => {
    expect(parseLine('{"event_type":"x","timestamp":1.5}')).toEqual(event({}))
    expect(parseLine(withMetadata('null'))).toEqual(event({}))
    expect(parseLine(withMetadata('[1,2]'))).toEqual(event({ metadata: [1, 2] }))
    expect(parseLine(withMetadata('"text"'))).toEqual(event({ metadata: 'text' }))
    expect(parseLine(withMetadata('false'))).toEqual(event({ metadata: false }))
  })

  test('NaN and Infinity outside of strings become null', () => {
    const line = withMetadata('{"a":NaN,"b":[Infinity, -Infinity,-1],"c":"NaN, \\"Infinity"}')
    const metadata = { a: null, b: [null, null, -1], c: 'NaN, "Infinity' }
    expect(parseLine(line)).toEqual(event(metadata))
    expect(parseLine('{"timestamp":1,"reading":{"power_watts":NaN}}')).toEqual({
      type: 'sample',
      sample: { timestamp: 1, reading: { power_watts: null } },
    })
  })

  test.each(['aNaN', '-NaN', '1NaN', 'NaN5', '--Infinity', 'Infinit', 'nan', '"NaN', 'I', 'N'])(
    '%s is not accepted as NaN or Infinity',
    (token) => expect(reason(withMetadata(`{"a":${token}}`))).toContain('JSON'),
  )

  test('__proto__ and constructor are ordinary keys', () => {
    const json = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    for (const line of [
      withMetadata(json),
      `{"event_type":"x","timestamp_ns":1500000000,"payload":${json},"turn_id":null}`,
    ]) {
      const parsed = parseLine(line)
      expect(JSON.stringify(eventOf(parsed).metadata)).toBe(json)
      expect(Object.getPrototypeOf(eventOf(parsed).metadata)).toBe(Object.prototype)
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(reason('{"__proto__":{"event_type":"x","timestamp":1}}')).toContain('__proto__')
  })
})

describe('lines that are not events', () => {
  test.each(['', ' ', '\t\r', '\ufeff', ' \u00a0 '])('%j is blank', (line) => {
    expect(parseLine(line)).toEqual({ type: 'blank' })
  })

  test('removes a BOM before the object', () => {
    expect(parseLine(`\ufeff${withMetadata('{}')}`)).toEqual(event({}))
  })

  test.each([
    ['hello', 'expected a JSON object, got hello'],
    ['[1,2]', "expected an object, got an array; jq -c '.[]' writes its items as lines"],
    [
      '[',
      "expected one JSON object per line, got an array over several lines; jq -c '.[]' writes its items as lines",
    ],
    [
      '{ ',
      'expected one JSON object per line, got one over several lines; jq -c . writes it as one line',
    ],
    ['5', 'expected an object, got 5'],
    ['null', 'expected an object, got null'],
    ['"x"', 'expected an object, got the text "x"'],
    ['{}', 'expected event_type (an event) or reading (a sample), got an empty object'],
    [
      '{"a":1,"b":2}',
      'expected event_type (an event) or reading (a sample), got an object with a, b',
    ],
    ['{"event_type":5,"timestamp":1}', 'expected event_type to be a name, got 5'],
    ['{"event_type":"","timestamp":1}', 'expected event_type to be a name, got the text ""'],
    ['{"timestamp":1,"reading":[1]}', 'expected reading to be an object, got an array'],
    ['{"a":1,}', 'expected valid JSON, got {"a":1,}'],
    ['{"a":1}{"b":2}', 'expected valid JSON, got {"a":1}{"b":2}'],
    ['{"a":"cut', 'expected a whole JSON object, got an incomplete one: {"a":"cut'],
    ['\u0000\u0001\u202eabc', 'expected a JSON object, got ␀␁⟨U+202E⟩abc'],
  ])('%j: %s', (line, why) => {
    expect(reason(line)).toBe(why)
  })

  test('a reason is short, however long the line is', () => {
    expect(reason('x'.repeat(1e6)).length).toBeLessThan(100)
    expect(reason(JSON.stringify({ event_type: ['x'.repeat(1e6)] })).length).toBeLessThan(100)
    expect(reason(`{"timestamp":"${'9'.repeat(1e6)}","event_type":"x"}`).length).toBeLessThan(130)
  })

  test.each([501, 5_000, 500_000])('rejects %d nested levels', (depth) => {
    expect(reason(withMetadata(`${'['.repeat(depth)}${']'.repeat(depth)}`))).toContain('500 nested')
    expect(reason('['.repeat(depth))).toContain('expected')
    expect(reason(withMetadata(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`))).toContain(
      'nested',
    )
  })

  test('does not count brackets in strings or side by side as levels', () => {
    const metadata = {
      text: '[{'.repeat(1_000),
      quote: '"['.repeat(1_000),
      list: Array(999).fill([]),
    }
    expect(parseLine(withMetadata(JSON.stringify(metadata)))).toEqual(event(metadata))
  })
})

describe('parsing an encoded line', () => {
  const json = fc.jsonValue({
    noUnicodeString: false,
    stringUnit: 'binary',
  }) as fc.Arbitrary<JsonValue>
  const object = fc.dictionary(fc.string({ unit: 'binary' }), json)
  const seconds = fc.double({ min: -1e11, max: 1e11, noNaN: true })

  test('returns the same event', () => {
    const events = fc.record({
      event_type: fc.string({ unit: 'binary', minLength: 1 }),
      timestamp: seconds,
      metadata: object,
    })
    fc.assert(
      fc.property(events, (original) => {
        const line = encodeEvent(original)
        expect(line).not.toContain('\n')
        const parsed = parseLine(line)
        expect(encodeEvent(eventOf(parsed))).toBe(line)
        expect(eventOf(parsed).timestamp + 0).toBe(original.timestamp + 0)
        expect(eventOf(parsed).event_type).toBe(original.event_type)
        expect(parsed).not.toHaveProperty('rescaled')
      }),
    )
  })

  test('returns the same sample', () => {
    const samples = fc.record(
      { timestamp: seconds, reading: object, source: fc.string({ minLength: 1 }) },
      { requiredKeys: ['timestamp', 'reading'] },
    )
    fc.assert(
      fc.property(samples, (original) => {
        const line = encodeSample(original)
        expect(encodeSample(sampleOf(parseLine(line)))).toBe(line)
      }),
    )
  })

  test('keeps lone surrogates and line separators', () => {
    const metadata = { lone: '\ud800', separators: '\u2028\u2029\n\r', '\udc00': 1 }
    const line = encodeEvent({ event_type: 'x', timestamp: 1.5, metadata })
    expect(parseLine(line)).toEqual(event(metadata))
  })

  test('lines have their keys in the order of the log format', () => {
    const metadata = { b: 1, a: 2 }
    expect(encodeEvent({ metadata, timestamp: 1, event_type: 'x' })).toBe(
      '{"event_type":"x","timestamp":1,"metadata":{"b":1,"a":2}}',
    )
    expect(encodeSample({ source: 's', reading: {}, timestamp: 1 })).toBe(
      '{"timestamp":1,"reading":{},"source":"s"}',
    )
    expect(encodeSample({ reading: {}, timestamp: 1 })).toBe('{"timestamp":1,"reading":{}}')
  })
})

test('does not throw for any text', () => {
  const tokens =
    '{ } [ ] " \\ : , NaN - Infinity 1e999 null "event_type" "timestamp" "timestamp_ns" "reading" ' +
    '"metadata" "payload" 1795485795852920123 \ufeff \ud800 __proto__'
  const token = fc.constantFrom(...tokens.split(' '))
  const soup = fc
    .array(fc.oneof(token, fc.string({ unit: 'binary' })))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(soup, (text) => {
      expect(['event', 'sample', 'blank', 'malformed']).toContain(parseLine(text).type)
    }),
    { numRuns: 2_000 },
  )
})
