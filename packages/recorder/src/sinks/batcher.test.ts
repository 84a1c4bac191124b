import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BATCH_BYTES } from './batch.ts'
import { Batcher } from './batcher.ts'
import type { Batch } from './sink.ts'

interface Emitted {
  readonly batch: Batch
  readonly events: number
}

function collect(): { batcher: Batcher; emitted: Emitted[]; text: () => string } {
  const emitted: Emitted[] = []
  const batcher = new Batcher((batch, events) => emitted.push({ batch, events }))
  const text = () => emitted.map(({ batch }) => Buffer.from(batch.bytes).toString()).join('')
  return { batcher, emitted, text }
}

const countOf = (emitted: readonly Emitted[]) =>
  emitted.reduce((sum, { batch }) => sum + batch.count, 0)

test('emits the lines of one tick as one batch', async () => {
  const { batcher, emitted, text } = collect()
  batcher.add('a\n', true)
  batcher.add('b\n', false)
  batcher.add('c\n', true)
  expect(emitted).toEqual([])
  await expect.poll(text).toBe('a\nb\nc\n')
  expect(emitted).toMatchObject([{ batch: { count: 3 }, events: 2 }])
  batcher.add('d\n', true)
  await expect.poll(text).toBe('a\nb\nc\nd\n')
  expect(emitted).toHaveLength(2)
})

test('emits immediately on cut(), and nothing more at the tick', async () => {
  const { batcher, emitted, text } = collect()
  batcher.cut()
  batcher.add('a\n', true)
  batcher.cut()
  expect(text()).toBe('a\n')
  await sleep(20)
  batcher.cut()
  expect(emitted).toHaveLength(1)
})

test('emits a burst in batches of about 64 KiB without waiting for the tick', () => {
  const { batcher, emitted } = collect()
  for (let i = 0; i < 10_000; i++) batcher.add(`${'x'.repeat(99)}\n`, true)
  // The end of a slab may cut a batch short.
  expect(emitted.length).toBeLessThan((2 * 1_000_000) / BATCH_BYTES)
  expect(countOf(emitted)).toBeGreaterThan(9_000)
  for (const { batch } of emitted) expect(batch.bytes.length).toBeLessThan(BATCH_BYTES + 10_000)
})

test('keeps lines of any length and script once, in order, and counts them', () => {
  const pieces = fc.constantFrom('x', 'ä', '€', '😀')
  const lengths = fc.constantFrom(0, 1, 40, 4_000, 9_000, 70_000, 150_000, 300_000)
  const line = fc.record({ piece: pieces, length: lengths, isEvent: fc.boolean() })
  const step = fc.oneof(
    { weight: 9, arbitrary: line },
    { weight: 1, arbitrary: fc.constant('cut') },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { batcher, emitted, text } = collect()
      const added: string[] = []
      let events = 0
      for (const now of steps) {
        if (typeof now === 'string') batcher.cut()
        else {
          const { piece, length, isEvent } = now as {
            piece: string
            length: number
            isEvent: boolean
          }
          const text = `${piece.repeat(length / piece.length)}\n`
          added.push(text)
          events += Number(isEvent)
          batcher.add(text, isEvent)
        }
      }
      batcher.cut()
      expect(text() === added.join('')).toBe(true)
      expect(countOf(emitted)).toBe(added.length)
      expect(emitted.reduce((sum, batch) => sum + batch.events, 0)).toBe(events)
      for (const { batch } of emitted) expect(batch.bytes.at(-1)).toBe(0x0a)
    }),
    { numRuns: 40 },
  )
})

test('never changes a batch after it was emitted', () => {
  const { batcher, emitted } = collect()
  const copies: string[] = []
  for (let i = 0; i < 500; i++) {
    batcher.add(`${String(i).repeat(1_000)}\n`, true)
    while (copies.length < emitted.length) {
      copies.push(Buffer.from(emitted[copies.length]?.batch.bytes ?? []).toString())
    }
  }
  expect(emitted.map(({ batch }) => Buffer.from(batch.bytes).toString())).toEqual(copies)
})
