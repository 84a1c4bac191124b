import { describe, expect, test } from 'vitest'
import { createPaintPace } from './paint-pace.ts'

/** A pace on a clock of its own, and a way to paint for so long. */
function pace(isReading = false) {
  let nowMs = 0
  const made = createPaintPace(
    () => nowMs,
    () => isReading,
  )
  const paintAt = (atMs: number, tookMs: number): void => {
    nowMs = atMs
    made.run(atMs, () => void (nowMs += tookMs))
  }
  return { isDue: (atMs: number): boolean => made.isDue(atMs), paintAt }
}

describe('a picture that moves by itself', () => {
  test('is painted in every frame as long as that takes little', () => {
    const { isDue, paintAt } = pace()
    expect(isDue(0)).toBe(true)
    paintAt(0, 4)
    paintAt(16, 4)
    expect(isDue(32)).toBe(true)
  })

  test('gets a third of the time where it takes long', () => {
    const { isDue, paintAt } = pace()
    paintAt(0, 20)
    paintAt(60, 20)
    expect(isDue(110)).toBe(false)
    expect(isDue(120)).toBe(true)
  })

  test('does not wait because one picture was held up', () => {
    const { isDue, paintAt } = pace()
    paintAt(0, 4)
    paintAt(16, 200)
    expect(isDue(216)).toBe(true)
  })

  test('gets a twelfth while a log is read', () => {
    const { isDue, paintAt } = pace(true)
    paintAt(0, 20)
    paintAt(100, 20)
    expect(isDue(320)).toBe(false)
    expect(isDue(340)).toBe(true)
  })
})
