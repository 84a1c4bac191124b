/**
 * Measures the attribution of a day: 24 h of samples at 20 Hz and a million spans, from parsed lines to
 * joules, and then an update while the run continues.
 *
 *     npm run ts -- packages/trace/src/energy/energy-ledger.bench.ts [spans] [sources]
 */
import { END, EventRow, START } from '../row/event-row.ts'
import { Trace } from '../trace/trace.ts'
import { EnergyLedger } from './energy-ledger.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

const SPANS = Number(process.argv[2] ?? 1_000_000)
const SOURCES = Number(process.argv[3] ?? 1)
const DAY_S = 86_400
const SAMPLE_S = 0.05
const ROUNDS = 5
/** Child spans of each turn, and concurrent turns. */
const CALLS = 4
const AGENTS = 8

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Turns with four calls each, of eight concurrent agents. */
function makeTrace(): Trace {
  const trace = new Trace()
  const row = new EventRow()
  const kinds = [trace.texts.id('turn'), trace.texts.id('tool_call')]
  const turns = Math.floor(SPANS / (CALLS + 1))
  const turnS = (DAY_S / turns) * AGENTS
  const events: [timeS: number, kind: number, phase: number, id: number, parent: number][] = []
  for (let turn = 0; turn < turns; turn++) {
    const startS = (turn / AGENTS) * turnS
    const id = turn * (CALLS + 1) + 1
    events.push([startS, kinds[0]!, START, id, 0], [startS + turnS, kinds[0]!, END, id, 0])
    for (let call = 0; call < CALLS; call++) {
      const callS = startS + ((call + 0.1) / CALLS) * turnS
      events.push([callS, kinds[1]!, START, id + call + 1, id])
      events.push([callS + (0.7 / CALLS) * turnS, kinds[1]!, END, id + call + 1, 0])
    }
  }
  events.sort((a, b) => a[0] - b[0])
  for (const [position, [timeS, kind, phase, id, parent]] of events.entries()) {
    row.clear()
    Object.assign(row, { timeS, kind, phase })
    row.ids.insert(0, { high: 0, low: id })
    if (parent !== 0) row.parents.insert(0, { high: 0, low: parent })
    trace.addRow(row, position)
  }
  trace.flush()
  return trace
}

function addSamples(telemetry: Telemetry, fromS: number, untilS: number): void {
  for (let step = Math.round(fromS / SAMPLE_S); step * SAMPLE_S < untilS; step++) {
    const timestamp = step * SAMPLE_S
    for (let gpu = 0; gpu < SOURCES; gpu++) {
      const reading = { power_watts: 200, energy_joules: timestamp * 200 }
      telemetry.add({ timestamp, reading, source: `box/gpu${gpu}` })
    }
  }
}

function timed<T>(run: () => T): readonly [result: T, tookMs: number] {
  const startedMs = performance.now()
  const result = run()
  return [result, performance.now() - startedMs]
}

const trace = makeTrace()
const tookMs: { take: number[]; attribute: number[] } = { take: [], attribute: [] }
let last: { telemetry: Telemetry; ledger: EnergyLedger } | undefined
for (let round = 0; round < ROUNDS; round++) {
  const telemetry = new Telemetry()
  const [, takeMs] = timed(() => addSamples(telemetry, 0, DAY_S))
  const [ledger, attributeMs] = timed(() => {
    const created = new EnergyLedger(trace, telemetry)
    created.update([])
    return created
  })
  tookMs.take.push(takeMs)
  tookMs.attribute.push(attributeMs)
  last = { telemetry, ledger }
}
if (last === undefined) throw new Error('expected at least one round')
const { telemetry, ledger } = last
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
const summed = ledger.sources.reduce((sum, { spansJ, idleJ }) => sum + spansJ + idleJ, 0)
print(
  `${trace.spanCount} spans, ${telemetry.sampleCount} samples of ${SOURCES} sources, ${summed} J`,
)
print(`samples into columns   ${median(tookMs.take).toFixed(0).padStart(6)} ms`)
print(`attribution of all     ${median(tookMs.attribute).toFixed(0).padStart(6)} ms`)

const updates = Array.from({ length: 100 }, (_, at) => {
  addSamples(telemetry, DAY_S + at / 5, DAY_S + (at + 1) / 5)
  return timed(() => ledger.update([]))[1]
})
print(`an update while live   ${median(updates).toFixed(2).padStart(6)} ms`)
