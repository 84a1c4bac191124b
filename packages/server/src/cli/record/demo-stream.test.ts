import { expect, test } from 'vitest'
import { playDemo, type DemoEvent } from './demo-stream.ts'

test('scales energy counters so that they agree with the power at another speed', async () => {
  const samples = [0, 1, 2].map((timestamp): DemoEvent => ({
    timestamp,
    reading: { power_watts: 80, energy_joules: 500 + 80 * timestamp },
  }))
  const lines: string[] = []
  const client = {
    send: (bytes: Uint8Array) => {
      lines.push(...new TextDecoder().decode(bytes).trimEnd().split('\n'))
      return Promise.resolve()
    },
  }
  await playDemo(samples, { client, speed: 1000, stop: new AbortController().signal })
  const [first, , last] = lines.filter((line) => line !== '').map((line) => JSON.parse(line))
  const usedJ = last.reading.energy_joules - first.reading.energy_joules
  expect(usedJ / (last.timestamp - first.timestamp)).toBeCloseTo(80, 2)
})
