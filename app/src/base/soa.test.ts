import { expect, test } from 'vitest'
import { growColumns } from './soa.ts'

test('lengthens every typed array and keeps its values and type', () => {
  const soa = {
    count: 2,
    slot: Int32Array.of(7, 8),
    // Two entries per record.
    times: Float64Array.of(0.5, 1, 2, 3),
  }
  growColumns(soa, 2, 3)
  expect(soa).toEqual({
    count: 2,
    slot: Int32Array.of(7, 8, 0),
    times: Float64Array.of(0.5, 1, 2, 3, 0, 0),
  })
})
