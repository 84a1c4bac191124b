import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NONE } from './columns.ts'
import { Growth } from './growth.ts'
import { HashIndex } from './hash-index.ts'

/** Numbers texts in the order of their first use, with hashes that collide often. */
class Numbering {
  readonly keys: string[] = []
  readonly #hash: (key: string) => number
  readonly #tag: (key: string) => number
  readonly #index: HashIndex

  constructor(growth: Growth, hash: (key: string) => number, tag: (key: string) => number) {
    this.#hash = hash
    this.#tag = tag
    this.#index = new HashIndex(
      growth,
      (number) => hash(this.keys[number]!),
      (number) => tag(this.keys[number]!),
    )
  }

  number(key: string): number {
    const tag = this.#tag(key)
    for (let at = this.#index.first(this.#hash(key), tag); ; at = this.#index.next(at, tag)) {
      const number = this.#index.numberAt(at)
      if (number === NONE) return this.#index.add(at, this.keys.push(key) - 1, tag)
      if (this.keys[number] === key) return number
    }
  }
}

const hashes: readonly ((key: string) => number)[] = [
  () => 0,
  () => 2 ** 32 - 1,
  (key) => Math.imul(Number(key), 0x9e3779b1) >>> 0,
  (key) => (Number(key) % 7) * 0x20000000,
]

test('a key has one number, whatever its hash and tag and however the index grows', () => {
  const keys = fc.array(fc.nat(600), { maxLength: 1500 })
  const hash = fc.constantFrom(...hashes)
  fc.assert(
    fc.property(
      keys,
      hash,
      hash,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, h, t, share) => {
        const growth = new Growth()
        growth.share = share
        const numbering = new Numbering(growth, h, t)
        const expected = new Map<string, number>()
        for (const key of all.map(String)) {
          if (!expected.has(key)) expected.set(key, expected.size)
          expect(numbering.number(key)).toBe(expected.get(key))
        }
        expect(numbering.keys).toEqual([...expected.keys()])
      },
    ),
    { numRuns: 30 },
  )
})

test('finds all keys of a large index again', () => {
  const numbering = new Numbering(new Growth(), hashes[2]!, hashes[2]!)
  for (let key = 0; key < 100_000; key++) numbering.number(String(key))
  const found = [0, 7, 50_000, 99_999].map((key) => numbering.number(String(key)))
  expect(found).toEqual([0, 7, 50_000, 99_999])
})
