import { expect, test } from 'vitest'
import { inTurns } from './turns.ts'

test('visits each once and in order', async () => {
  const visited: number[] = []
  await inTurns(2500, (at) => visited.push(at))
  expect(visited).toEqual(Array.from({ length: 2500 }, (_, at) => at))
})

test('what waits has its turn before long work is done', async () => {
  const order: string[] = []
  setTimeout(() => order.push('waited'))
  await inTurns(3000, (at) => {
    if (at % 1024 !== 0) return
    order.push(`at ${at}`)
    const untilMs = performance.now() + 8
    while (performance.now() < untilMs);
  })
  expect(order).toEqual(['at 0', 'waited', 'at 1024', 'at 2048'])
})

test('what is thrown in between is heard', async () => {
  const failing = inTurns(3, (at) => {
    if (at === 1) throw new RangeError('no such span')
  })
  await expect(failing).rejects.toThrow('no such span')
})
