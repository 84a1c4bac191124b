import { expect, test } from 'vitest'
import { visible } from './visible.ts'

test.each([
  ['plain text, ä 漢 🙂', 'plain text, ä 漢 🙂'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['a\u0000b\u001b[31m', 'a␀b␛[31m'],
  ['user\u202egpj.exe', 'user⟨U+202E⟩gpj.exe'],
  ['zero\u200bwidth\ufeff', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
  ['\u0085', '⟨U+0085⟩'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown)
})
