import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { cut } from '../testing/arbitrary-lines.ts'
import { LineSplitter, type LineSplitterOptions } from './line-splitter.ts'

const utf8 = new TextEncoder()
const text = new TextDecoder('utf-8', { ignoreBOM: true })

/** `'12:abc'` = the line "abc" at byte 12; `'12!5'` = a line at byte 12 whose 5 bytes are too many. */
function split(chunks: Iterable<Uint8Array>, options: LineSplitterOptions = {}) {
  const lines: string[] = []
  const splitter = new LineSplitter({
    ...options,
    onTooLong: (position, bytes) => lines.push(`${position}!${bytes}`),
  })
  for (const chunk of chunks) {
    // Overwrite the chunk afterwards, like a reader that reuses one buffer.
    const reused = chunk.slice()
    splitter.push(reused, (line, position) => lines.push(`${position}:${text.decode(line)}`))
    reused.fill(0x23)
  }
  return { lines, torn: splitter.finish() }
}

const of = (...chunks: string[]) => chunks.map((chunk) => utf8.encode(chunk))

test('splits chunks into lines with the position of each', () => {
  expect(split(of('ab\ncd', 'e\n\nf', 'é\n')).lines).toEqual(['0:ab', '3:cde', '7:', '8:fé'])
})

test('removes \\r only before \\n, also if they are in two chunks', () => {
  expect(split(of('a\r\nb\r', '\nc\rd\r\r\n')).lines).toEqual(['0:a', '3:b', '6:c\rd\r'])
})

test('removes a BOM only at the beginning of the log', () => {
  expect(split(of('\ufeffa\n\ufeffb\n')).lines).toEqual(['0:a', '5:\ufeffb'])
  expect(split(of('\ufeffa\n'), { startPosition: 7 }).lines).toEqual(['7:\ufeffa'])
})

test('a last line without a newline is torn until its newline follows', () => {
  const splitter = new LineSplitter()
  const lines: number[] = []
  splitter.push(utf8.encode('a\nbc'), (_, position) => lines.push(position))
  expect(splitter.finish()).toEqual({ position: 2, bytes: 2 })
  splitter.push(utf8.encode('\n'), (_, position) => lines.push(position))
  expect(splitter.finish()).toBeUndefined()
  expect(lines).toEqual([0, 2])
})

test('skips a line above the limit and reports its length when it ends', () => {
  const limit = { maxLineBytes: 4 }
  expect(split(of('1234\n12345\nab\n'), limit).lines).toEqual(['0:1234', '5!5', '11:ab'])
  expect(split(of('12', '345', '678', '9\na\n'), limit).lines).toEqual(['0!9', '10:a'])
  expect(split(of('12', '345', '678'), limit).torn).toEqual({ position: 0, bytes: 8 })
})

test('rejects a limit that is not a positive number', () => {
  expect(() => new LineSplitter({ maxLineBytes: 0 })).toThrow(TypeError)
  expect(() => new LineSplitter({ maxLineBytes: Number.NaN })).toThrow('got NaN')
})

test('splits any chunks into the same lines as one chunk', () => {
  const piece = fc.constantFrom(
    'a',
    'é',
    '🙂',
    '\n',
    '\r\n',
    '\r',
    '\ufeff',
    'long enough to matter',
  )
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat()), fc.nat(30), (pieces, cuts, limit) => {
      const bytes = utf8.encode(pieces.join(''))
      const options = { maxLineBytes: limit + 1 }
      expect(split(cut(bytes, cuts), options)).toEqual(split([bytes], options))
    }),
  )
})

test('lines, newlines and the torn line add up to all bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat()), (bytes, cuts) => {
      const splitter = new LineSplitter()
      const starts: number[] = []
      for (const chunk of cut(bytes, cuts)) splitter.push(chunk, (_, at) => starts.push(at))
      const torn = splitter.finish()
      if (torn !== undefined) starts.push(torn.position)
      const expected = [0]
      for (const [i, byte] of bytes.entries()) if (byte === 10) expected.push(i + 1)
      expect(starts).toEqual(expected.filter((start) => start < bytes.length))
      expect(torn === undefined ? 0 : torn.bytes).toBe(bytes.length - (expected.at(-1) ?? 0))
    }),
  )
})

test('copies a long line in small chunks a limited number of times', () => {
  // Copied bytes: the line once, and at most twice its length for the doublings of the buffer.
  const set = vi.spyOn(Uint8Array.prototype, 'set')
  const chunk = new Uint8Array(65_536).fill(0x61)
  const total = 500 * chunk.length
  const lengths: number[] = []
  const splitter = new LineSplitter({ maxLineBytes: total })
  for (let i = 0; i < 500; i++) splitter.push(chunk, () => expect.unreachable())
  splitter.push(utf8.encode('\n'), (line) => lengths.push(line.length))
  const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0)
  set.mockRestore()
  expect(lengths).toEqual([total])
  expect(copied).toBeGreaterThanOrEqual(total)
  expect(copied).toBeLessThan(4 * total)
})
