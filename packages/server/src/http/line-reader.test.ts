import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { getJson, line, startServer } from '../testing/harness.ts'
import { LineReader } from './line-reader.ts'

function readInParts(text: string, partBytes: number, maxLineBytes = 1_000_000) {
  const reader = new LineReader(maxLineBytes)
  const bytes = Buffer.from(text)
  let accepted = ''
  let held = 0
  for (let at = 0; at < bytes.length; at += partBytes) {
    accepted += reader.push(bytes.subarray(at, at + partBytes)).bytes.toString()
    held = Math.max(held, reader.heldBytes)
  }
  accepted += reader.finish().bytes.toString()
  return { accepted, held, rejected: reader.rejected }
}

const event = (text: string) =>
  `${JSON.stringify({ event_type: text, timestamp: 1, metadata: {} })}\n`

test('reads the same lines from parts of any size', () => {
  const long = event('x'.repeat(5000))
  const tooLong = event('y'.repeat(7000))
  const text = `${event('é')}${long}\n${tooLong}nothing\n${event('last').trimEnd()}`
  const whole = readInParts(text, Infinity, 6000)
  expect(whole.accepted).toBe(`${event('é')}${long}${event('last')}`)
  expect(whole.rejected.map(({ line }) => line)).toEqual([4, 5])
  for (const partBytes of [1, 2, 7, 100, 4096]) {
    const { accepted, rejected } = readInParts(text, partBytes, 6000)
    expect([accepted, rejected], `${partBytes}`).toEqual([whole.accepted, whole.rejected])
  }
})

test('a line needs at most twice its size, in parts of any size', () => {
  for (const lineBytes of [10_000, 400_000]) {
    for (const partBytes of [1, 1000, lineBytes]) {
      const { held } = readInParts('x'.repeat(lineBytes), partBytes)
      expect(held).toBeGreaterThanOrEqual(lineBytes)
      expect(held).toBeLessThanOrEqual(2 * lineBytes)
    }
  }
  expect(readInParts('x'.repeat(50_000), 1, 10_000).held).toBeLessThanOrEqual(20_000)
})

test('a body in chunks of one byte is read in as many parts as packets', async () => {
  const server = await startServer()
  const push = vi.spyOn(LineReader.prototype, 'push')
  onTestFinished(() => push.mockRestore())
  const body = line(1).repeat(500)
  const chunks = body.replaceAll(/[^]/g, (char) => `1\r\n${char}\r\n`)
  const socket = connect(server.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const head =
    'POST /api/runs/r/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
  socket.write(`${head}${chunks}0\r\n\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toContain('200 OK')
  expect(await getJson(`${server.url}/api/runs/r`)).toMatchObject({ events: 500 })
  expect(body.length).toBeGreaterThan(30_000)
  expect(push.mock.calls.length).toBeLessThan(1000)
})
