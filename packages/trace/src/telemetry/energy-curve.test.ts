import { describe, expect, test } from 'vitest'
import { EnergyCurve } from './energy-curve.ts'
import { SourceSeries } from './source-series.ts'

const _ = NaN

/** `[seconds, counter, watts]`; NaN = not available. */
type Row = readonly [timeS: number, counterJ: number, watts: number]

function curveOf(rows: readonly Row[], usesCounter = true): EnergyCurve {
  const series = new SourceSeries()
  const curve = new EnergyCurve(series)
  for (const [timeS, counterJ, watts] of rows) {
    series.add(timeS, { counterJ, watts, utilizationPct: _, temperatureC: _, memoryMb: _ })
  }
  curve.follow(series.settle(), usesCounter)
  return curve
}

const knots = ({ timeS, energyJ, count }: EnergyCurve) =>
  Array.from({ length: count }, (__, knot) => [timeS[knot], energyJ[knot]])

describe('energy', () => {
  test.each<[string, Row[], number[][]]>([
    [
      'a counter',
      [
        [0, 100, _],
        [1, 130, _],
        [2, 190, _],
      ],
      [
        [0, 0],
        [1, 30],
        [2, 90],
      ],
    ],
    [
      'power by the trapezoid rule',
      [
        [0, _, 10],
        [1, _, 20],
        [2, _, 40],
      ],
      [
        [0, 0],
        [1, 15],
        [2, 45],
      ],
    ],
    [
      'prefers the counter to power',
      [
        [0, 0, 10],
        [1, 12, 10],
        [2, 24, 10],
      ],
      [
        [0, 0],
        [1, 12],
        [2, 24],
      ],
    ],
    [
      'a missing counter between others',
      [
        [0, 0, _],
        [1, _, _],
        [2, 60, _],
      ],
      [
        [0, 0],
        [2, 60],
      ],
    ],
    [
      'power between counters is no knot',
      [
        [0, 0, 10],
        [0.1, _, 90],
        [0.2, 2, 10],
      ],
      [
        [0, 0],
        [0.2, 2],
      ],
    ],
    [
      'power after the last counter',
      [
        [0, 0, 10],
        [0.1, 1, 10],
        [0.2, _, 10],
        [0.3, _, 10],
      ],
      [
        [0, 0],
        [0.1, 1],
        [0.2, 2],
        [0.3, 3],
      ],
    ],
    [
      'a reset, replaced by power',
      [
        [0, 100, 10],
        [1, 110, 10],
        [2, 4, 10],
        [3, 14, 10],
      ],
      [
        [0, 0],
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    ],
    [
      'a reset without power',
      [
        [0, 100, _],
        [1, 110, _],
        [2, 4, _],
        [3, 14, _],
      ],
      [
        [0, 0],
        [1, 10],
        [2, 10],
        [3, 20],
      ],
    ],
    ['one sample', [[5, 100, 10]], [[5, 0]]],
    ['no usable sample', [[5, _, _]], []],
  ])('%s', (...[, rows, expected]) => {
    const curve = curveOf(rows)
    expect(knots(curve).map(([timeS, energyJ]) => [timeS, Number(energyJ!.toFixed(9))])).toEqual(
      expected,
    )
  })

  test('without its counter', () => {
    expect(
      curveOf(
        [
          [0, 5, 10],
          [1, 5, 10],
        ],
        false,
      ).totalJ,
    ).toBe(10)
  })
})

describe('breaks', () => {
  const regular = Array.from({ length: 20 }, (__, at): Row => [at / 10, at, 10])

  test('the energy in a gap of power is unknown', () => {
    const rows = regular.map(([timeS, , watts]): Row => [timeS < 1 ? timeS : timeS + 5, _, watts])
    const curve = curveOf(rows)
    expect(curve.breaks).toMatchObject([{ reason: 'gap', fromS: 0.9, untilS: 6, isKnown: false }])
    expect(curve.totalJ).toBeCloseTo(18, 9)
    expect(curve.knownS(0, 100)).toBeCloseTo(1.8, 9)
    expect(curve.knownS(2, 4)).toBe(0)
  })

  test('the energy in a gap of a counter is known', () => {
    const rows = regular.map(([timeS, counterJ]): Row => [
      timeS < 1 ? timeS : timeS + 5,
      counterJ,
      _,
    ])
    const curve = curveOf(rows)
    expect(curve.breaks).toMatchObject([{ reason: 'gap', isKnown: true }])
    expect(curve.totalJ).toBe(19)
    expect(curve.knownS(0, 100)).toBeCloseTo(6.9, 9)
  })

  test('a reset is a break', () => {
    const curve = curveOf([
      [0, 5, _],
      [1, 1, _],
      [2, 2, _],
    ])
    expect(curve.breaks).toMatchObject([{ reason: 'reset', fromS: 0, untilS: 1, isKnown: false }])
  })
})

describe('peak', () => {
  test.each<[string, Row[], number]>([
    [
      'of power',
      [
        [0, 0, 10],
        [1, 10, 80],
        [2, 20, 10],
      ],
      80,
    ],
    [
      'of a counter',
      [
        [0, 0, _],
        [1, 10, _],
        [2, 50, _],
      ],
      40,
    ],
    [
      'of a counter over 0.1 s, because it moves in steps',
      [
        [0, 0, _],
        [0.0625, 8, _],
        [0.125, 8, _],
      ],
      64,
    ],
  ])('%s', (...[, rows, peakW]) => {
    expect(curveOf(rows).peakW).toBeCloseTo(peakW, 9)
  })
})
