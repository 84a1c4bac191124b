import { expect, test } from 'vitest'
import { counted } from './counted.ts'

test('one of a thing is not several', () => {
  expect([0, 1, 2, 1204].map((count) => counted(count, 'span'))).toEqual([
    '0 spans',
    '1 span',
    '2 spans',
    '1,204 spans',
  ])
})
