import { describe, expect, test } from 'vitest'
import { SpanFlag } from '../trace/span.ts'
import { traceOf, type EventTuple } from '../testing/draw.ts'
import type { Metadata } from '../line/event.ts'
import { Trace } from '../trace/trace.ts'
import { EnergyLedger } from './energy-ledger.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

/** Samples of a counter that rises by 10 J a second. */
function tenWatts(untilS: number, stepS = 1, source = 'box/gpu0'): Telemetry {
  const telemetry = new Telemetry()
  for (let step = 0; step * stepS <= untilS; step++) {
    const timestamp = step * stepS
    telemetry.add({ timestamp, reading: { energy_joules: 500 + 10 * timestamp }, source })
  }
  return telemetry
}

/** `[kind, start, end, metadata]`; ids are the index, so that a parent is named by its own. */
type SpanTuple = readonly [kind: string, startS: number, endS: number | undefined, object?]

function events(spans: readonly SpanTuple[]): EventTuple[] {
  return spans.flatMap(([kind, startS, endS, metadata = {}], index) => {
    const id = { span_id: `s${index}` }
    return [
      [`${kind}_start`, startS, { ...id, ...metadata }] as const,
      ...(endS === undefined ? [] : [[`${kind}_end`, endS, id] as const]),
    ]
  })
}

function attribute(spans: readonly SpanTuple[], telemetry: Telemetry, live = false) {
  const trace = traceOf(events(spans), { live })
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  return {
    ledger,
    own: trace.spans.map(({ slot }) => ledger.energyOf(slot)?.ownJ),
    total: trace.spans.map(({ slot }) => ledger.energyOf(slot)?.totalJ),
    bounds: trace.spans.map(({ slot }) => {
      const energy = ledger.energyOf(slot)
      return [energy?.lowJ, energy?.exclusiveJ, energy?.highJ]
    }),
    idleJ: ledger.sources.reduce((sum, { idleJ }) => sum + idleJ, 0),
  }
}

describe('leaves', () => {
  //  turn  ├──────────────────┤ 0–10
  //  tool     ├─────┤           2–5
  //  tool        ├─────┤        4–8
  const nested: SpanTuple[] = [
    ['turn', 0, 10],
    ['tool_call', 2, 5, { parent_id: 's0' }],
    ['tool_call', 4, 8, { parent_id: 's0' }],
  ]

  test('one leaf gets all, two get equal parts, a parent gets the rest', () => {
    const { own, total, idleJ } = attribute(nested, tenWatts(12))
    expect(own).toEqual([40, 25, 35])
    expect(total).toEqual([100, 25, 35])
    expect(idleJ).toBe(20)
  })

  test('bounds are the exclusive joules and all joules while it was a leaf', () => {
    const { bounds } = attribute(nested, tenWatts(12))
    expect(bounds).toEqual([
      [40, 40, 40],
      [20, 20, 30],
      [30, 30, 40],
    ])
  })

  test('bounds include the sample interval', () => {
    // A sample every 3 s: the span from 4 to 8 touches the intervals from 3 to 9.
    const { bounds, own } = attribute([['tool_call', 4, 8]], tenWatts(12, 3))
    expect(own).toEqual([40])
    expect(bounds).toEqual([[0, 40, 60]])
  })

  test('a span within one sample interval has a lower bound of 0', () => {
    const { bounds, own } = attribute([['tool_call', 1.25, 1.5]], tenWatts(4))
    expect(own).toEqual([2.5])
    expect(bounds).toEqual([[0, 2.5, 10]])
  })

  test('a span that is a leaf several times in one interval counts it once', () => {
    const { bounds } = attribute(
      [
        ['turn', 1, 2],
        ['tool_call', 1.25, 1.5, { parent_id: 's0' }],
      ],
      tenWatts(4),
    )
    expect(bounds[0]![2]).toBe(10)
  })
})

describe('spans without energy', () => {
  test('a span that did not end; its parent stays a leaf', () => {
    const { own, idleJ } = attribute(
      [
        ['turn', 0, 10],
        ['tool_call', 2, undefined, { parent_id: 's0' }],
      ],
      tenWatts(10),
    )
    expect(own).toEqual([100, 0])
    expect(idleJ).toBe(0)
  })

  test('a span without duration', () => {
    expect(attribute([['tool_call', 3, 3]], tenWatts(10))).toMatchObject({ own: [0], idleJ: 100 })
  })

  test('a span in a cloud: its energy is unknown, that of the meters during it is idle', () => {
    const { own, total, idleJ } = attribute(
      [
        ['turn', 0, 10],
        ['lm_inference', 2, 8, { parent_id: 's0', is_cloud: true }],
      ],
      tenWatts(10),
    )
    expect(own).toEqual([40, undefined])
    expect(total).toEqual([40, undefined])
    expect(idleJ).toBe(60)
  })

  test('a phase of a call in a cloud', () => {
    const { own, idleJ } = attribute(
      [
        ['lm_inference', 2, 8, { is_cloud: true }],
        ['decode', 3, 8, { parent_id: 's0' }],
      ],
      tenWatts(10),
    )
    expect(own).toEqual([undefined, undefined])
    expect(idleJ).toBe(100)
  })

  test('a call that an update moves to a cloud, with its phases', () => {
    const trace = new Trace()
    const log: readonly (readonly [type: string, timeS: number, metadata: Metadata])[] = [
      ['lm_inference_start', 2, { span_id: 'a' }],
      ['decode_start', 3, { span_id: 'b', parent_id: 'a' }],
      ['decode_end', 8, { span_id: 'b' }],
      ['lm_inference_end', 8, { span_id: 'a' }],
    ]
    log.forEach(([event_type, timestamp, metadata], position) =>
      trace.add({ event_type, timestamp, metadata }, position),
    )
    trace.flush()
    const ledger = new EnergyLedger(trace, tenWatts(10))
    ledger.update([])
    const ownJ = () => trace.spans.map(({ slot }) => ledger.energyOf(slot)?.ownJ)
    expect(ownJ()).toEqual([10, 50])
    const update = { span_id: 'a', is_cloud: true }
    trace.add({ event_type: 'span_update', timestamp: 4, metadata: update }, 4)
    ledger.update(trace.flush().spanSlots)
    expect(ownJ()).toEqual([undefined, undefined])
  })

  test('a span before or after all samples: its energy is unknown', () => {
    const { own } = attribute(
      [
        ['tool_call', -5, -1],
        ['tool_call', -1, 1],
        ['tool_call', 11, 12],
      ],
      tenWatts(10),
    )
    expect(own).toEqual([undefined, 10, undefined])
  })

  test.each([
    ['another host', { host: 'other' }, undefined],
    ['the same host', { host: 'BOX' }, 50],
    ['another device', { device: 'cuda:1' }, undefined],
    ['the same device', { device: 'cuda:0' }, 50],
    ['any GPU', { device: 'cuda' }, 50],
    ['the CPU', { device: 'cpu' }, undefined],
    ['a device by number', { device: 0 }, 50],
    ['an unknown place', {}, 50],
  ])('%s', (_, place, ownJ) => {
    expect(attribute([['tool_call', 2, 7, place]], tenWatts(10)).own).toEqual([ownJ])
  })
})

test('power between two samples is a straight line, a counter rises evenly', () => {
  const halves: SpanTuple[] = [
    ['tool_call', 0, 0.5],
    ['tool_call', 0.5, 1],
  ]
  const joules = (key: string) => {
    const telemetry = new Telemetry()
    for (const timestamp of [0, 1]) {
      telemetry.add({ timestamp, reading: { [key]: 100 * timestamp }, source: 'box/gpu0' })
    }
    return attribute(halves, telemetry).own
  }
  expect(joules('power_watts')).toEqual([12.5, 37.5])
  expect(joules('energy_joules')).toEqual([50, 50])
})

describe('open spans', () => {
  test('grow with the samples', () => {
    const trace = traceOf(events([['tool_call', 2, undefined]]), { live: true })
    const telemetry = tenWatts(5)
    const ledger = new EnergyLedger(trace, telemetry)
    ledger.update([])
    expect(ledger.energyOf(0)?.ownJ).toBe(30)
    telemetry.add({ timestamp: 9, reading: { energy_joules: 590 }, source: 'box/gpu0' })
    expect([...ledger.update([])]).toEqual([0])
    expect(ledger.energyOf(0)?.ownJ).toBe(70)
    trace.setWriter(0, 'lost')
    ledger.update(trace.flush().spanSlots)
    expect(trace.spans[0]!.flags).toBe(SpanFlag.DID_NOT_END)
    expect(ledger.energyOf(0)?.ownJ).toBe(0)
  })

  test('add their joules to a parent that arrives later', () => {
    const trace = traceOf(events([['tool_call', 2, undefined, { parent_id: 'late' }]]), {
      live: true,
    })
    const telemetry = tenWatts(3)
    const ledger = new EnergyLedger(trace, telemetry)
    ledger.update([])
    trace.add({ event_type: 'turn_start', timestamp: 1.5, metadata: { span_id: 'late' } }, 99)
    expect([...ledger.update(trace.flush().spanSlots)]).toEqual([0, 1])
    expect(ledger.energyOf(0)).toMatchObject({ ownJ: 10, totalJ: 10 })
    expect(ledger.energyOf(1)).toMatchObject({ ownJ: 5, totalJ: 15 })
  })
})

describe('sources', () => {
  test('are summed', () => {
    const telemetry = tenWatts(10)
    for (const timestamp of [0, 5, 10]) {
      telemetry.add({ timestamp, reading: { power_watts: 4, cpu_power_watts: 2 }, source: 'mac' })
    }
    // 10 W of the GPU, 4 W and 2 W of the Mac; 5 s is its usual interval and not a gap.
    const { own, ledger } = attribute([['tool_call', 2, 7]], telemetry)
    expect(own[0]).toBeCloseTo(80, 9)
    expect(ledger.sources.map(({ source }) => source.name)).toEqual(['box/gpu0', 'mac', 'mac/cpu'])
    // The total does not need the spans.
    expect(telemetry.totalJ(2, 7)).toBeCloseTo(160, 9)
  })

  test('of another time are not counted', () => {
    const { ledger } = attribute([['tool_call', 100, 200]], tenWatts(10))
    expect(ledger.sources).toEqual([])
    expect(ledger.energyOf(0)).toBeUndefined()
    expect(tenWatts(10).totalJ(100, 200)).toBeUndefined()
  })

  test('of another time are counted after an offset corrects their clock', () => {
    const telemetry = tenWatts(10)
    const { ledger } = attribute([['tool_call', 102, 107]], telemetry)
    telemetry.setOffset(0, 100)
    expect([...ledger.update([])]).toEqual([0])
    expect(ledger.energyOf(0)?.ownJ).toBe(50)
  })
})

describe('times that a broken clock wrote', () => {
  const T0 = 1_767_225_600
  const run: SpanTuple[] = [
    ['agent', T0, T0 + 20],
    ['tool_call', T0 + 2, T0 + 6, { parent_id: 's0' }],
  ]
  const samples = (...times: readonly number[]): Telemetry => {
    const telemetry = new Telemetry()
    for (const timestamp of times) {
      const energy_joules = 500 + 10 * Math.min(Math.max(timestamp - T0, 0), 20)
      telemetry.add({ timestamp, reading: { energy_joules, power_watts: 10 }, source: 'gpu' })
    }
    return telemetry
  }
  const seconds = Array.from({ length: 21 }, (_, at) => T0 + at)
  const expected = attribute(run, samples(...seconds))

  test.each([0, -1, -62_135_596_800, 253_402_214_400])(
    'a span that ends at %d takes no energy and changes no other span',
    (brokenS) => {
      const found = attribute(
        [...run, ['tool_call', T0 + 3, brokenS, { parent_id: 's0' }]],
        samples(...seconds),
      )
      expect(found.own).toEqual([...expected.own, 0])
      expect(found.idleJ).toBe(expected.idleJ)
    },
  )

  test.each([0, -62_135_596_800, 253_402_214_400])(
    'a sample at %d adds no energy and no measured time',
    (brokenS) => {
      const found = attribute(run, samples(...seconds, brokenS))
      expect(found.own).toEqual(expected.own)
      expect(found.idleJ).toBe(expected.idleJ)
      const curveOf = ({ ledger }: typeof found) => ledger.sources[0]!.source.curve
      expect(curveOf(found).knownS(-Infinity, Infinity)).toBeCloseTo(20, 5)
    },
  )
})
