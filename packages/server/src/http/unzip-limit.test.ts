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

test('limits the time of the work by the size of what was received', () => {
  let nowMs = 0
  const limit = new UnzipLimit(() => nowMs)
  const work = (ms: number, receivedBytes: number) => limit.work(receivedBytes, () => (nowMs += ms))
  work(1900, 10)
  nowMs += 1e6
  work(100, 10)
  work(900, 1024 * 1024)
  expect(() => work(200, 1024 * 1024)).toThrow('send it without gzip')
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
