/** The promise of delivery by force, in short; `npm run torture` is the long form. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FAULTS, torture } from '../bench/torture/torture.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

test(`whatever breaks, nothing is lost, doubled or torn (SEED=${SEED})`, async () => {
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
