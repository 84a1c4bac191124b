import { Trace } from '@wattline/trace'
import { expect, test } from 'vitest'
import { LogWriters } from './log-writers.ts'

const writer = { name: 'planner', state: 'live', clockBehindS: 3.2, duplicates: 4 } as const

test('numbers writers in the order in which they occur, and keeps the data of the server', () => {
  const writers = new LogWriters()
  expect(writers.numberOf('b')).toBe(0)
  expect(writers.update({ ...writer, id: 'a', lost: 2 })).toBe(2)
  expect(writers.update({ ...writer, id: 'a', lost: 5 })).toBe(3)
  expect(writers.update({ ...writer, id: 'a', lost: 0 })).toBe(0)
  expect(writers.numberOf('a')).toBe(1)
  expect(writers.all.map(({ id, name }) => [id, name])).toEqual([
    ['b', ''],
    ['a', 'planner'],
  ])
})

test('adds name and duplicates to the quality of a writer; values that are not counted are unknown', () => {
  const trace = new Trace()
  const writers = new LogWriters()
  trace.addMalformed(writers.numberOf('a'))
  trace.addLost(1, writers.numberOf('b'))
  writers.update({ ...writer, id: 'a', lost: 0 })
  const [a, b] = writers.withQuality(trace.qualityOfWriters())
  expect(a).toMatchObject({ id: 'a', name: 'planner', malformed: 1, duplicates: 4 })
  expect(b).toMatchObject({ id: 'b', lost: 1, duplicates: undefined, clockBehindS: undefined })
})
