import { expect, test } from 'vitest'
import { showHidden, showHiddenInLine } from './hidden-characters.ts'

test.each([
  ['plain text, ä 漢 🙂', 'plain text, ä 漢 🙂'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['a\u0000b\u001b[31m\u007f', 'a␀b␛[31m␡'],
  ['user\u202egpj.exe', 'user⟨U+202E⟩gpj.exe'],
  ['zero\u200bwidth\u2060\ufeff', 'zero⟨U+200B⟩width⟨U+2060⟩⟨U+FEFF⟩'],
  ['\u0085\u061c\u2028', '⟨U+0085⟩⟨U+061C⟩⟨U+2028⟩'],
  ['half a pair \ud83d', 'half a pair ⟨U+D83D⟩'],
  ['👩\u200d💻', '👩\u200d💻'],
])('shows %j as %j', (text, shown) => {
  expect(showHidden(text)).toBe(shown)
})

test('shows tabs and line feeds in text that must stay on one line', () => {
  expect(showHiddenInLine('a\tb\nc\u001B[2J\u009B')).toBe('a␉b␊c␛[2J⟨U+009B⟩')
})
