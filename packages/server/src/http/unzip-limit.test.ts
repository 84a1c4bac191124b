import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { getJson, lines, startServer } from '../testing/harness.ts'
import { UnzipLimit } from './unzip-limit.ts'

test('limits the size of what is unzipped by the size of what was received', () => {
  const limit = new UnzipLimit()
  const mebibyte = 1024 * 1024
  limit.unzipped(mebibyte, 10)
  expect(() => limit.unzipped(mebibyte, 10)).toThrow('at most 100 times its size')
  const large = new UnzipLimit()
  for (let part = 1; part <= 100; part++) large.unzipped(mebibyte, part * 20_000)
})

test('limits the time of reading by the size of what was received', async () => {
  let nowMs = 0
  const limit = new UnzipLimit(() => nowMs)
  const part = Buffer.alloc(10)
  const read = (ms: number, receivedBytes: number) =>
    limit.inSlices(part, receivedBytes, () => (nowMs += ms))
  await read(1900, 10)
  nowMs += 1e6
  await read(100, 10)
  await read(900, 1024 * 1024)
  await expect(read(200, 1024 * 1024)).rejects.toThrow('send it without gzip')
})

test('other work of the event loop goes on between slices, also of many bodies', async () => {
  let nowMs = 0
  const order: string[] = []
  const part = Buffer.alloc(10 * 2048)
  const bodies = ['a', 'b', 'c'].map((name) =>
    new UnzipLimit(() => nowMs).inSlices(part, 1, (slice) => {
      order.push(`${name} ${slice.length}`)
      nowMs += 3
    }),
  )
  let isDone = false
  const others = (): void => {
    order.push('others')
    if (!isDone) setImmediate(others)
  }
  setImmediate(others)
  await Promise.all(bodies)
  isDone = true
  let most = 0
  let inTurn = 0
  for (const each of order) {
    inTurn = each === 'others' ? 0 : inTurn + 1
    most = Math.max(most, inTurn)
  }
  expect(order.filter((each) => each.endsWith('2048'))).toHaveLength(30)
  // Two slices of 3 ms are a turn. The end of one body and the start of the next share one.
  expect(most).toBeLessThanOrEqual(4)
})

test.each([
  ['blank lines', '\n'],
  ['lines that are rejected', '{\n'],
  ['one line', 'a'],
])('refuses a gzipped body of many %s with 413', async (_, text) => {
  const server = await startServer()
  const headers = { 'content-encoding': 'gzip' }
  const url = `${server.url}/api/runs/r/events`
  const bomb = gzipSync(text.repeat(20_000_000 / text.length))
  const refused = await fetch(url, { method: 'POST', headers, body: bomb })
  expect(refused.status).toBe(413)
  expect(await refused.json()).toEqual({ error: expect.stringContaining('send it without gzip') })
  const log = gzipSync(lines(1, 20_000))
  expect((await fetch(url, { method: 'POST', headers, body: log })).status).toBe(200)
  expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 20_000 })
})
