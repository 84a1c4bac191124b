import { expect, test } from 'vitest'
import { tableLines } from './table.ts'
import { cells, fit, padStart } from '../terminal.ts'

const COLUMNS = [
  { title: 'kind', align: 'left', shrinks: true },
  { title: 'spans', align: 'right' },
] as const

test('text stands left, figures right', () => {
  const rows = [
    ['tool_call', '7'],
    ['decode', '1,024'],
  ]
  expect(tableLines(COLUMNS, rows, undefined)).toEqual([
    'kind       spans',
    'tool_call      7',
    'decode     1,024',
  ])
})

test('one column gives way on a narrow terminal', () => {
  const rows = [['a_kind_with_a_long_name', '7']]
  expect(tableLines(COLUMNS, rows, 20)).toEqual(['kind           spans', 'a_kind_with_…      7'])
})

test('width is counted in what the eye sees', () => {
  expect(cells('\u001B[31mred\u001B[39m')).toBe(3)
  expect(cells('日本')).toBe(4)
  expect(cells('e\u0301')).toBe(1)
  expect(fit('日本語', 5)).toBe('日本…')
  expect(fit('plain', 5)).toBe('plain')
  expect(padStart('日', 4)).toBe('  日')
})
