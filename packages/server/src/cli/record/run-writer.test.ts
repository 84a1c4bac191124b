import type { RunInfo } from '@wattline/trace'
import { expect, onTestFinished, test } from 'vitest'
import { startServer, tempDir } from '../../testing/harness.ts'
import { RunWriter } from './run-writer.ts'

const encoder = new TextEncoder()
const neverStop = new AbortController().signal
const line = (number: number, pad = '') =>
  `{"event_type":"step","timestamp":${1_700_000_000 + number},"metadata":{"number":${number},"pad":"${pad}"}}\n`

function writerTo(server: { url: string }, token?: string): RunWriter {
  const writer = new RunWriter({ url: server.url, token, run: 'r', name: 'stdin' })
  onTestFinished(() => writer.close())
  return writer
}

async function textOf(server: { url: string }): Promise<string> {
  return await (await fetch(`${server.url}/api/runs/r/events.jsonl`)).text()
}

test('writes lines in order, ends the writer, and has its id in the run', async () => {
  const server = await startServer()
  const writer = writerTo(server)
  for (let number = 0; number < 100; number++) await writer.send(encoder.encode(line(number)), 1)
  await writer.send(new Uint8Array(), 0)
  await writer.end(neverStop)
  expect(await textOf(server)).toBe(Array.from({ length: 100 }, (_, n) => line(n)).join(''))
  const info = (await (await fetch(`${server.url}/api/runs/r`)).json()) as RunInfo
  expect(info).toMatchObject({ state: 'ended', lost: 0, events: 100 })
  expect(info.writers).toMatchObject([{ id: writer.writerId, name: 'stdin', state: 'closed' }])
})

test('has each line once after the server was closed and started again', async () => {
  const dir = await tempDir()
  const first = await startServer({ dir })
  const port = Number(new URL(first.url).port)
  const writer = writerTo(first)
  for (let number = 0; number < 50; number++) await writer.send(encoder.encode(line(number)), 1)
  await first.close(0)
  for (let number = 50; number < 100; number++) await writer.send(encoder.encode(line(number)), 1)
  const second = await startServer({ dir, port })
  await writer.end(neverStop)
  expect(await textOf(second)).toBe(Array.from({ length: 100 }, (_, n) => line(n)).join(''))
})

test('waits for room while the server is away instead of dropping lines', async () => {
  const writer = writerTo({ url: 'http://127.0.0.1:1' })
  const batch = encoder.encode(line(0, 'x'.repeat(1_000_000)))
  for (let sent = 0; sent < 4; sent++) await writer.send(batch, 1)
  expect(writer.hasRoom).toBe(true)
  let hasResolved = false
  const fifth = writer.send(batch, 1).then(() => (hasResolved = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect([writer.hasRoom, hasResolved]).toEqual([false, false])
  writer.close()
  await fifth
})

test('fails with the reason of a server that refuses the token', async () => {
  const server = await startServer({ token: 'a-token-of-enough-characters' })
  const writer = writerTo(server, 'another-token-of-enough-characters')
  await writer.send(encoder.encode(line(0)), 1)
  await expect(writer.end(neverStop)).rejects.toThrow(
    new RegExp(`^The server at ${server.url} refused the run: (?!the server answered).+\\.$`),
  )
  await expect(writer.send(encoder.encode(line(1)), 1)).rejects.toThrow(/refused the run/)
})

test('fails when the run is deleted', async () => {
  const server = await startServer()
  const writer = writerTo(server)
  await writer.send(encoder.encode(line(0)), 1)
  await expect.poll(() => textOf(server)).toBe(line(0))
  await fetch(`${server.url}/api/runs/r`, { method: 'DELETE' })
  await expect(writer.end(neverStop)).rejects.toThrow(/^The server stopped the run r: .*deleted/)
})

test('gives up soon after the stop when the server does not confirm', async () => {
  const writer = writerTo({ url: 'http://127.0.0.1:1' })
  await writer.send(encoder.encode(line(0)), 1)
  const stop = new AbortController()
  const ending = writer.end(stop.signal)
  stop.abort()
  await expect(ending).rejects.toThrow(
    'The server at http://127.0.0.1:1 did not confirm the last events.',
  )
})

test('costs one line that is too long for the server', async () => {
  const server = await startServer({ maxLineBytes: 2_000 })
  const writer = writerTo(server)
  const lines = [line(0), line(1, 'x'.repeat(2_000)), line(2)]
  await writer.send(encoder.encode(lines.join('')), 3)
  await writer.end(neverStop)
  const events = (await textOf(server)).trimEnd().split('\n')
  expect(events.map((text) => JSON.parse(text).event_type)).toEqual([
    'step',
    'recorder_dropped',
    'step',
  ])
})

test('replaces bytes that are not UTF-8, and keeps the lines around them', async () => {
  const server = await startServer()
  const writer = writerTo(server)
  const latin1 = Buffer.from('caf\u00e9\n', 'latin1')
  await writer.send(Buffer.concat([Buffer.from(line(0)), latin1, Buffer.from(line(1))]), 3)
  await writer.end(neverStop)
  expect(await textOf(server)).toBe(`${line(0)}caf\ufffd\n${line(1)}`)
})
