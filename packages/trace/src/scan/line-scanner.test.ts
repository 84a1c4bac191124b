import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../line/encode.ts'
import { EventRow } from '../row/event-row.ts'
import { generateRun } from '../generate/generate.ts'
import { Interner } from '../row/interner.ts'
import { LineScanner, NOT_SCANNED } from './line-scanner.ts'
import { errorOf, readEvent } from '../row/metadata-reader.ts'
import { parseLine } from '../line/parse.ts'
import { damaged, validLine } from '../testing/arbitrary-lines.ts'
import { fixtureText } from '../testing/fixtures.ts'
import { rowText } from '../testing/rows.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => utf8.decode(bytes)
const encoder = new TextEncoder()

class Reader {
  readonly texts = new Interner()
  readonly scanner = new LineScanner(this.texts, decode)
  readonly row = new EventRow()

  scan(bytes: Uint8Array): boolean {
    const end = this.scanner.scan(bytes, 0, bytes.length, this.row)
    return end !== NOT_SCANNED && (end === bytes.length || bytes[end] === 10)
  }
}

/** One reader scans many lines, as in a log, so that what it learned is used for later lines. */
const LINES_A_READER = 100
let linesRead = 0
let fast = new Reader()
const slow = { texts: new Interner(), row: new EventRow() }
slow.texts.id('so that the numbers differ')

/** Compares the scanner with the slow path; true = it scanned the line. */
function agrees(bytes: Uint8Array): boolean {
  // It stops learning after too many different lines.
  if (++linesRead % LINES_A_READER === 0) fast = new Reader()
  if (!fast.scan(bytes)) return false
  const parsed = parseLine(decode(bytes))
  if (parsed.type !== 'event') throw new Error(`taken, but ${JSON.stringify(parsed)}`)
  expect(parsed.rescaled).toBeUndefined()
  readEvent(parsed.event, slow.texts, slow.row)
  expect(rowText(fast.row, fast.texts)).toEqual(rowText(slow.row, slow.texts))
  return true
}

const taken = (line: string) => agrees(encoder.encode(line))
const withMetadata = (json: string) => `{"event_type":"x_start","timestamp":1.5,"metadata":${json}}`

describe('scanned lines', () => {
  test.each([
    ['{"event_type": "turn_start", "timestamp": 1795485803.2925332, "metadata": {"turn_idx": 0}}'],
    [
      ' { "metadata" : { } , "timestamp" : -2 , "seq" : [ 1, {"a": null} ] , "event_type" : "x" } \r',
    ],
    ['{"event_type":"x","timestamp":1}'],
    [withMetadata('{"tool":"zażółć","agent":"\\ud83d\\ude42 \\"q\\"","span_id":"\ufeffa"}')],
    [withMetadata('{"success":true,"error":null,"status":"completed","error_type":"none"}')],
    [withMetadata('{"success":false,"error":"no \\n ł","status":"failed","error_type":"e"}')],
    [withMetadata('{"error":false,"cost":0.25,"cost_usd":1e400,"pid":-12,"worker":true}')],
    [withMetadata('{"parent_id":7,"parent_span_id":"a","span_id":"b","id":null,"call_id":""}')],
    ['{"metadata":{"parent_id":"a"},"timestamp":1,"event_type":"x_end"}'],
    [withMetadata('{"é":1,"__proto__":{"tool":"t"},"tools":"t","too":"t"}')],
  ])('%s', (line) => expect(taken(line)).toBe(true))

  test('a line ends at its newline or at the given end', () => {
    const bytes = encoder.encode(`${withMetadata('{}')}\n${withMetadata('{}')}`)
    const length = withMetadata('{}').length
    expect(fast.scanner.scan(bytes, 0, bytes.length, fast.row)).toBe(length)
    expect(fast.scanner.scan(bytes, length + 1, bytes.length, fast.row)).toBe(bytes.length)
    expect(fast.scanner.scan(bytes, 0, length - 1, fast.row)).toBe(NOT_SCANNED)
  })
})

describe('lines that are left to the slow path', () => {
  test.each([
    ['a sample', '{"timestamp":1,"reading":{}}'],
    ['a bus event', '{"event_type":"x","timestamp_ns":1,"payload":{}}'],
    ['milliseconds', '{"event_type":"x","timestamp":1800000000000,"metadata":{}}'],
    ['no time', '{"event_type":"x","metadata":{}}'],
    ['no type', '{"timestamp":1,"metadata":{}}'],
    ['an empty type', '{"event_type":"","timestamp":1,"metadata":{}}'],
    ['a type behind a byte order mark', '{"event_type":"\ufeffx_start","timestamp":1}'],
    ['a type that is escaped', '{"event_type":"x\\u005fstart","timestamp":1}'],
    ['a field twice', '{"event_type":"x","timestamp":1,"metadata":{},"timestamp":2}'],
    ['a field that is escaped', '{"event_type":"x","\\u0074imestamp":1,"timestamp":2}'],
    ['metadata that is a list', withMetadata('[]')],
    ['a failure by success', withMetadata('{"success":false}')],
    ['a failure without a text', withMetadata('{"status":"ERROR","error":"","error_type":"e"}')],
    ['an error that is an object', withMetadata('{"error":{"message":"no"}}')],
    ['an error that is true', withMetadata('{"error":true}')],
    ['a failure by status', withMetadata('{"status":"failed"}')],
    ['a failure by is_error', withMetadata('{"is_error":true}')],
    ['a cancelled call', withMetadata('{"status":"Cancelled","error":"the user stopped it"}')],
    ['an error that may be none', withMetadata('{"error":"None"}')],
    ['an error that may be blank', withMetadata('{"error":"         "}')],
    ['a key twice', withMetadata('{"tool":"a","tool":"b"}')],
    ['a key that is escaped', withMetadata('{"\\u0074ool":"a"}')],
    ['a number that is no plain id', withMetadata('{"turn_idx":1.0}')],
    ['an object where a text belongs', withMetadata('{"tool":{"name":"a"}}')],
    ['NaN', withMetadata('{"score":NaN}')],
    ['two objects', `${withMetadata('{}')}{}`],
    ['a comma too many', withMetadata('{"a":1,}')],
    ['a control character', withMetadata('{"a":"\u0001"}')],
    ['nothing', ''],
    ['white space', ' \r'],
    ['a byte order mark', `\ufeff${withMetadata('{}')}`],
    ['deep nesting', withMetadata(`{"a":${'['.repeat(600)}${']'.repeat(600)}}`)],
  ])('%s', (_, line) => expect(taken(line)).toBe(false))

  test.each([
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['half a character', [0xe2, 0x82]],
    ['a stray continuation', [0x80]],
  ])('bytes that are not UTF-8: %s', (_, invalid) => {
    const [before, after] = withMetadata('{"a":"|"}').split('|')
    const bytes = [...encoder.encode(before), ...invalid, ...encoder.encode(after)]
    expect(fast.scan(Uint8Array.from(bytes))).toBe(false)
  })
})

describe('the row is that of the slow path', { timeout: 30_000 }, () => {
  test('for lines in any notation', () => {
    let count = 0
    const check = (line: string) => void (count += Number(taken(line)))
    fc.assert(fc.property(validLine, check), { numRuns: 4000 })
    expect(count).toBeGreaterThan(400)
  })

  test('for damaged lines', () => {
    let count = 0
    const check = (bytes: Uint8Array) => void (count += Number(agrees(bytes)))
    fc.assert(fc.property(damaged(validLine), check), { numRuns: 6000 })
    expect(count).toBeGreaterThan(100)
  })

  test('for damaged lines after similar lines', () => {
    const pair = validLine.chain((line) => fc.tuple(fc.constant(line), damaged(fc.constant(line))))
    const check = ([line, bytes]: readonly [string, Uint8Array]) => {
      const isTaken = taken(line)
      agrees(bytes)
      expect(taken(line)).toBe(isTaken)
    }
    fc.assert(fc.property(pair, check), { numRuns: 4000 })
  })

  test('for every change of one byte of a line', () => {
    const line = encoder.encode(
      '{"event_type":"a_end","timestamp":12.5e-1,"metadata":{"id":"\\u00e9é","b":[true,null,{"c":-0}]}}',
    )
    let count = 0
    for (let at = 0; at < line.length; at++) {
      expect(agrees(line)).toBe(true)
      for (let byte = 0; byte < 256; byte++) {
        const changed = Uint8Array.from(line)
        changed[at] = byte
        count += Number(agrees(changed))
      }
    }
    expect(count).toBeGreaterThan(256)
  })

  test('for times with any number of digits', () => {
    const seconds = fc.bigInt({ min: 0n, max: 99_999_999_999n }).map(String)
    const time = fc.tuple(seconds, fc.stringMatching(/^\d{1,18}$/)).map((parts) => parts.join('.'))
    const check = (digits: string) => {
      expect(taken(`{"event_type":"x","timestamp":${digits},"metadata":{"cost":${digits}}}`)).toBe(
        true,
      )
    }
    fc.assert(fc.property(time, check), { numRuns: 20_000 })
  })

  test('for times near the middle of two float64s, where rounding twice would be wrong', () => {
    const near = fc.tuple(
      fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }),
      fc.bigInt({ min: 0n, max: 2n ** 23n - 1n }),
      fc.integer({ min: 6, max: 18 }),
      fc.bigInt({ min: -1n, max: 1n }),
    )
    const check = ([seconds, half, digits, off]: readonly [number, bigint, number, bigint]) => {
      const scale = 10n ** BigInt(digits)
      const middle = (half * scale + 2n ** 22n) / 2n ** 23n + off
      const decimals = String(middle < 0n || middle >= scale ? 0n : middle).padStart(digits, '0')
      expect(taken(`{"event_type":"x","timestamp":${seconds}.${decimals}}`)).toBe(true)
    }
    fc.assert(fc.property(near, check), { numRuns: 20_000 })
  })
})

/** Share of the lines of these events that are scanned, without failures that have no text. */
function shareTaken(lines: Iterable<string>): number {
  let sound = 0
  let count = 0
  for (const line of lines) {
    const parsed = parseLine(line)
    if (parsed.type !== 'event') continue
    const isTaken = taken(line)
    if (errorOf(parsed.event.metadata) === '') continue
    sound++
    count += Number(isTaken)
  }
  expect(sound).toBeGreaterThan(0)
  return count / sound
}

function* generatedLines(ids: boolean, indent: boolean): Generator<string> {
  for (const line of generateRun({ seed: 3, spans: 3000, ids })) {
    if (!('event_type' in line)) continue
    const compact = encodeEvent(line)
    yield indent ? compact.replaceAll('":', '": ').replaceAll(',"', ', "') : compact
  }
}

describe('scans the lines of usual writers', () => {
  test('generated runs, compact and with the spaces of Python', () => {
    expect(shareTaken(generatedLines(true, false))).toBe(1)
    expect(shareTaken(generatedLines(false, true))).toBe(1)
  })

  test('recorded logs', () => {
    for (const name of [
      'react_single.jsonl',
      'threads8_overlap.jsonl.gz',
      'threads8_overlap.noids.jsonl.gz',
    ]) {
      expect(shareTaken(fixtureText(name).split('\n')), name).toBeGreaterThanOrEqual(0.99)
    }
  })
})
