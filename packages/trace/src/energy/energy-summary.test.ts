import { expect, test } from 'vitest'
import { traceOf, type EventTuple } from '../testing/draw.ts'
import { EnergyLedger } from './energy-ledger.ts'
import { energyRecord } from './energy-record.ts'
import { isMeasured, summarizeEnergy } from './energy-summary.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

/** The energy of a run with a counter that rises by 10 J a second. */
function measure(events: readonly EventTuple[], untilS: number) {
  const trace = traceOf(events)
  const telemetry = new Telemetry()
  for (let timestamp = 0; timestamp <= untilS; timestamp++) {
    telemetry.add({ timestamp, reading: { energy_joules: 10 * timestamp }, source: 'box/gpu0' })
  }
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  return { summary: summarizeEnergy(trace, ledger), record: energyRecord(trace, telemetry, ledger) }
}

const span = (id: string, kind: string, startS: number, endS: number, start = {}, end = {}) => [
  [`${kind}_start`, startS, { span_id: id, ...start }] as const,
  [`${kind}_end`, endS, { span_id: id, ...end }] as const,
]

test('the energy of calls in a cloud is unknown and their tokens do not divide joules', () => {
  const tokens = { completion_tokens: 10 }
  const { summary, record } = measure(
    [
      ...span('here', 'lm_inference', 0, 4, { model: 'here' }, tokens),
      ...span('cloud', 'lm_inference', 4, 8, { model: 'cloud', is_cloud: true }, tokens),
      // A model that is used both ways.
      ...span('one', 'lm_inference', 8, 10, { model: 'both' }, tokens),
      ...span('other', 'lm_inference', 10, 12, { model: 'both', is_cloud: true }, tokens),
    ],
    12,
  )
  const perToken = summary.models.map((group) => [
    group.name,
    isMeasured(group),
    group.tokens,
    group.joulesPerToken,
    group.joulesPerCall,
  ])
  expect(perToken).toEqual([
    ['here', true, 10, 4, 40],
    ['both', true, 20, 2, 20],
    ['cloud', false, 10, undefined, undefined],
  ])
  expect(summary).toMatchObject({ tokens: 40, joulesPerToken: 3 })
  const nothing = { own_j: null, total_j: null, exclusive_j: null, low_j: null, high_j: null }
  expect(record.spans).toMatchObject([{ own_j: 40 }, nothing, { own_j: 20 }, nothing])
  expect(record.by_model[2]).toMatchObject({ name: 'cloud', own_j: null, share: null })
})

test('a model is counted by calls, whose energy includes that of their phases', () => {
  const model = { model: 'm' }
  const { summary } = measure(
    [
      ...span('call', 'lm_inference', 0, 6, model),
      ...span('prefill', 'prefill', 1, 3, { ...model, parent_id: 'call' }),
      ...span('decode', 'decode', 3, 5, { ...model, parent_id: 'call' }),
      ...span('sub', 'submodel_call', 6, 8, { model_id: 'm' }),
      // A kind that is not known, with a part.
      ...span('own', 'my_call', 8, 10, model),
      ...span('part', 'my_part', 8, 10, { ...model, parent_id: 'own' }),
    ],
    10,
  )
  expect(summary.models).toMatchObject([{ name: 'm', spans: 3, ownJ: 100, joulesPerCall: 100 / 3 }])
})

test('a tool that calls itself counts its energy once', () => {
  const { summary } = measure(
    [
      ...span('a', 'tool_call', 0, 10, { tool: 't' }),
      ...span('b', 'tool_call', 2, 6, { tool: 't', parent_id: 'a' }),
    ],
    10,
  )
  expect(summary.tools).toMatchObject([{ name: 't', spans: 2, joulesPerCall: 50 }])
})
