import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineBytes } from './line-bytes.ts'

const utf8 = new TextEncoder()

interface Read {
  readonly position: number
  readonly text: string
}

async function read(file: Blob, from: number, to: number): Promise<Read | undefined> {
  const parts: { position: number; text: string }[] = []
  for await (const { position, bytes } of lineBytes(file, from, to)) {
    parts.push({ position, text: new TextDecoder().decode(bytes) })
  }
  const ends = parts.map(({ position, text }) => position + text.length)
  expect(parts.slice(1).map(({ position }) => position)).toEqual(ends.slice(0, -1))
  const text = parts.map((part) => part.text).join('')
  return parts[0] && { position: parts[0].position, text }
}

/** The oracle: the lines that start in a stretch. */
function linesIn(text: string, from: number, to: number): string {
  let position = 0
  let own = ''
  for (const line of text.split(/(?<=\n)/)) {
    if (position >= from && position < to) own += line
    position += line.length
  }
  return own
}

test('each stretch has the lines that start in it, and all together are the file', async () => {
  const line = fc.oneof(
    fc.constantFrom('', 'a', 'bc'),
    fc.string({ unit: fc.constantFrom('x'), minLength: 0, maxLength: 60 }),
  )
  const text = fc
    .tuple(fc.array(line, { maxLength: 20 }), line)
    .map(([lines, torn]) => lines.map((each) => `${each}\n`).join('') + torn)
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 50 }), async (whole, stretch) => {
      const file = new Blob([whole])
      let joined = ''
      for (let from = 0; from < file.size; from += stretch) {
        const to = Math.min(file.size, from + stretch)
        const own = await read(file, from, to)
        expect(own?.text ?? '').toBe(linesIn(whole, from, to))
        expect(own?.position ?? joined.length).toBe(joined.length)
        joined += own?.text ?? ''
      }
      expect(joined).toBe(whole)
    }),
  )
})

test('one stretch has the whole of a line that is longer than the read-ahead', async () => {
  const long = 'y'.repeat(3_000_000)
  const whole = `a\n${long}\nb\n`
  const file = new Blob([utf8.encode(whole)])
  expect(await read(file, 0, 1000)).toEqual({ position: 0, text: `a\n${long}\n` })
  expect(await read(file, 1000, 2_000_000)).toBeUndefined()
  expect(await read(file, 2_000_000, file.size)).toEqual({ position: 3_000_003, text: 'b\n' })
})
