/**
 * `npm run test:slow [-- --only NAME,NAME]`: runs the checks that take too long for `npm test`:
 * the property tests with many more inputs, and the delivery tests with many more faults.
 */
import { ensureBuilt } from './lib/bootstrap.mjs'
import { runScript } from './lib/command.mjs'
import { requireNode } from './lib/node-version.mjs'
import { commandStep, runSteps, selectSteps, vitestStep } from './lib/steps.mjs'

const TORTURE = ['node', 'scripts/run-ts.mjs', 'bench/torture/main.ts', '--rounds', '40']
const MANY_RUNS = {
  args: ['property', '--testTimeout=300000'],
  env: { PROPERTY_RUNS: '3000' },
}

const STEPS = [
  vitestStep('trace', 'properties of the trace, many inputs', {
    ...MANY_RUNS,
    name: 'trace-properties',
  }),
  vitestStep('app', 'properties of the page, many inputs', {
    ...MANY_RUNS,
    name: 'app-properties',
  }),
  commandStep('torture', 'exactly-once delivery under 40 faults', TORTURE),
]

requireNode()
await runScript(async () => {
  const steps = selectSteps(STEPS, process.argv.slice(2), () => [])
  await ensureBuilt()
  await runSteps(steps, 'npm run test:slow')
})
