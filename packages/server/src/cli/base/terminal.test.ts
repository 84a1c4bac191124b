import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { cells, fit, padStart, styleFor } from './terminal.ts'

const terminal = Object.assign(new PassThrough(), { isTTY: true })
const pipe = new PassThrough()

test.each([
  ['a terminal', terminal, {}, true],
  ['a pipe', pipe, {}, false],
  ['a terminal with NO_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
  ['a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ['a pipe with FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
])('colors text for %s: %#', (_name, out, env, isColored) => {
  expect(styleFor(out, env).red('x')).toBe(isColored ? '\u001B[31mx\u001B[39m' : 'x')
})

test('counts cells as a terminal does', () => {
  expect(cells('\u001B[31mred\u001B[39m')).toBe(3)
  expect(cells('日本')).toBe(4)
  expect(cells('e\u0301')).toBe(1)
  expect(fit('日本語', 5)).toBe('日本…')
  expect(fit('plain', 5)).toBe('plain')
  expect(padStart('日', 4)).toBe('  日')
})
