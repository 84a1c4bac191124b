import { expect, test } from 'vitest'
import { limit } from './limit.ts'

test('runs all tasks, at most the given number at a time, also after failures', async () => {
  const limited = limit(3)
  let running = 0
  let most = 0
  const task = async (n: number) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    if (n % 4 === 0) throw new Error(`task ${n}`)
    return n
  }
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => limited(() => task(n))),
  )
  expect(most).toBe(3)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(15)
  expect(running).toBe(0)
})
