import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeMetadata } from './json-writer.ts'
import { joinIds, snapshotData, snapshotText, takeSnapshot } from './snapshot.ts'

const ROOM = 262_144

/** The metadata that a reader of the log gets. */
function read(metadata: unknown, maxChars = ROOM): unknown {
  return JSON.parse(snapshotText(takeSnapshot(metadata, maxChars)))
}

describe('metadata that JSON can represent', () => {
  it('equals JSON.stringify', () => {
    const anyJson = fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false }))
    fc.assert(
      fc.property(anyJson, (metadata) => {
        expect(read(metadata)).toEqual(JSON.parse(JSON.stringify(metadata)))
      }),
    )
  })

  it('keeps hostile keys as data', () => {
    const metadata = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "a": 3}')
    const data = read(metadata) as object
    expect(Object.keys(data)).toEqual(['__proto__', 'constructor', 'a'])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
    const flat = snapshotData(takeSnapshot(JSON.parse('{"__proto__": 1}'), ROOM))
    expect(Object.hasOwn(flat, '__proto__')).toBe(true)
  })

  it('is the same on the fast and on the general path', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (metadata) => {
        expect(JSON.parse(writeMetadata(metadata, ROOM))).toEqual(read(metadata))
      }),
    )
  })

  it('is a snapshot: later changes have no effect, flat or nested', () => {
    const flat = { tool: 'search' }
    const nested = { args: { q: ['watt'] } }
    const snapshots = [takeSnapshot(flat, ROOM), takeSnapshot(nested, ROOM)]
    flat.tool = 'changed'
    nested.args.q.push('changed')
    expect(snapshots.map(snapshotData)).toEqual([{ tool: 'search' }, { args: { q: ['watt'] } }])
  })
})

describe('metadata that JSON cannot represent', () => {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle['self'] = { inner: circle }
  const shared = { x: 1 }

  const forms: readonly [what: string, value: unknown, written: unknown][] = [
    ['BigInt', 12345678901234567890n, '12345678901234567890'],
    ['NaN', NaN, 'NaN'],
    ['Infinity', -Infinity, '-Infinity'],
    ['undefined in an array', [undefined, 1], [null, 1]],
    ['undefined in an object', { gone: undefined, kept: 1 }, { kept: 1 }],
    ['function', function search() {}, '[Function search]'],
    [
      'function without a name',
      (
        () => () =>
          1
      )(),
      '[Function anonymous]',
    ],
    ['symbol', Symbol('watt'), '[Symbol(watt)]'],
    ['cycle', circle, { name: 'circle', self: { inner: '[Circular]' } }],
    ['the same object twice', [shared, shared], [{ x: 1 }, { x: 1 }]],
    ['Date', new Date(Date.UTC(2026, 0, 2)), '2026-01-02T00:00:00.000Z'],
    ['invalid Date', new Date(NaN), 'Invalid Date'],
    ['Map', new Map<unknown, unknown>([['a', 1n]]), { type: 'Map', entries: [['a', '1']] }],
    ['Set', new Set([1, 2]), { type: 'Set', values: [1, 2] }],
    ['Buffer', Buffer.from('watt'), { type: 'Buffer', bytes: 4, base64: 'd2F0dA==' }],
    [
      'Float64Array',
      new Float64Array(2),
      { type: 'Float64Array', bytes: 16, base64: 'AAAAAAAAAAAAAAAAAAAAAA==' },
    ],
    ['ArrayBuffer', new ArrayBuffer(1), { type: 'ArrayBuffer', bytes: 1, base64: 'AA==' }],
    ['RegExp', /watt/g, '/watt/g'],
    ['URL', new URL('http://a/b'), 'http://a/b'],
    ['toJSON', { toJSON: () => ({ simple: true }) }, { simple: true }],
    ['boxed primitive', Object('watt'), 'watt'],
    ['Promise', Promise.resolve(1), '[Promise]'],
    [
      'toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
      '[Threw: no]',
    ],
    ['lone surrogate', '\ud800', '\ud800'],
    ['sparse array', Array(3), [null, null, null]],
  ]

  it.each(forms)('writes %s', (_, value, written) => {
    expect(read({ value })).toEqual(written === undefined ? {} : { value: written })
  })

  it('loses only the member whose getter throws', () => {
    const metadata = {
      before: 1,
      get bad() {
        throw new Error('not today')
      },
      after: 2,
    }
    expect(read(metadata)).toEqual({ before: 1, bad: '[Threw: not today]', after: 2 })
  })

  it('keeps name, message, stack, members and cause of an error', () => {
    const error = Object.assign(new TypeError('bad', { cause: new Error('root') }), { code: 'E1' })
    const written = read({ error }) as { error: Record<string, unknown> }
    expect(written.error).toMatchObject({ name: 'TypeError', message: 'bad', code: 'E1' })
    expect(written.error['stack']).toContain('snapshot.test')
    expect(written.error['cause']).toMatchObject({ name: 'Error', message: 'root' })
  })

  it('keeps each error of an AggregateError', () => {
    const error = new AggregateError([new Error('first'), 'second'], 'all failed')
    expect(read({ error })).toMatchObject({
      error: { message: 'all failed', errors: [{ message: 'first' }, 'second'] },
    })
  })

  it('keeps metadata that is not an object as a value', () => {
    expect(read('text')).toEqual({ value: 'text' })
    expect(read([1, 2])).toEqual({ value: [1, 2] })
    expect(read(null)).toEqual({})
    expect(read(undefined)).toEqual({})
    expect(read(new Date(0))).toEqual({ value: '1970-01-01T00:00:00.000Z' })
  })

  it('accepts a revoked proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(JSON.stringify(read({ proxy }))).toContain('Threw')
    expect(() => read(proxy)).not.toThrow()
  })
})

describe('limits', () => {
  it('cuts a string of 10 MB and counts the rest', () => {
    const { text } = read({ text: 'x'.repeat(10_000_000) }) as { text: string }
    const [, missing] = /…\[(\d+) more characters\]$/.exec(text) ?? []
    expect(text.indexOf('…') + Number(missing)).toBe(10_000_000)
    expect(text.length).toBeLessThan(ROOM + 100)
  })

  it('cuts a string by its escaped length', () => {
    const snapshot = takeSnapshot({ text: '\u0000'.repeat(300_000) }, 1_000)
    expect(snapshotText(snapshot).length).toBeLessThan(1_200)
  })

  it('cuts long arrays and objects, and counts the rest', () => {
    const { items } = read({ items: Array.from({ length: 1_000 }, () => 'item') }, 300) as {
      items: string[]
    }
    expect(items.at(-1)).toBe(`…[${1_000 - items.length + 1} more]`)
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, [i]]))
    const object = read(many, 300) as Record<string, unknown>
    expect(object['…']).toBe(`…[${1_000 - Object.keys(object).length + 1} more]`)
  })

  it('limits depth and endless arrays', () => {
    let deep: unknown = 'end'
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(JSON.stringify(read({ deep }))).toContain('[Too deep]')
    const endless = Object.assign([], { length: 4_000_000_000 })
    expect(snapshotText(takeSnapshot({ endless }, 1_000)).length).toBeLessThan(2_000)
  })

  it('writes JSON of bounded size for any value', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withObjectString: true,
    })
    fc.assert(
      fc.property(anything, fc.integer({ min: 256, max: 2_000 }), (metadata, maxChars) => {
        const text = snapshotText(takeSnapshot(metadata, maxChars))
        expect(JSON.parse(text)).toBeTypeOf('object')
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('joinIds', () => {
  it.each([
    ['nothing', undefined],
    ['flat', { tool: 'a', span_id: 'theirs' }],
    ['nested', { args: [1] }],
    ['nested with an id of its own', { args: [1], span_id: 'theirs' }],
  ])('puts ids in front of %s metadata, and they win', (_, metadata) => {
    const text = snapshotText(joinIds({ span_id: 'ours' }, takeSnapshot(metadata, ROOM)))
    expect(JSON.parse(text)).toEqual({ ...metadata, span_id: 'ours' })
    expect(text.match(/span_id/g)).toHaveLength(1)
    expect(text.startsWith('{"span_id"')).toBe(true)
  })
})
