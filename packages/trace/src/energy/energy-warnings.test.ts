import { expect, test } from 'vitest'
import { Trace } from '../trace/trace.ts'
import { energyWarnings } from './energy-warnings.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

/** Samples of one source at these times, in a run as long as they are. */
function warningsOf(timesS: readonly number[]) {
  const telemetry = new Telemetry()
  const trace = new Trace()
  for (const timestamp of timesS) {
    telemetry.add({ timestamp, source: 'gpu0', reading: { power_watts: 100 } })
  }
  for (const timestamp of [timesS[0]!, timesS.at(-1)!]) {
    trace.add({ event_type: 'retry_attempt', timestamp, metadata: {} }, timestamp)
  }
  trace.flush()
  telemetry.settle()
  return energyWarnings(telemetry, trace)
}

test('gaps are counted and summed, with the longest interval', () => {
  const timesS = [0, 1, 2, 3, 4, 24, 25, 26, 27, 28, 68, 69, 70, 71, 72]
  expect(warningsOf(timesS)).toEqual([
    {
      code: 'gap',
      source: 'gpu0',
      text: '2 gaps (1:00 in total): the energy is unknown and not counted',
      at: { startS: 28, endS: 68 },
    },
  ])
})

test('samples without a gap give no warnings', () => {
  expect(warningsOf([0, 1, 2, 3, 4, 5])).toEqual([])
})
