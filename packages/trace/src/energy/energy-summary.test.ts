import { expect, test } from 'vitest'
import { traceOf } from '../testing/draw.ts'
import { EnergyLedger } from './energy-ledger.ts'
import { isMeasured, summarizeEnergy } from './energy-summary.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

test('joules per token are unknown for a model in a cloud and known for a local one', () => {
  const trace = traceOf(
    ['here', 'cloud'].flatMap((model, at) => {
      const id = { span_id: model }
      const place = model === 'cloud' ? { is_cloud: true } : {}
      return [
        ['lm_inference_start', 4 * at, { ...id, ...place, model }] as const,
        ['lm_inference_end', 4 * at + 4, { ...id, completion_tokens: 10 }] as const,
      ]
    }),
  )
  const telemetry = new Telemetry()
  for (let timestamp = 0; timestamp <= 8; timestamp++) {
    telemetry.add({ timestamp, reading: { energy_joules: 10 * timestamp }, source: 'box/gpu0' })
  }
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  const { models } = summarizeEnergy(trace, ledger)
  const told = models.map((group) => [group.name, isMeasured(group), group.joulesPerToken])
  expect(told).toEqual([
    ['here', true, 4],
    ['cloud', false, undefined],
  ])
})
