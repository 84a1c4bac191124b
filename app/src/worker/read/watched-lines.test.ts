// @vitest-environment node
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LinePosition } from '@wattline/trace'
import { WatchedLines } from './watched-lines.ts'

const utf8 = {
  encode: (text: string) => new TextEncoder().encode(text),
  decoder: new TextDecoder(),
}
const FIRST_CURSOR = 700

/** The log of a server, sent in frames and fetched from a cursor. */
function watched(budgetBytes: number) {
  let log = new Uint8Array(0)
  const asked: number[] = []
  const server = {
    from(cursor: number) {
      const bytes = log.slice(cursor - FIRST_CURSOR)
      return Promise.resolve(
        new ReadableStream<Uint8Array>({
          start(controller) {
            // Chunks that ignore line ends.
            for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7))
            controller.close()
          },
        }),
      )
    },
    at({ cursor, offset }: LinePosition, count: number) {
      asked.push(cursor)
      const rest = utf8.decoder.decode(log.slice(cursor + offset - FIRST_CURSOR))
      const first = rest.split('\n').slice(0, Math.min(count, 3))
      return Promise.resolve(utf8.encode(`${first.join('\n')}\n`))
    },
  }
  const lines = new WatchedLines(server, budgetBytes)
  const send = (text: string): void => {
    const bytes = utf8.encode(text)
    lines.add(log.length, FIRST_CURSOR + log.length, bytes)
    log = Uint8Array.from([...log, ...bytes])
  }
  return { lines, send, asked, text: () => utf8.decoder.decode(log) }
}

async function textOf(lines: WatchedLines): Promise<string> {
  const parts: string[] = []
  for await (const chunk of lines.all()) parts.push(utf8.decoder.decode(chunk))
  return parts.join('')
}

test('keeps the last frames and fetches older ones by their cursor', async () => {
  const { lines, send, asked } = watched(16)
  send('old 0\nold 1\n')
  send('new 0\nnew 1\n')
  expect(utf8.decoder.decode(await lines.read(18))).toBe('new 1')
  expect(asked).toEqual([])
  expect(utf8.decoder.decode(await lines.read(6))).toBe('old 1')
  expect(asked).toEqual([FIRST_CURSOR])
  await lines.read(6)
  expect(asked).toHaveLength(1)
  await expect(lines.read(99)).rejects.toThrow('no line at 99')
})

test('reads every line and the whole log, for any frames and any memory limit', async () => {
  const frame = fc.array(fc.stringMatching(/^[a-z]{0,5}$/), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 20 }), fc.nat(60), async (frames, budget) => {
      const { lines, send, text } = watched(budget)
      for (const of of frames) send(of.map((line) => `${line}\n`).join(''))
      let position = 0
      for (const line of frames.flat()) {
        expect(utf8.decoder.decode(await lines.read(position))).toBe(line)
        position += line.length + 1
      }
      expect(await textOf(lines)).toBe(text())
    }),
  )
})

test('reads each line once, also if frames are dropped while the whole log is read', async () => {
  const { lines, send, text } = watched(20)
  for (let at = 0; at < 4; at++) send(`a${at}\n`)
  const parts: string[] = []
  for await (const chunk of lines.all()) {
    parts.push(utf8.decoder.decode(chunk))
    if (parts.length === 2) for (let at = 0; at < 9; at++) send(`later ${at}\n`)
  }
  expect(parts.join('')).toBe(text())
})

test('stores a log of very many frames in few pieces', () => {
  const { lines } = watched(1000)
  for (let at = 0; at < 20_000; at++) lines.add(at * 100, at * 100, new Uint8Array(100))
  expect(lines.pieces).toBeLessThan(50)
})
