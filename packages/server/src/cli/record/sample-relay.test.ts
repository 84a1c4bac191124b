import { expect, onTestFinished, test } from 'vitest'
import { RunWriter } from './run-writer.ts'
import { SampleRelay } from './sample-relay.ts'

test('keeps a bounded number of samples while the server is away, and counts the rest', () => {
  const target = { token: undefined, run: 'r', name: 'power' }
  const writer = new RunWriter({ url: 'http://127.0.0.1:1', ...target })
  onTestFinished(() => writer.close())
  const relay = new SampleRelay(writer)
  const sample = { timestamp: 1, reading: { power_watts: 80.5 }, source: 'x'.repeat(5_000) }
  relay.add(sample)
  expect(relay.loss).toBeUndefined()
  for (let added = 1; added < 2_000; added++) relay.add(sample)
  const [, lost = ''] = /^([\d,]+) samples had no room/.exec(relay.loss ?? '') ?? []
  const kept = 2_000 - Number(lost.replace(',', ''))
  expect(kept).toBeGreaterThan(100)
  expect(kept * 5_000).toBeLessThan(8 * 1024 * 1024)
})
