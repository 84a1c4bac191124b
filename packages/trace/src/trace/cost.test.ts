import { describe, expect, it } from 'vitest'
import { EnergyLedger } from '../energy/energy-ledger.ts'
import { Lanes } from '../lanes/lanes.ts'
import { summarize } from '../stats/stats.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { countSteps } from '../testing/count-steps.ts'
import { HARD_KINDS, hardLog, type HardEvent } from '../testing/hard-logs.ts'
import { Trace } from './trace.ts'

/** Reads a log in one flush, and computes all that is shown of it. */
function readWhole(events: readonly HardEvent[]): void {
  const trace = new Trace()
  events.forEach(({ event, writer }, position) => trace.add(event, position, writer))
  const changes = trace.flush()
  new Lanes(trace, (item) => item.agent ?? '').place(changes)
  summarize(trace)
  const telemetry = new Telemetry()
  for (const timestamp of [0, events.length / 2, events.length])
    telemetry.add({ timestamp, reading: { power_watts: 5 } })
  new EnergyLedger(trace, telemetry).update(changes.spanSlots)
}

/** Reads a log event by event, as a live page does. */
function readLive(events: readonly HardEvent[]): void {
  const trace = new Trace()
  events.forEach(({ event, writer }, position) => {
    trace.add(event, position, writer)
    trace.flush()
  })
}

const SIZE = 200

describe('the steps of a flush for each event', () => {
  it.each(['updates of one span', 'updates of spans with one id'] as const)(
    'grow with twice the input at most 2.3 times: %s',
    (kind) => {
      const steps = (count: number) => countSteps(() => readLive(hardLog(kind, count)))
      const one = steps(4 * SIZE)
      const two = steps(8 * SIZE)
      expect(two / one).toBeLessThanOrEqual(2.3)
    },
  )
})

describe('the steps of one flush', () => {
  const orders = {
    'in order': (events: HardEvent[]) => events,
    reversed: (events: HardEvent[]) => events.toReversed(),
  }
  for (const [order, arranged] of Object.entries(orders)) {
    it.each(HARD_KINDS)(`grow with twice the input at most 2.3 times: %s, ${order}`, (kind) => {
      const steps = (count: number) => {
        const events = arranged(hardLog(kind, count))
        return countSteps(() => readWhole(events))
      }
      const one = steps(SIZE)
      const two = steps(2 * SIZE)
      expect(two / one).toBeLessThanOrEqual(2.3)
    })
  }
})
