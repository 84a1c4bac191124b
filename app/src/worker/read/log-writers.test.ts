import { Trace } from '@wattline/trace'
import { expect, test } from 'vitest'
import { LogWriters } from './log-writers.ts'

const told = { name: 'planner', state: 'live', clockBehindS: 3.2, duplicates: 4 } as const

test('writers are numbered as they are heard of, and what the server says of them is kept', () => {
  const writers = new LogWriters()
  expect(writers.numberOf('b')).toBe(0)
  expect(writers.note({ ...told, id: 'a', lost: 2 })).toBe(2)
  expect(writers.note({ ...told, id: 'a', lost: 5 })).toBe(3)
  expect(writers.note({ ...told, id: 'a', lost: 0 })).toBe(0)
  expect(writers.numberOf('a')).toBe(1)
  expect(writers.all.map(({ id, name }) => [id, name])).toEqual([
    ['b', ''],
    ['a', 'planner'],
  ])
  writers.clear()
  expect(writers.numberOf('a')).toBe(0)
})

test('the doubts of a writer come with its name; what nobody counted is unknown, not zero', () => {
  const trace = new Trace()
  const writers = new LogWriters()
  trace.addMalformed(0, 'not JSON', writers.numberOf('a'))
  trace.addLost(1, writers.numberOf('b'))
  writers.note({ ...told, id: 'a', lost: 0 })
  const [a, b] = writers.withQuality(trace.qualityOfWriters())
  expect(a).toMatchObject({ id: 'a', name: 'planner', malformed: 1, duplicates: 4 })
  expect(b).toMatchObject({ id: 'b', lost: 1, duplicates: undefined, clockBehindS: undefined })
})
