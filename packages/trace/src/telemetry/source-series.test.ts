import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MeterReading } from './reading.ts'
import { SourceSeries } from './source-series.ts'

const NOTHING: MeterReading = {
  counterJ: NaN,
  watts: NaN,
  utilizationPct: NaN,
  temperatureC: NaN,
  memoryMb: NaN,
}

function seriesOf(rows: readonly (readonly [timeS: number, watts: number])[]): SourceSeries {
  const series = new SourceSeries()
  for (const [timeS, watts] of rows) series.add(timeS, { ...NOTHING, watts })
  return series
}

const rowsOf = ({ timeS, watts, count }: SourceSeries) =>
  Array.from({ length: count }, (_, row) => [timeS[row], watts[row]])

describe('settling', () => {
  test('moves nothing if samples arrive in order', () => {
    const series = seriesOf([
      [1, 10],
      [2, 20],
    ])
    expect(series.settle()).toBe(0)
    series.add(3, { ...NOTHING, watts: 30 })
    expect(series.settle()).toBe(2)
    expect(series.settle()).toBe(3)
    expect(series).toMatchObject({ late: 0, duplicates: 0 })
  })

  test('sorts a late sample and returns its row', () => {
    const series = seriesOf([
      [1, 10],
      [2, 20],
      [4, 40],
    ])
    series.settle()
    series.add(3, { ...NOTHING, watts: 30 })
    expect(series.settle()).toBe(2)
    expect(rowsOf(series).flat()).toEqual([1, 10, 2, 20, 3, 30, 4, 40])
    expect(series.late).toBe(1)
  })

  test('merges samples of equal time: the first wins, others add missing values', () => {
    const series = seriesOf([
      [1, 10],
      [1, 99],
    ])
    series.add(1, { ...NOTHING, counterJ: 7 })
    series.settle()
    expect([...rowsOf(series)]).toEqual([[1, 10]])
    expect(series.counterJ[0]).toBe(7)
    expect(series.duplicates).toBe(2)
  })
})

test('the usual interval is the median, for any order of arrival', () => {
  const rows = [0, 0.05, 0.1, 0.15, 0.2, 9, 9.05, 9.1].map((timeS) => [timeS, 1] as const)
  const inOrder = seriesOf(rows)
  inOrder.settle()
  expect(inOrder.intervalS).toBeCloseTo(0.05, 2)
  const reversed = seriesOf(rows.toReversed())
  reversed.settle()
  expect(reversed.intervalS).toBe(inOrder.intervalS)
})

test('any order and any settling give the same rows', () => {
  const samples = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 9 })),
  )
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 5 }), (rows, every) => {
      // Of two samples at one time the first wins, so each time has only one value here.
      const distinct = rows.map(([timeS]) => [timeS, timeS * 3] as const)
      const once = seriesOf(distinct)
      once.settle()
      const often = new SourceSeries()
      distinct.forEach(([timeS, watts], at) => {
        often.add(timeS, { ...NOTHING, watts })
        if (at % every === 0) often.settle()
      })
      often.settle()
      const expected = [...new Map(distinct)].sort(([a], [b]) => a - b)
      expect(rowsOf(once)).toEqual(expected)
      expect(rowsOf(often)).toEqual(expected)
      expect(often.intervalS).toBe(once.intervalS)
      expect(often.duplicates).toBe(once.duplicates)
    }),
  )
})
