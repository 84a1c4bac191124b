import { expect, test } from 'vitest'
import { firstTimeS, WriterClocks } from './writer-clock.ts'

const lines = (...timesS: number[]) =>
  Buffer.from(timesS.map((t) => `{"event_type":"x","timestamp":${t},"metadata":{}}\n`).join(''))

test('estimates the offset from the last line', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [lines(50), lines(60, 70)], 100)).toBe(30)
  expect(clocks.update(1, [lines(3700)], 100)).toBe(-3600)
})

test('samples every two seconds and keeps the smallest offset', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [lines(60)], 100)).toBe(40)
  expect(clocks.update(0, [lines(101)], 101)).toBeUndefined()
  expect(clocks.update(0, [lines(103)], 103)).toBe(0)
  expect(clocks.update(0, [lines(100)], 106)).toBeUndefined()
})

test('accepts a larger offset after 30 seconds', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [lines(100)], 100)).toBe(0)
  expect(clocks.update(0, [lines(20)], 120)).toBeUndefined()
  expect(clocks.update(0, [lines(35)], 135)).toBe(100)
})

test('ignores lines without a time', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [Buffer.from('nonsense\n')], 100)).toBeUndefined()
  expect(clocks.update(0, [], 100)).toBeUndefined()
  expect(firstTimeS([])).toBeUndefined()
  expect(firstTimeS([lines(1, 2)])).toBe(1)
})

test('ignores one line that is ahead of the other lines of its writer', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [lines(100)], 100)).toBe(0)
  expect(clocks.update(0, [lines(86_500)], 103)).toBeUndefined()
  expect(clocks.update(0, [lines(106)], 106)).toBeUndefined()
  expect(clocks.update(1, [lines(86_500)], 100)).toBe(-86_400)
  expect(clocks.update(1, [lines(103)], 103)).toBe(0)
})

test('follows a clock that was set ahead, once a second line confirms it', () => {
  const clocks = new WriterClocks()
  expect(clocks.update(0, [lines(100)], 100)).toBe(0)
  expect(clocks.update(0, [lines(3703)], 103)).toBeUndefined()
  expect(clocks.update(0, [lines(3706)], 106)).toBe(-3600)
})
