import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutText, graphemes, wholeBefore } from './graphemes.ts'
import { excerpt } from './excerpt.ts'

/** One grapheme each, of up to 11 code units. */
const GRAPHEME = fc.constantFrom(...'a é é नि 한 각 漢 ש شّ 😀 👍🏽 👩‍👩‍👧‍👦 🇩🇪 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿'.split(' '), ' ')
const TEXT = fc.array(GRAPHEME, { maxLength: 80 })

/** The lengths of the beginnings of `text` that end between two graphemes. */
function places(text: string): number[] {
  return [...graphemes(text)].map(({ index }) => index).concat(text.length)
}

test('a text is cut at the last place between graphemes', () => {
  fc.assert(
    fc.property(TEXT, fc.integer({ min: -1, max: 300 }), (parts, index) => {
      const text = parts.join('')
      const cut = wholeBefore(text, index)
      expect(cut).toBe(places(text).findLast((place) => place <= Math.max(index, 0)) ?? 0)
    }),
  )
})

test('a cut text is whole graphemes and an ellipsis, and never longer than asked', () => {
  fc.assert(
    fc.property(TEXT, fc.integer({ min: 1, max: 200 }), (parts, mostChars) => {
      const text = parts.join('')
      for (const cut of [cutText(text, mostChars), excerpt(text)]) {
        if (cut === text) continue
        expect(cut.endsWith('…')).toBe(true)
        expect(places(text)).toContain(cut.length - 1)
        expect(text.startsWith(cut.slice(0, -1))).toBe(true)
      }
      expect(cutText(text, mostChars).length).toBeLessThanOrEqual(Math.max(mostChars, 1))
    }),
  )
})
