import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunksOf, utf8 } from '../testing/read-log.ts'
import { JsonValues } from './json-values.ts'

interface Split {
  readonly values: unknown[]
  readonly elements: unknown[]
  readonly rests: unknown[]
  readonly broken: number
  readonly isTorn: boolean
}

async function split(text: string, chunkBytes: number, arrays: string[] = []): Promise<Split> {
  const values: unknown[] = []
  const elements: unknown[] = []
  const rests: unknown[] = []
  let broken = 0
  const splitter = new JsonValues({
    arrays,
    maxBytes: 10_000,
    sink: {
      value: (bytes, _, array) =>
        (array === undefined ? values : elements).push(JSON.parse(utf8.decode(bytes))),
      rest: (bytes, _, isWhole) => isWhole && rests.push(JSON.parse(utf8.decode(bytes))),
      broken: () => broken++,
    },
  })
  for await (const chunk of chunksOf(utf8.encode(text), chunkBytes)) splitter.push(chunk)
  return { values, elements, rests, broken, isTorn: splitter.end() }
}

const json = fc.jsonValue({ maxDepth: 4 })
const object = fc.dictionary(fc.string(), json)
const layout = fc.constantFrom(undefined, 1, '\t')
const chunkBytes = fc.integer({ min: 1, max: 40 })

test('values in any layout and in chunks of any size are those that were written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(object), layout, chunkBytes, async (written, space, bytes) => {
      const text = written.map((value) => JSON.stringify(value, null, space)).join('\n')
      const { values, isTorn } = await split(text, bytes)
      expect({ values, isTorn }).toEqual({
        values: JSON.parse(JSON.stringify(written)),
        isTorn: false,
      })
    }),
  )
})

test('the elements of an array at the top are values, also without its end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(object),
      layout,
      chunkBytes,
      fc.boolean(),
      async (written, space, bytes, isCut) => {
        const text = JSON.stringify(written, null, space)
        const { values, broken } = await split(isCut ? text.slice(0, -1) : text, bytes)
        expect({ values, broken }).toEqual({
          values: JSON.parse(JSON.stringify(written)),
          broken: 0,
        })
      },
    ),
  )
})

test('the elements of named arrays are values of their own at any depth', async () => {
  const items = fc.array(json, { maxLength: 5 })
  const document = fc.record({ before: json, inner: fc.record({ items, more: json }), after: json })
  await fc.assert(
    fc.asyncProperty(document, layout, chunkBytes, async (written, space, bytes) => {
      // Elsewhere the name would be an array of its own.
      fc.pre(!JSON.stringify({ ...written, inner: written.inner.more }).includes('"items":['))
      const inItems = JSON.stringify(written.inner.items)
      const { elements, rests } = await split(JSON.stringify(written, null, space), bytes, [
        'items',
      ])
      expect(elements).toEqual(JSON.parse(inItems))
      const { inner } = written
      expect(rests).toEqual([
        JSON.parse(JSON.stringify({ ...written, inner: { ...inner, items: [] } })),
      ])
    }),
  )
})

test('a value that is too long, or has a newline in a text, costs only itself', async () => {
  const long = JSON.stringify({ text: 'x'.repeat(10_000) })
  expect(await split(`{"a":1}${long}{"b":2}`, 999)).toMatchObject({
    values: [{ a: 1 }, { b: 2 }],
    broken: 1,
  })
  expect(await split('{"a":"torn\n{"b":2}\n', 7)).toMatchObject({ values: [{ b: 2 }], broken: 1 })
})
