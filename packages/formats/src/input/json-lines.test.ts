import { expect, test } from 'vitest'
import { chunksOf, utf8 } from '../testing/read-log.ts'
import { Records } from './json-lines.ts'

async function read(bytes: Uint8Array, chunkBytes: number) {
  const records: [line: number, value: unknown][] = []
  const broken: number[] = []
  const reader = new Records({
    isLines: true,
    arrays: [],
    exactNumbers: false,
    decode: utf8.decode,
    sink: {
      record: (value, line) => records.push([line, value]),
      rest: () => undefined,
      broken: (line) => broken.push(line),
    },
  })
  for await (const chunk of chunksOf(bytes, chunkBytes)) reader.push(chunk)
  return { isTorn: reader.end(), records, broken }
}

test.each([1, 5, 4096])('unusual lines in chunks of %i bytes', async (chunkBytes) => {
  const text = [
    '\uFEFF{"a":1}\r',
    '',
    '{"b":2}{"c":3} {"d":"}{"}',
    '{"broken":',
    '{"nan":NaN}',
    '[1,2]',
    '{"text":"a }{ b"}',
    '{"half":1}{"torn":',
    '{"last":1}',
  ].join('\n')
  const bytes = utf8.encode(text)
  expect(await read(bytes, chunkBytes)).toEqual({
    isTorn: false,
    records: [
      [1, { a: 1 }],
      [3, { b: 2 }],
      [3, { c: 3 }],
      [3, { d: '}{' }],
      [5, { nan: null }],
      [6, [1, 2]],
      [7, { text: 'a }{ b' }],
      [8, { half: 1 }],
      [9, { last: 1 }],
    ],
    broken: [4, 8],
  })
})

test('a torn last line is none, and bytes that are not UTF-8 cost their line', async () => {
  const bytes = Buffer.concat([
    utf8.encode('{"a":"'),
    Uint8Array.of(0xff),
    utf8.encode('"}\n{"b":2}\n{"c":'),
  ])
  expect(await read(bytes, 3)).toEqual({ isTorn: true, records: [[2, { b: 2 }]], broken: [1] })
})
