/**
 * `npm run torture -- [--seed N] [--rounds N] [--seconds N] …`: injects faults between recorders and
 * viewers and reports whether a line was lost, duplicated, torn or out of order. The same seed repeats
 * the same faults; the scheduling between them differs.
 */
import { parseArgs } from 'node:util'
import { FAULTS, torture, type Fault } from './torture.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '1' },
    pause: { type: 'string', default: '3' },
    recorders: { type: 'string', default: '4' },
    rate: { type: 'string', default: '5000' },
    viewers: { type: 'string', default: '3' },
    faults: { type: 'string', default: FAULTS.join(',') },
  },
})

const faults = values.faults.split(',').map((name) => {
  const fault = FAULTS.find((known) => known === name)
  if (fault === undefined) throw new TypeError(`--faults takes ${FAULTS.join(', ')}, not '${name}'`)
  return fault satisfies Fault
})

console.log(`seed ${values.seed}, ${values.rounds} rounds of ${faults.join(', ')}`)
const report = await torture({
  root: process.cwd(),
  seed: Number(values.seed),
  rounds: Number(values.rounds),
  secondsARound: Number(values.seconds),
  pauseS: Number(values.pause),
  recorders: Number(values.recorders),
  rate: Number(values.rate),
  viewers: Number(values.viewers),
  faults,
  say: (line) => console.log(line),
})
const { events, bytes, writers, connections, replays } = report
console.log(
  `${events} events (${(bytes / 1e6).toFixed(1)} MB) from ${writers} writers, ${connections} viewer connections, ${replays} replays`,
)
for (const fault of report.faults) console.log(`FAULT: ${fault}`)
console.log(
  report.faults.length === 0 ? 'nothing lost, duplicated, torn or out of order' : 'FAILED',
)
process.exit(report.faults.length === 0 ? 0 : 1)
