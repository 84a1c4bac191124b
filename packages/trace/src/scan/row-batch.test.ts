import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Interner } from '../row/interner.ts'
import { RowReader } from './row-reader.ts'
import { RowBatchReader, RowBatchWriter } from './row-batch.ts'
import { anyLog, EXTRA_KEYS, cut } from '../testing/arbitrary-lines.ts'
import { recordingSink } from '../testing/rows.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => utf8.decode(bytes)
const encoder = new TextEncoder()

test('passes a log through batches, wherever they are cut', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 6 })
  const key = fc.constantFrom(undefined, ...EXTRA_KEYS, 'status')
  fc.assert(
    fc.property(anyLog, cuts, key, fc.constantFrom(0, 5e9), (bytes, at, extraKey, position) => {
      const begin = (texts: Interner) => {
        const reader = new RowReader({ decode, texts, startPosition: position })
        reader.setExtraKey(extraKey)
        return reader
      }
      const texts = new Interner()
      const direct = recordingSink(texts)
      const reader = begin(texts)
      const own = new Interner()
      const helper = begin(own)
      const writer = new RowBatchWriter(own)
      writer.begin(position)
      // The two sides number texts differently.
      const theirs = new Interner()
      theirs.id('a text that was there before')
      const out = recordingSink(theirs)
      const batches = new RowBatchReader(theirs)
      for (const piece of cut(bytes, at)) {
        reader.push(piece, direct.sink)
        helper.push(piece, writer)
        const batch = structuredClone(writer.take())
        batches.read(batch, out.sink)
        writer.giveBack({ words: batch.words.fill(-9), numbers: batch.numbers.fill(NaN) })
      }
      expect(out.seen).toEqual(direct.seen)
    }),
    { numRuns: 1000 },
  )
})

test('a batch grows as needed, and line numbers continue from the lines before', () => {
  const own = new Interner()
  const helper = new RowReader({ decode, texts: own })
  const writer = new RowBatchWriter(own)
  const line = (n: number) =>
    `{"event_type":"x_start","timestamp":${n},"metadata":{"span_id":"s${n}","prompt_tokens":${n}}}\n`
  const count = 5000
  const text = Array.from({ length: count }, (_, n) => line(n)).join('')
  helper.push(encoder.encode(`${text}no json\n`), writer)
  const texts = new Interner()
  const { seen, sink } = recordingSink(texts)
  new RowBatchReader(texts).read(writer.take(), sink, 100)
  expect(seen).toHaveLength(count + 1)
  expect(seen[count - 1]).toMatchObject([
    'event',
    { timeS: count - 1, figures: expect.arrayContaining([count - 1]) },
    text.lastIndexOf('{"event_type"'),
    100 + count,
  ])
  expect(seen[count]).toMatchObject(['malformed', expect.any(String), text.length, 101 + count])
})
