import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import type { Span } from '../trace/span.ts'
import { counterEnergy, energyOracle, powerEnergy } from '../testing/energy-oracle.ts'
import { Trace } from '../trace/trace.ts'
import { EnergyLedger, type SpanEnergy } from './energy-ledger.ts'
import { Telemetry } from '../telemetry/telemetry.ts'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 100)

const CLOUD = { is_cloud: true }

interface ArbitrarySpan {
  readonly startS: number
  readonly lengthS: number
  readonly parent: number
  readonly hasEnd: boolean
  readonly place: object
}

/** Trees of any shape: children end after parents, start before them, overlap or have no duration. */
const tree = fc.array(
  fc.record({
    startS: fc.integer({ min: 0, max: 40 }).map((quarters) => quarters / 4),
    lengthS: fc.oneof(fc.integer({ min: 0, max: 16 }), fc.double({ min: 0, max: 5, noNaN: true })),
    parent: fc.integer({ min: -3, max: 14 }),
    hasEnd: fc.constantFrom(true, true, true, false),
    place: fc.constantFrom({}, {}, {}, { host: 'a' }, { host: 'b' }, CLOUD),
  }),
  { minLength: 1, maxLength: 15 },
)

/** Sample intervals from 1 ms to 10 s with their joules, gaps and resets. */
const meter = fc.record({
  intervalS: fc.constantFrom(0.001, 0.01, 0.05, 0.25, 1, 3, 10),
  startS: fc.integer({ min: -4, max: 12 }),
  rises: fc.array(
    fc.record({
      usedJ: fc.double({ min: 0, max: 50, noNaN: true }),
      /** The number of intervals before the next sample. */
      steps: fc.constantFrom(1, 1, 1, 1, 2, 9),
      isReset: fc.constantFrom(false, false, false, false, false, true),
    }),
    { minLength: 2, maxLength: 40 },
  ),
})

type Meter = typeof meter extends fc.Arbitrary<infer T> ? T : never

/** Samples of power without gaps. */
const powerMeter = (intervalsS: readonly number[]) =>
  fc
    .record({
      intervalS: fc.constantFrom(...intervalsS),
      startS: fc.integer({ min: -4, max: 12 }),
      steps: fc.array(
        fc.tuple(fc.constantFrom(1, 1, 1, 2, 4), fc.double({ min: 0, max: 500, noNaN: true })),
        { minLength: 3, maxLength: 40 },
      ),
    })
    .map(({ intervalS, startS, steps }) => {
      let timeS = startS
      return steps.map(([step, watts]) => [(timeS += step * intervalS), watts] as const)
    })

function spanEvents(spans: readonly ArbitrarySpan[]): AgentEvent[] {
  return spans.flatMap(({ startS, lengthS, parent, hasEnd, place }, index) => {
    const id = { span_id: `s${index}` }
    // Only an earlier span of the list can be a parent, so that there is no cycle.
    const parentId = parent >= 0 && parent < index ? { parent_id: `s${parent}` } : {}
    const start = { ...id, ...parentId, ...place, run_id: `r${index}` }
    return [
      { event_type: 'job_start', timestamp: startS, metadata: start },
      ...(hasEnd
        ? [{ event_type: 'job_end', timestamp: startS + lengthS, metadata: id } as AgentEvent]
        : []),
    ]
  })
}

/** A source of the generated values. */
interface Measured {
  readonly samples: readonly TelemetrySample[]
  readonly energyJ: (fromS: number, untilS: number) => number
}

/** The energy before a reset of a counter is lost. */
function measured({ intervalS, startS, rises }: Meter, source: string): Measured {
  let counterJ = 1000
  let energyJ = 0
  let timestamp = startS
  const samples: TelemetrySample[] = [{ timestamp, reading: { energy_joules: counterJ }, source }]
  const curve: [number, number][] = [[timestamp, 0]]
  for (const { usedJ, steps, isReset } of rises) {
    timestamp += intervalS * steps
    const before = counterJ
    counterJ = isReset ? counterJ / 2 : counterJ + usedJ
    energyJ += isReset ? 0 : counterJ - before
    samples.push({ timestamp, reading: { energy_joules: counterJ }, source })
    curve.push([timestamp, energyJ])
  }
  return { samples, energyJ: counterEnergy(curve) }
}

function measuredPower(
  points: readonly (readonly [timeS: number, watts: number])[],
  source: string,
): Measured {
  return {
    samples: points.map(([timestamp, watts]) => {
      return { timestamp, reading: { power_watts: watts }, source }
    }),
    energyJ: powerEnergy(points),
  }
}

const totalOf = ({ energyJ }: Measured) => energyJ(-Infinity, Infinity)

/** Adds samples on the straight line between two others, so that the power is the same. */
function refined(
  points: readonly (readonly [timeS: number, watts: number])[],
  sharesOf: (interval: number) => readonly number[],
): readonly (readonly [timeS: number, watts: number])[] {
  return points.flatMap(([untilS, untilW], at) => {
    if (at === 0) return [[untilS, untilW] as const]
    const [fromS, fromW] = points[at - 1]!
    const added = sharesOf(at)
      .toSorted((a, b) => a - b)
      .map((share) => [fromS + share * (untilS - fromS), fromW + share * (untilW - fromW)] as const)
    return [...added, [untilS, untilW] as const]
  })
}

function ledgerOf(events: readonly AgentEvent[], samples: readonly TelemetrySample[]) {
  const trace = new Trace()
  const telemetry = new Telemetry()
  events.forEach((event, position) => trace.add(event, position))
  for (const sample of samples) telemetry.add(sample)
  trace.setWriter(0, 'closed')
  trace.flush()
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  return { trace, telemetry, ledger }
}

/** The energy of a span; one that is not measured adds nothing to a sum. */
function joulesOf(ledger: EnergyLedger, slot: number): SpanEnergy {
  return ledger.energyOf(slot) ?? { ownJ: 0, totalJ: 0, exclusiveJ: 0, lowJ: 0, highJ: 0 }
}

function expectClose(actual: number, expected: number, totalJ: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(totalJ, 1e-6))
}

const notCloud = (span: Span, spans: readonly ArbitrarySpan[], host: string) => {
  const place = spans[span.slot]!.place as { host?: string; is_cloud?: boolean }
  return place.is_cloud !== true && (place.host ?? host) === host
}

const isWithin = ({ samples }: Measured, trace: Trace) =>
  samples[0]!.timestamp <= trace.lastEventS! && samples.at(-1)!.timestamp >= trace.firstEventS!

const INTERVALS_S = [0.001, 0.01, 0.05, 0.25, 1, 3, 10]

const eitherMeter = (source: string) =>
  fc.oneof(
    meter.map((one) => measured(one, source)),
    powerMeter(INTERVALS_S).map((points) => measuredPower(points, source)),
  )

describe('conserved attribution', () => {
  it('equals the oracle and conserves energy', () => {
    fc.assert(
      fc.property(tree, eitherMeter('a/gpu0'), eitherMeter('b/gpu0'), (spans, one, other) => {
        const meters = [one, other]
        const samples = meters.flatMap((meterOf) => meterOf.samples)
        const { trace, ledger } = ledgerOf(spanEvents(spans), samples)
        const used = meters.filter((meterOf) => isWithin(meterOf, trace))
        const hosts = ['a', 'b'].filter((_, at) => used.includes(meters[at]!))
        fc.pre(
          ledger.sources.length === used.length &&
            used.length > 0 &&
            ledger.sources.every(({ source }) => source.wrongUnit === undefined),
        )
        const oracle = energyOracle(
          trace,
          used.map(({ energyJ }, at) => ({
            energyJ,
            serves: (span: Span) => notCloud(span, spans, hosts[at]!),
          })),
        )
        const idleJ = ledger.sources.reduce((sum, source) => sum + source.idleJ, 0)
        let sumJ = idleJ
        for (const { slot } of trace.spans) {
          const energy = joulesOf(ledger, slot)
          const isMeasured = ledger.energyOf(slot) !== undefined
          expect(isMeasured && spans[slot]!.place === CLOUD).toBe(false)
          sumJ += energy.ownJ
          expectClose(energy.ownJ, oracle.spans[slot]!.ownJ, oracle.totalJ)
          expectClose(energy.exclusiveJ, oracle.spans[slot]!.exclusiveJ, oracle.totalJ)
          if (isMeasured) expectClose(energy.totalJ, oracle.spans[slot]!.totalJ, oracle.totalJ)
          const slack = 1e-9 * oracle.totalJ
          expect(energy.lowJ).toBeLessThanOrEqual(energy.exclusiveJ + slack)
          expect(energy.highJ).toBeGreaterThanOrEqual(energy.ownJ - slack)
        }
        expectClose(idleJ, oracle.idleJ, oracle.totalJ)
        expectClose(sumJ, oracle.totalJ, oracle.totalJ)
      }),
      { numRuns: RUNS },
    )
  })

  it('attributes the same to a span and to its two halves', () => {
    fc.assert(
      fc.property(
        tree,
        eitherMeter('a/gpu0'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (...args) => {
          const [spans, one, share] = args
          const { samples } = one
          const [first, ...rest] = spans.map((span) => ({ ...span, parent: -1 }))
          const cutS = first!.lengthS * share
          const halves = [
            { ...first!, lengthS: cutS },
            { ...first!, startS: first!.startS + cutS, lengthS: first!.lengthS - cutS },
          ]
          const whole = ledgerOf(spanEvents([first!, ...rest]), samples)
          const split = ledgerOf(spanEvents([...halves, ...rest]), samples)
          fc.pre(whole.ledger.sources.length > 0)
          expect(split.ledger.sources.length).toBe(whole.ledger.sources.length)
          const own = (ledger: EnergyLedger, slot: number) => joulesOf(ledger, slot).ownJ
          const totalJ = totalOf(one)
          expectClose(own(split.ledger, 0) + own(split.ledger, 1), own(whole.ledger, 0), totalJ)
          rest.forEach((_, at) => {
            expectClose(own(split.ledger, at + 2), own(whole.ledger, at + 1), totalJ)
          })
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('does not change when samples are added on the line between two samples of power', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    const shares = fc.array(fc.tuple(fc.nat({ max: 38 }), share), { minLength: 1, maxLength: 60 })
    const isIn = (interval: number) => (entry: readonly [number, number]) =>
      entry[0] === interval - 1
    const pairs = fc.oneof(
      // No interval is longer than the shortest gap, whatever the usual interval becomes.
      fc
        .tuple(powerMeter([0.001, 0.02, 0.06]), shares)
        .map(([points, at]) => [
          points,
          refined(points, (interval) => at.filter(isIn(interval)).map(([, value]) => value)),
        ]),
      // Intervals of any length, each cut into the same number of parts.
      fc
        .tuple(powerMeter(INTERVALS_S), fc.integer({ min: 2, max: 9 }))
        .map(([points, parts]) => [
          points,
          refined(points, () => Array.from({ length: parts - 1 }, (_, at) => (at + 1) / parts)),
        ]),
    )
    fc.assert(
      fc.property(tree, pairs, (spans, [points, finer]) => {
        const source = measuredPower(points!, 'a/gpu0')
        const before = ledgerOf(spanEvents(spans), source.samples)
        const after = ledgerOf(spanEvents(spans), measuredPower(finer!, 'a/gpu0').samples)
        expect(after.ledger.sources.length).toBe(before.ledger.sources.length)
        const totalJ = totalOf(source)
        before.ledger.sources.forEach(({ idleJ }, at) => {
          expectClose(after.ledger.sources[at]!.idleJ, idleJ, totalJ)
        })
        for (const { slot } of before.trace.spans) {
          const [one, other] = [joulesOf(before.ledger, slot), joulesOf(after.ledger, slot)]
          expectClose(other.ownJ, one.ownJ, totalJ)
          expectClose(other.totalJ, one.totalJ, totalJ)
          expectClose(other.exclusiveJ, one.exclusiveJ, totalJ)
          // More samples can only narrow the bounds.
          expect(other.lowJ).toBeGreaterThanOrEqual(one.lowJ - 1e-9 * totalJ)
          expect(other.highJ).toBeLessThanOrEqual(one.highJ + 1e-9 * totalJ)
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('has bounds that contain the result of finer samples', () => {
    fc.assert(
      fc.property(tree, meter, fc.integer({ min: 2, max: 9 }), (spans, one, every) => {
        const rises = one.rises.map((rise) => ({ ...rise, isReset: false }))
        const fine = measured({ ...one, rises }, 'a/gpu0').samples
        const coarse = fine.filter((_, at) => at % every === 0 || at === fine.length - 1)
        const known = ledgerOf(spanEvents(spans), fine)
        const guessed = ledgerOf(spanEvents(spans), coarse)
        fc.pre(known.ledger.sources.length > 0 && guessed.ledger.sources.length > 0)
        for (const { slot } of known.trace.spans) {
          const { exclusiveJ, ownJ } = joulesOf(known.ledger, slot)
          const { lowJ, highJ } = joulesOf(guessed.ledger, slot)
          expect(lowJ).toBeLessThanOrEqual(exclusiveJ + 1e-6)
          expect(highJ).toBeGreaterThanOrEqual(ownJ - 1e-6)
        }
      }),
      { numRuns: RUNS },
    )
  })
})

describe('a ledger that is updated', () => {
  const line = fc.record({
    spans: tree,
    meter: eitherMeter('a/gpu0'),
    seed: fc.array(fc.nat({ max: 1000 }), { minLength: 90, maxLength: 90 }),
    /** In order, with some lines slightly late, or in random order. */
    order: fc.constantFrom('sorted', 'behind', 'shuffled'),
    updateEvery: fc.integer({ min: 1, max: 12 }),
  })

  it('equals a ledger of the whole run for any order of arrival', () => {
    fc.assert(
      fc.property(line, ({ spans, meter: { samples }, seed, order, updateEvery }) => {
        const events = spanEvents(spans)
        const whole = ledgerOf(events, samples)
        const lines = [
          ...events.map((event, position) => ({ event, position, timeS: event.timestamp })),
          ...samples.map((sample) => ({ sample, timeS: sample.timestamp })),
        ].sort((a, b) => a.timeS - b.timeS)
        const rank = new Map(lines.map((item, at) => [item, seed[at % seed.length]!]))
        const behindS = (item: (typeof lines)[number]) => (rank.get(item)! % 3 === 0 ? 0.75 : 0)
        if (order === 'shuffled') lines.sort((a, b) => rank.get(a)! - rank.get(b)!)
        if (order === 'behind') lines.sort((a, b) => a.timeS + behindS(a) - b.timeS - behindS(b))
        const trace = new Trace()
        const telemetry = new Telemetry()
        const ledger = new EnergyLedger(trace, telemetry)
        const reported = new Map<number, SpanEnergy | undefined>()
        const update = () => {
          for (const slot of ledger.update(trace.flush().spanSlots)) {
            reported.set(slot, ledger.energyOf(slot))
          }
        }
        lines.forEach((item, at) => {
          if ('event' in item) trace.add(item.event, item.position)
          else telemetry.add(item.sample)
          if (at % updateEvery === 0) update()
        })
        trace.setWriter(0, 'closed')
        update()
        expect(ledger.sources.length).toBe(whole.ledger.sources.length)
        fc.pre(ledger.sources.length > 0)
        const totalJ = whole.ledger.sources[0]!.source.curve.totalJ
        expectClose(ledger.sources[0]!.idleJ, whole.ledger.sources[0]!.idleJ, totalJ)
        for (const span of trace.spans) {
          const same = whole.trace.spans.find((at) => at.startPosition === span.startPosition)!
          const isMeasured = whole.ledger.energyOf(same.slot) !== undefined
          expect(ledger.energyOf(span.slot) !== undefined).toBe(isMeasured)
          expect(reported.get(span.slot) !== undefined).toBe(isMeasured)
          if (!isMeasured) continue
          const expected = joulesOf(whole.ledger, same.slot)
          const actual = joulesOf(ledger, span.slot)
          // Every change was reported.
          for (const key of ['ownJ', 'totalJ', 'exclusiveJ', 'lowJ', 'highJ'] as const) {
            expectClose(actual[key], expected[key], totalJ)
            expectClose(reported.get(span.slot)![key], actual[key], totalJ)
          }
        }
      }),
      { numRuns: RUNS / 2 },
    )
  })
})
