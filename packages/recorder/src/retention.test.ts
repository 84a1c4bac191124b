import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineRetention, SnapshotRetention, type Retention } from './retention.ts'
import { makeBatch } from './sinks/batch.ts'

const numberOf = ({ metadata }: { metadata: Record<string, unknown> }) => metadata['i']
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** Adds events `from` to `to` as one batch, with a sample after each event. */
function addBatch(retention: LineRetention, from: number, to: number): void {
  const lines = range(from, to).map(
    (i) =>
      `{"event_type":"n","timestamp":${i},"metadata":{"i":${i}}}\n` +
      `{"timestamp":${i},"reading":{"power_watts":1}}\n`,
  )
  retention.add(makeBatch(lines.join(''), 2 * (to - from)), to - from)
}

/** Both kinds, each with a function that adds `count` events to it. */
const kinds: readonly [string, (max: number) => [Retention, (count: number) => void]][] = [
  [
    'SnapshotRetention',
    (max) => {
      const retention = new SnapshotRetention(max)
      let next = 0
      const add = (count: number) => {
        for (let n = 0; n < count; n++) retention.add('n', next, { i: next++ })
      }
      return [retention, add]
    },
  ],
  [
    'LineRetention',
    (max) => {
      const retention = new LineRetention(max)
      let next = 0
      const add = (count: number) => {
        addBatch(retention, next, next + count)
        next += count
      }
      return [retention, add]
    },
  ],
]

describe.each(kinds)('%s', (_, make) => {
  test('keeps the latest events, oldest first, and counts the others', () => {
    const max = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(Infinity))
    const counts = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 12 })
    fc.assert(
      fc.property(max, counts, (maxEvents, batches) => {
        const [retention, add] = make(maxEvents)
        let total = 0
        for (const count of batches) {
          add(count)
          total += count
          const kept = range(Math.max(0, total - maxEvents), total)
          expect(retention.events().map(numberOf)).toEqual(kept)
          expect(retention.total).toBe(total)
          expect(retention.evicted).toBe(total - kept.length)
        }
      }),
    )
  })

  test('returns copies', () => {
    const [retention, add] = make(Infinity)
    add(1)
    Object.assign(retention.events()[0]?.metadata ?? {}, { i: 'changed' })
    retention.events().pop()
    expect(retention.events()).toEqual([{ event_type: 'n', timestamp: 0, metadata: { i: 0 } }])
  })
})

test('LineRetention leaves samples out and counts only events', () => {
  const retention = new LineRetention(10)
  retention.add(makeBatch('{"timestamp":1,"reading":{}}\n', 1), 0)
  expect([retention.total, retention.events()]).toEqual([0, []])
})

test('LineRetention keeps at most 32 MiB of batches, and always the latest one', () => {
  const retention = new LineRetention(10_000)
  const line = (i: number, chars: number) =>
    `{"event_type":"n","timestamp":${i},"metadata":{"i":${i},"pad":"${'x'.repeat(chars)}"}}\n`
  for (let i = 0; i < 40; i++) retention.add(makeBatch(line(i, 1024 * 1024), 1), 1)
  expect(retention.events().map(numberOf)).toEqual(range(9, 40))
  expect([retention.total, retention.evicted]).toEqual([40, 9])
  retention.add(makeBatch(line(40, 33 * 1024 * 1024), 1), 1)
  expect(retention.events().map(numberOf)).toEqual([40])
})

test('LineRetention without a limit on events has none on bytes', () => {
  const retention = new LineRetention(Infinity)
  const pad = 'x'.repeat(4 * 1024 * 1024)
  for (let i = 0; i < 12; i++) {
    const text = `{"event_type":"n","timestamp":${i},"metadata":{"i":${i},"pad":"${pad}"}}\n`
    retention.add(makeBatch(text, 1), 1)
  }
  expect(retention.events()).toHaveLength(12)
})
