import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { droppedMarker, makeBatch, mergeBatches, splitBatch } from './batch.ts'
import type { Batch } from './sink.ts'

const decode = ({ bytes }: Batch) => new TextDecoder().decode(bytes)
const lines = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => `${text.replaceAll('\n', '')}\n`),
  { minLength: 1, maxLength: 30 },
)

describe('makeBatch', () => {
  test('encodes text as UTF-8', () => {
    const batch = makeBatch('Grüße\n', 1)
    expect(decode(batch)).toBe('Grüße\n')
    expect([batch.bytes.length, batch.count]).toEqual([8, 1])
  })
})

describe('mergeBatches', () => {
  test('concatenates lines and adds their counts', () => {
    fc.assert(
      fc.property(lines, (all) => {
        const batches = all.map((line) => makeBatch(line, 1))
        const merged = batches.reduce((first, second) => mergeBatches(first, second))
        expect(decode(merged)).toBe(all.join(''))
        expect(merged.count).toBe(all.length)
      }),
    )
  })
})

describe('splitBatch', () => {
  test('splits between lines', () => {
    const batch = makeBatch('aa\nbb\ncc\n', 3)
    const split = (maxBytes: number) => splitBatch(batch, maxBytes).map(decode)
    expect(split(9)).toEqual(['aa\nbb\ncc\n'])
    expect(split(8)).toEqual(['aa\nbb\n', 'cc\n'])
    expect(split(6)).toEqual(['aa\nbb\n', 'cc\n'])
    expect(split(5)).toEqual(['aa\n', 'bb\n', 'cc\n'])
    expect(split(1)).toEqual(['aa\n', 'bb\n', 'cc\n'])
  })

  test('leaves a longer line alone in its batch', () => {
    const parts = splitBatch(makeBatch(`a\n${'b'.repeat(50)}\nc\nd\n`, 4), 10)
    expect(parts.map(({ count }) => count)).toEqual([1, 1, 2])
    expect(parts.map(decode)).toEqual(['a\n', `${'b'.repeat(50)}\n`, 'c\nd\n'])
  })

  test('keeps every line once and in order, in batches that fit wherever possible', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 120 }), (all, maxBytes) => {
        const parts = splitBatch(makeBatch(all.join(''), all.length), maxBytes)
        expect(parts.map(decode).join('')).toBe(all.join(''))
        for (const part of parts) {
          expect(decode(part).split('\n')).toHaveLength(part.count + 1)
          expect(part.count === 1 || part.bytes.length <= maxBytes).toBe(true)
        }
        // Neighbors are only separate if they do not fit together.
        for (const [i, part] of parts.slice(1).entries()) {
          const [firstLine = ''] = decode(part).split('\n')
          const bytes = (parts[i]?.bytes.length ?? 0) + Buffer.byteLength(firstLine) + 1
          expect(bytes).toBeGreaterThan(maxBytes)
        }
      }),
    )
  })
})

test('droppedMarker is an event with the number of missing lines', () => {
  const marker = droppedMarker(3, 1.5)
  expect(marker.count).toBe(1)
  expect(decode(marker)).toBe(
    '{"event_type":"recorder_dropped","timestamp":1.5,"metadata":{"count":3}}\n',
  )
})
