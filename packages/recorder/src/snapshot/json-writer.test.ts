import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorMessage, writeMetadata } from './json-writer.ts'

const ROOM = 262_144

/** The metadata that a reader gets for `{ value }`. */
const written = (value: unknown, maxChars = ROOM): unknown =>
  (JSON.parse(writeMetadata({ value }, maxChars)) as { value: unknown }).value

const threw = (name: string) => () => {
  throw new Error(name)
}

describe('writeMetadata', () => {
  test.each([
    ['nothing', undefined, '{}'],
    ['null', null, '{}'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['a string', 'text', '{"value":"text"}'],
    ['an array', [1], '{"value":[1]}'],
    ['a number', 7, '{"value":7}'],
    ['NaN', Number.NaN, '{"value":"NaN"}'],
    ['a function', function search() {}, '{"value":"[Function search]"}'],
    ['a Date', new Date(0), '{"value":"1970-01-01T00:00:00.000Z"}'],
    ['a Map', new Map([['a', 1]]), '{"type":"Map","entries":[["a",1]]}'],
    ['an object without prototype', Object.create(null), '{}'],
  ])('writes %s as an object', (_, metadata, text) => {
    expect(writeMetadata(metadata, ROOM)).toBe(text)
  })

  test('does what JSON.stringify does for JSON values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
        expect(JSON.parse(writeMetadata(metadata, ROOM))).toEqual(
          JSON.parse(JSON.stringify(metadata)),
        )
      }),
    )
  })
})

describe('objects', () => {
  class Point {
    x = 1
    #hidden = 2
    get sum() {
      return this.x + this.#hidden
    }
  }

  test.each<[string, unknown, unknown]>([
    ['own members of a class instance', new Point(), { x: 1 }],
    ['no inherited members', Object.create({ inherited: 1 }, {}), {}],
    ['no symbol keys', { [Symbol('s')]: 1, a: 1 }, { a: 1 }],
    ['members of an array-like object', { length: 2, 0: 'a' }, { 0: 'a', length: 2 }],
    [
      'a getter that returns',
      {
        get a() {
          return 1
        },
      },
      { a: 1 },
    ],
    ['a boxed string', Object('watt'), 'watt'],
    ['a boxed number', Object(7), 7],
    ['a boxed boolean', Object(false), false],
    ['a WeakMap', new WeakMap(), '[WeakMap]'],
    ['a WeakSet', new WeakSet(), '[WeakSet]'],
    ['a WeakRef', new WeakRef({}), '[WeakRef]'],
    [
      'a DataView',
      new DataView(new ArrayBuffer(2)),
      { type: 'DataView', bytes: 2, base64: 'AAA=' },
    ],
    ['an empty typed array', new Int8Array(), { type: 'Int8Array', bytes: 0, base64: '' }],
    ['toJSON with undefined', { toJSON: () => undefined }, null],
    ['toJSON that is not a function', { toJSON: 7 }, { toJSON: 7 }],
    [
      'a nested Map',
      new Map([[{ k: 1 }, new Set([1n])]]),
      {
        type: 'Map',
        entries: [[{ k: 1 }, { type: 'Set', values: ['1'] }]],
      },
    ],
    [
      'a function with a hostile name',
      Object.defineProperty(() => 1, 'name', { get: threw('x') }),
      '[Function [Threw: x]]',
    ],
    ['a class', Point, '[Function Point]'],
    [
      'a class with a static name of another type',
      class {
        static name = 7
      },
      '[Function anonymous]',
    ],
  ])('%s', (_, value, expected) => {
    expect(written(value)).toEqual(expected)
  })

  test('bytes beyond the first 256 are only counted', () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, i) => i)
    expect(written(bytes)).toEqual({
      type: 'Uint8Array',
      bytes: 1_000,
      base64: Buffer.from(bytes.subarray(0, 256)).toString('base64'),
    })
    expect(written(bytes.subarray(10, 13))).toMatchObject({ bytes: 3, base64: 'CgsM' })
  })

  test('a stack is cut after 4,096 characters', () => {
    const error = new Error('deep')
    error.stack = 'x'.repeat(10_000)
    expect((written(error) as { stack: string }).stack).toHaveLength(4_096)
    error.stack = 7 as never
    expect(written(error)).not.toHaveProperty('stack')
  })

  test('an object may appear twice, but not inside itself', () => {
    const shared = { x: 1 }
    const cyclic: unknown[] = [shared, shared]
    cyclic.push(cyclic, { deeper: cyclic })
    expect(written(cyclic)).toEqual([{ x: 1 }, { x: 1 }, '[Circular]', { deeper: '[Circular]' }])
    const self = { toJSON: () => self }
    expect(written(self)).toEqual({ toJSON: '[Function toJSON]' })
    const pair = { a: {} as object }
    pair.a = { toJSON: () => pair }
    expect(written(pair)).toEqual({ a: '[Circular]' })
    const map = new Map<string, unknown>()
    map.set('self', map)
    expect(written(map)).toEqual({ type: 'Map', entries: [['self', '[Circular]']] })
  })

  test('64 levels are written, and the rest is marked', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 'end' : [nested(levels - 1)])
    expect(JSON.stringify(written(nested(63)))).toContain('end')
    expect(JSON.stringify(written(nested(64)))).toContain('[Too deep]')
  })

  test.each<[string, object]>([
    [
      'a getter',
      {
        before: 1,
        get bad() {
          return threw('no')()
        },
        after: 2,
      },
    ],
    ['toJSON', { before: 1, bad: { toJSON: threw('no') }, after: 2 }],
    ['a proxy', { before: 1, bad: new Proxy({}, { ownKeys: threw('no') }), after: 2 }],
    [
      'a getter of an array',
      { before: 1, bad: Object.defineProperty([0], 0, { get: threw('no') }), after: 2 },
    ],
  ])('%s that throws costs only its own value', (_, metadata) => {
    const text = writeMetadata(metadata, ROOM)
    expect(JSON.parse(text)).toMatchObject({ before: 1, after: 2 })
    expect(text).toContain('[Threw: no]')
  })
})

describe('the limit', () => {
  test('cuts a string and counts the rest', () => {
    expect(written('x'.repeat(1_000), 300)).toMatch(/^x+…\[\d+ more characters\]$/)
    const text = written('x'.repeat(1_000), 300) as string
    const [, missing] = /\[(\d+) more/.exec(text) ?? []
    expect(text.indexOf('…') + Number(missing)).toBe(1_000)
  })

  test('writes a string that just fits completely', () => {
    const frame = '{"value":}'.length + 2
    expect(written('x'.repeat(256 - frame), 256)).toBe('x'.repeat(256 - frame))
  })

  test('is shared by all members, and marks what follows', () => {
    const metadata = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i]))
    const text = writeMetadata(metadata, 256)
    const data = JSON.parse(text) as Record<string, unknown>
    expect(data['…']).toBe(`…[${100 - Object.keys(data).length + 1} more]`)
    expect(text.length).toBeLessThan(300)
  })

  test('holds for any value, up to a marker for each level', () => {
    const value = fc.anything({ maxDepth: 4, withBigInt: true, withMap: true, withSet: true })
    fc.assert(
      fc.property(value, fc.integer({ min: 256, max: 600 }), (anything, maxChars) => {
        const text = writeMetadata(anything, maxChars)
        expect(JSON.parse(text)).toBeTypeOf('object')
        expect(text.length).toBeLessThan(maxChars + 64 * 40)
      }),
      { numRuns: 500 },
    )
  })
})

describe('errorMessage', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error('bad'), 'bad'],
    [
      'an error with another message',
      Object.assign(new Error('x'), { message: { a: 1 } }),
      '[object Object]',
    ],
    ['a string', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object without text', Object.create(null), 'unknown'],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('x'), 'message', { get: threw('y') }),
      'unknown',
    ],
  ])('of %s', (_, error, message) => {
    expect(errorMessage(error)).toBe(message)
  })
})
