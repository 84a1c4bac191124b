import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { styleFor } from '../base/terminal.ts'
import { labelLines, tableLines } from './table.ts'

const PLAIN = styleFor(new PassThrough(), {})

test('aligns names to the left and numbers to the right', () => {
  const rows = [
    ['tool_call', '7'],
    ['decode', '1,024'],
  ]
  expect(tableLines(['kind', 'spans'], rows, { style: PLAIN, width: undefined })).toEqual([
    'kind       spans',
    'tool_call      7',
    'decode     1,024',
  ])
})

test('cuts names when the terminal is too narrow', () => {
  const rows = [['a_kind_with_a_long_name', '7']]
  expect(tableLines(['kind', 'spans'], rows, { style: PLAIN, width: 20 })).toEqual([
    'kind           spans',
    'a_kind_with_…      7',
  ])
})

test('aligns values behind their labels', () => {
  const rows = [
    ['cost', '$1'],
    ['per token', '3 J'],
  ] as const
  expect(labelLines(rows, PLAIN)).toEqual(['cost       $1', 'per token  3 J'])
})
