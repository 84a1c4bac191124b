import { describe, expect, test } from 'vitest'
import { createPaintBudget } from './paint-budget.ts'

/** A pace on a clock of its own, and a way to paint for so long. */
function pace(isReading = false) {
  let nowMs = 0
  const made = createPaintBudget(
    () => nowMs,
    () => isReading,
  )
  const paintAt = (atMs: number, tookMs: number): void => {
    nowMs = atMs
    made.run(atMs, () => void (nowMs += tookMs))
  }
  return { waitMs: (atMs: number): number => made.waitMs(atMs), paintAt }
}

describe('a picture that moves by itself', () => {
  test('is painted in every frame as long as that takes little', () => {
    const { waitMs, paintAt } = pace()
    expect(waitMs(0)).toBe(0)
    paintAt(0, 4)
    paintAt(16, 4)
    expect(waitMs(32)).toBe(0)
  })

  test('gets a third of the time where it takes long', () => {
    const { waitMs, paintAt } = pace()
    paintAt(0, 20)
    paintAt(60, 20)
    expect(waitMs(110)).toBe(10)
    expect(waitMs(120)).toBe(0)
  })

  test('does not wait because one picture was held up', () => {
    const { waitMs, paintAt } = pace()
    paintAt(0, 4)
    paintAt(16, 200)
    expect(waitMs(216)).toBe(0)
  })

  test('waits for what is read next, however little it takes', () => {
    const { waitMs, paintAt } = pace(true)
    paintAt(0, 1)
    paintAt(100, 1)
    expect(waitMs(116)).toBe(84)
    expect(waitMs(200)).toBe(0)
  })

  test('gets a twelfth while a log is read', () => {
    const { waitMs, paintAt } = pace(true)
    paintAt(0, 20)
    paintAt(100, 20)
    expect(waitMs(320)).toBe(20)
    expect(waitMs(340)).toBe(0)
  })
})
