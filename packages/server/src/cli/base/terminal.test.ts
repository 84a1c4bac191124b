import { expect, test } from 'vitest'
import { cells, fit, padStart } from './terminal.ts'

test('width is counted in what the eye sees', () => {
  expect(cells('\u001B[31mred\u001B[39m')).toBe(3)
  expect(cells('日本')).toBe(4)
  expect(cells('e\u0301')).toBe(1)
  expect(fit('日本語', 5)).toBe('日本…')
  expect(fit('plain', 5)).toBe('plain')
  expect(padStart('日', 4)).toBe('  日')
})
