/** A short torture run: recorders and viewers while the server is killed, and disks and networks fail. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FAULTS, torture } from '../bench/torture/torture.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

test(`delivers every event once and whole through every fault (SEED=${SEED})`, async () => {
  const report = await torture({
    root: fileURLToPath(new URL('..', import.meta.url)),
    seed: SEED,
    rounds: FAULTS.length,
    secondsARound: 0.5,
    pauseS: 1,
    recorders: 3,
    rate: 1000,
    viewers: 2,
    faults: FAULTS,
    say: () => undefined,
  })
  expect(report.faults).toEqual([])
  expect(report.events).toBeGreaterThan(1000)
  expect(report.writers).toBeGreaterThan(3)
})
