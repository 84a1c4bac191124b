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
  test('is painted in every frame while painting is fast', () => {
    const { waitMs, paintAt } = pace()
    expect(waitMs(0)).toBe(0)
    paintAt(0, 4)
    paintAt(16, 4)
    expect(waitMs(32)).toBe(0)
  })

  test('is painted for a third of the time when painting is slow', () => {
    const { waitMs, paintAt } = pace()
    paintAt(0, 20)
    paintAt(60, 20)
    expect(waitMs(110)).toBe(10)
    expect(waitMs(120)).toBe(0)
  })

  test('does not wait because of one delayed paint', () => {
    const { waitMs, paintAt } = pace()
    paintAt(0, 4)
    paintAt(16, 200)
    expect(waitMs(216)).toBe(0)
  })

  test('is painted every 100 ms at most while a log is read', () => {
    const { waitMs, paintAt } = pace(true)
    paintAt(0, 1)
    paintAt(100, 1)
    expect(waitMs(116)).toBe(84)
    expect(waitMs(200)).toBe(0)
  })

  test('is painted for a twelfth of the time when painting is slow while a log is read', () => {
    const { waitMs, paintAt } = pace(true)
    paintAt(0, 20)
    paintAt(100, 20)
    expect(waitMs(320)).toBe(20)
    expect(waitMs(340)).toBe(0)
  })
})
