import { expect, onTestFinished, test } from 'vitest'
import { RunWriter } from './run-writer.ts'
import { SampleRelay } from './sample-relay.ts'

test('holds a bounded number of samples for a server that is away, and tells of the others', () => {
  const target = { token: undefined, run: 'r', name: 'power' }
  const client = new RunWriter({ url: 'http://127.0.0.1:1', ...target })
  onTestFinished(() => client.close())
  const relay = new SampleRelay(client)
  const sample = { timestamp: 1, reading: { power_watts: 80.5 }, source: 'x'.repeat(5_000) }
  relay.take(sample)
  expect(relay.loss).toBeUndefined()
  for (let taken = 1; taken < 2_000; taken++) relay.take(sample)
  const [, lost = ''] = /^([\d,]+) samples had no room/.exec(relay.loss ?? '') ?? []
  const held = 2_000 - Number(lost.replace(',', ''))
  expect(held).toBeGreaterThan(100)
  expect(held * 5_000).toBeLessThan(8 * 1024 * 1024)
})
