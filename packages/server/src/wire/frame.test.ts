import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isControl, parseRecordFrame, watchFrame } from './frame.ts'

test('parses the first sequence number and leaves the lines unchanged', () => {
  const parsed = parseRecordFrame(Buffer.from('7\n{"a":1}\nnot parsed as JSON\n'), false)
  expect(parsed).toMatchObject({ firstSeq: 7, count: 2 })
  if (typeof parsed === 'string') throw new Error(parsed)
  expect(parsed.lines.toString()).toBe('{"a":1}\nnot parsed as JSON\n')
})

test('accepts only whole lines of UTF-8, and refuses other bytes with a sentence', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(), fc.uint8Array({ maxLength: 50 }))
      .map(([first, rest]) => Buffer.concat([Buffer.from(`${first}\n`), rest, Buffer.from('\n')])),
    fc
      .tuple(fc.bigInt({ min: 0n }), fc.string())
      .map(([first, text]) => Buffer.from(`${first}\n${text}\n`)),
    // Enough frames must be valid for the property to be meaningful.
    fc
      .tuple(fc.integer({ min: 1 }), fc.string())
      .map(([first, text]) => Buffer.from(`${first}\n${text}\n`)),
  )
  let accepted = 0
  fc.assert(
    fc.property(anything, (bytes) => {
      const frame = Buffer.from(bytes)
      const parsed = parseRecordFrame(frame, false)
      if (typeof parsed === 'string') return parsed.startsWith('expected ')
      accepted += 1
      const { firstSeq, lines, count } = parsed
      const isWhole = lines.toString().split('\n').length === count + 1
      const isTail = frame.subarray(-lines.length).equals(lines)
      return firstSeq >= 1 && isUtf8(lines) && isWhole && isTail
    }),
    { numRuns: 400 },
  )
  expect(accepted).toBeGreaterThan(10)
})

test('builds one frame per chunk: the cursor after it, then its bytes', () => {
  const chunk = {
    type: 'chunk',
    cursor: 2 ** 40 + 3,
    bytes: Buffer.from('x\n'),
    writer: 'w',
  } as const
  const frame = watchFrame(chunk)
  expect(frame.bytes.readBigUInt64BE(0)).toBe(2n ** 40n + 3n)
  expect(frame.bytes.toString('utf8', 8)).toBe('x\n')
  expect(frame.count).toBe(1)
  expect(watchFrame(chunk)).toBe(frame)
  expect(isControl(frame.bytes)).toBe(false)
})
