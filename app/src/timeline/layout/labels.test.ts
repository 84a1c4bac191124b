import { graphemes } from '@wattline/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SyntheticTrace } from '../testing/columns.ts'
import { sceneOf } from '../testing/scene.ts'
import { BarList } from './bar-list.ts'
import { collectBars } from './collect.ts'
import { placeLabel, TextWidths } from './labels.ts'

const T0 = 1_800_000_000
/** Seven pixels for each visible code unit. */
const WIDTHS = new TextWidths((text) => text.replace(/[\u2068\u2069]/g, '').length * 7)

const LATIN = ['a', 'Z', '_', ' ', 'é', 'e\u0301', '한', '漢', '😀', '👍🏽', '👩‍👩‍👧‍👦', '🇩🇪', '1️⃣']
const RIGHT_TO_LEFT = ['ش', 'شّ', 'ب', 'ש', 'ﷺ', '\u{1E900}']
const NAME = fc
  .array(fc.constantFrom(...LATIN, ...RIGHT_TO_LEFT), { minLength: 1, maxLength: 30 })
  .map((parts) => `x${parts.join('')}x`)

function labelOf(subject: string, widthPx: number): string | undefined {
  const trace = new SyntheticTrace().add([{ kind: 'tool_call', startS: T0, endS: T0 + 2, subject }])
  const scene = sceneOf(trace, { viewport: { startS: T0, endS: T0 + 2 }, widthPx })
  const bars = new BarList()
  collectBars(scene, bars)
  return placeLabel(scene, bars, 0, WIDTHS)?.text
}

test('a label is the name, or whole graphemes of its beginning and an ellipsis', () => {
  fc.assert(
    fc.property(NAME, fc.integer({ min: 20, max: 400 }), (name, widthPx) => {
      const text = labelOf(name, widthPx)?.replace(/[\u2068\u2069]/g, '')
      if (text === undefined || text === name || text === `${name}  2 s`) return
      expect(text.endsWith('…')).toBe(true)
      const beginning = text.slice(0, -1)
      const places = [...graphemes(name)].map(({ index }) => index)
      expect(places.some((place) => name.slice(0, place).trimEnd() === beginning)).toBe(true)
    }),
  )
})

test('a name from right to left is isolated from the duration and from its ellipsis', () => {
  fc.assert(
    fc.property(NAME, fc.integer({ min: 20, max: 400 }), (name, widthPx) => {
      const text = labelOf(name, widthPx)
      if (text === undefined || text === name) return
      const hasRightToLeft = RIGHT_TO_LEFT.some((letter) => text.includes(letter))
      expect(/^\u2068[^\u2068\u2069]+\u2069(  2 s)?$/.test(text)).toBe(hasRightToLeft)
    }),
  )
})

const BLANKS = [
  ' ',
  '\t',
  '\u00A0',
  '\u2003',
  '\u3000',
  '\u3164',
  '\u2800',
  '\u200D',
  '\u00AD',
  '\uFE0F',
]

test('a bar with a blank name is labeled by its kind', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...BLANKS), { maxLength: 8 }), (parts) => {
      expect(labelOf(parts.join(''), 300)).toBe('tool call  2 s')
    }),
  )
})
