import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyText, quote, secondsText } from './json-text.ts'

describe('quote', () => {
  it('equals JSON.stringify for every string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        expect(quote(text)).toBe(JSON.stringify(text))
      }),
    )
    for (const text of ['\ud800', 'a\u2028b', '"', '\\', '\u0000'.repeat(60), '😀'.repeat(30)]) {
      expect(JSON.parse(quote(text))).toBe(text)
    }
  })
})

describe('keyText', () => {
  it('is correct for more keys than its cache stores', () => {
    for (let i = 0; i < 5_000; i++) expect(keyText(`k"${i}`)).toBe(`${JSON.stringify(`k"${i}`)}:`)
  })
})

describe('secondsText', () => {
  it('parses back to the same number, for any time from 2001 to 2096', () => {
    const seconds = fc.double({ min: 1_000_000_000, max: 4_000_000_000, noNaN: true })
    fc.assert(
      fc.property(seconds, (time) => {
        expect(Number(secondsText(time))).toBe(time)
      }),
      { numRuns: 2_000 },
    )
  })

  it('carries into the next second', () => {
    expect(secondsText(1_800_000_000)).toBe('1800000000.0000000')
    const almost = 1_800_000_000 - 2 ** -22
    expect(Number(secondsText(almost))).toBe(almost)
    expect(secondsText(1_000_000_000 - 2 ** -27)).toBe('1000000000.0000000')
  })
})
