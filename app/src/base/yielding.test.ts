import { expect, test } from 'vitest'
import { forEachYielding } from './yielding.ts'

test('visits each item once, in order', async () => {
  const visited: number[] = []
  await forEachYielding(2500, (at) => visited.push(at))
  expect(visited).toEqual(Array.from({ length: 2500 }, (_, at) => at))
})

test('lets a waiting event run before long work is done', async () => {
  const order: string[] = []
  setTimeout(() => order.push('event'))
  await forEachYielding(3000, (at) => {
    if (at % 1024 !== 0) return
    order.push(`at ${at}`)
    const untilMs = performance.now() + 8
    while (performance.now() < untilMs);
  })
  expect(order).toEqual(['at 0', 'event', 'at 1024', 'at 2048'])
})

test('rejects with an error that a visit throws', async () => {
  const failing = forEachYielding(3, (at) => {
    if (at === 1) throw new RangeError('no such span')
  })
  await expect(failing).rejects.toThrow('no such span')
})
