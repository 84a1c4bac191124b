import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashBytes, hashPlain, hashText, lastHash, type TextHash } from './hash.ts'

const encoder = new TextEncoder()
const copy = ({ high, low }: TextHash) => ({ high, low })

test('a text, its bytes and its bytes up to a quote have the same hash', () => {
  const plain = fc.string({
    unit: fc.constantFrom(' ', '!', '#', 'a', 'z', '0', '9', '-', '~', '[', ']'),
    maxLength: 40,
  })
  const behind = fc.tuple(fc.constantFrom('"', '\\', '\n', '\u007f"', 'é', ''), fc.string())
  const check = (before: string, text: string, [odd, rest]: readonly [string, string]) => {
    const bytes = encoder.encode(`${before}${text}${odd}${rest}`)
    const from = before.length
    const to = from + text.length + (odd.startsWith('\u007f') ? 1 : 0)
    const expected = copy(hashText(new TextDecoder().decode(bytes.subarray(from, to))))
    expect(copy(hashBytes(bytes, from, to))).toEqual(expected)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const end = odd === '' ? to : bytes.length
    hashText('something else')
    expect(hashPlain(bytes, view, from, end)).toBe(to)
    expect(copy(lastHash)).toEqual(expected)
  }
  fc.assert(fc.property(plain, plain, behind, check), { numRuns: 5000 })
})

test('a text ends at the first byte that is not plain, at any position', () => {
  for (let byte = 0; byte < 256; byte++) {
    const isPlain = byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c
    for (let at = 0; at < 20; at++) {
      for (const neighbor of [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f]) {
        const bytes = new Uint8Array(20).fill(neighbor)
        bytes[at] = byte
        const view = new DataView(bytes.buffer)
        expect(hashPlain(bytes, view, 0, bytes.length)).toBe(isPlain ? bytes.length : at)
      }
    }
  }
})

test('similar texts have different hashes', () => {
  const seen = new Set<string>()
  const texts = new Set<string>()
  for (let n = 0; n < 40_000; n++) {
    for (const text of [`${n}`, `call_${n}`, `span-${n}-x`, '\0'.repeat(n % 17) + String(n >> 5)]) {
      texts.add(text)
    }
  }
  for (const text of texts) {
    const { high, low } = hashText(text)
    seen.add(`${high} ${low}`)
  }
  expect(seen.size).toBe(texts.size)
})
