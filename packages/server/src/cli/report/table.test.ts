import { expect, test } from 'vitest'
import { tableLines } from './table.ts'

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
