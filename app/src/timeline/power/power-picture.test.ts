import { expect, test } from 'vitest'
import type { PowerAnswer } from '../../model/answers.ts'
import { powerPicture, readingAt, scaleTopW } from './power-picture.ts'

/** Sources by their mean watts per second; `_` is unknown. */
function powerOf(...sources: readonly (readonly (number | undefined)[])[]): PowerAnswer {
  const column = (watts: readonly (number | undefined)[], factor: number) =>
    Float32Array.from(watts, (value) => (value === undefined ? NaN : value * factor))
  return {
    startS: 100,
    endS: 100 + (sources[0]?.length ?? 0),
    sources: sources.map((watts, at) => ({
      name: `gpu${at}`,
      meanW: column(watts, 1),
      lowestW: column(watts, 0.5),
      highestW: column(watts, 2),
      utilizationPct: column(watts, 0.25),
    })),
  }
}

const _ = undefined

test('draws known parts in pieces, with gaps between them', () => {
  const { pieces, utilization } = powerPicture(powerOf([10, 20, _, _, 40]))
  expect(pieces.map((piece) => piece.map(({ part }) => part))).toEqual([[0, 1], [4]])
  expect(utilization.map((piece) => piece.map(({ pct }) => pct))).toEqual([[2.5, 5], [10]])
})

test('stacks the sources; an unknown one adds nothing to the band', () => {
  const { pieces } = powerPicture(powerOf([10, 20], [30, _]))
  expect(pieces[0]?.map(({ lowestW, highestW }) => [lowestW, highestW])).toEqual([
    [20, 80],
    [10, 40],
  ])
  expect(pieces[0]?.[1]?.watts).toEqual([20, NaN])
})

test('reads each source and their sum at a time, or that they are unknown', () => {
  const power = powerOf([10, _, 20], [30, _, _])
  expect(readingAt(power, 100.5)).toEqual({ watts: [10, 30], totalW: 40, utilizationPct: 5 })
  expect(readingAt(power, 101.5)).toEqual({
    watts: [NaN, NaN],
    totalW: undefined,
    utilizationPct: undefined,
  })
  expect(readingAt(power, 102)?.totalW).toBe(20)
  expect([99, 103].map((timeS) => readingAt(power, timeS))).toEqual([undefined, undefined])
})

test('the scale ends at a round number above the sum of the peaks', () => {
  expect([[], [0.2], [1], [207, 101], [499], [950, 40]].map(scaleTopW)).toEqual([
    1, 1, 1, 400, 500, 1000,
  ])
})
