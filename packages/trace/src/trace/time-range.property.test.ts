import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AgentEvent } from '../line/event.ts'
import { parseLine } from '../line/parse.ts'
import { spanRecord } from '../stats/span-record.ts'
import { summarize } from '../stats/stats.ts'
import { SpanFlag } from './span.ts'
import { LONGEST_S } from './time-range.ts'
import { Trace } from './trace.ts'

const RUN_S = 1_767_225_600

/** Times that unset and broken clocks write, as they are in the log. */
const outlier = fc.oneof(
  fc.constantFrom(0, -1, 253_402_214_400, -62_135_596_800, 2 ** 63, 1e11, -1e11),
  fc.constantFrom(-11_644_473_600, 315_532_800, 946_684_800, 4_294_967_295, 253_402_300_799),
  fc.double({ min: -1e11, max: RUN_S - LONGEST_S * 1.5, noNaN: true }),
  fc.double({ min: RUN_S + LONGEST_S * 1.5, max: 1e11, noNaN: true }),
)

/** Whether a time could be that of a run: between 2001 and 2100. */
const isDate = (timeS: number): boolean => timeS >= 978_307_200 && timeS <= 4_102_444_800

/**
 * Spans in one run of less than a day. Some have an end that is an outlier, but not all one that
 * could be the time of another run: then each of the two could be the outlier.
 */
const spans = fc
  .array(
    fc.record({
      offsetS: fc.integer({ min: 0, max: 80_000 }),
      durationS: fc.integer({ min: 0, max: 6000 }),
      badEnd: fc.option(outlier, { nil: undefined, freq: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .filter((all) => all.some(({ badEnd }) => badEnd === undefined || !isDate(badEnd)))

function eventsOf(
  all: readonly { offsetS: number; durationS: number; badEnd?: number | undefined }[],
) {
  return all.flatMap(({ offsetS, durationS, badEnd }, id): AgentEvent[] => {
    const startS = RUN_S + offsetS
    return [
      { event_type: 'tool_call_start', timestamp: startS, metadata: { id } },
      { event_type: 'tool_call_end', timestamp: badEnd ?? startS + durationS, metadata: { id } },
    ]
  })
}

/** Reads events as lines of a log, so that units are converted; `order` is the order of arrival. */
function traceOf(
  events: readonly AgentEvent[],
  order: readonly number[] = events.map((_, i) => i),
) {
  const trace = new Trace()
  for (const position of order) {
    const line = parseLine(JSON.stringify(events[position]))
    if (line.type !== 'event') throw new Error(`not an event: ${JSON.stringify(events[position])}`)
    trace.add(line.event, position)
    trace.flush()
  }
  trace.setWriter(0, 'closed')
  trace.flush()
  return trace
}

const orderOf = (events: readonly AgentEvent[]) =>
  fc.shuffledSubarray(
    events.map((_, position) => position),
    { minLength: events.length },
  )

test('the run is the same with and without outliers, in any order of arrival', () => {
  fc.assert(
    fc.property(
      spans.chain((all) => fc.tuple(fc.constant(all), orderOf(eventsOf(all)))),
      ([all, order]) => {
        const bad = all.filter(({ badEnd }) => badEnd !== undefined)
        const good = all.filter(({ badEnd }) => badEnd === undefined)
        const trace = traceOf(eventsOf(all), order)
        const times = [
          ...all.map(({ offsetS }) => RUN_S + offsetS),
          ...good.map(({ offsetS, durationS }) => RUN_S + offsetS + durationS),
        ]
        expect([trace.firstS, trace.lastS]).toEqual([Math.min(...times), Math.max(...times)])
        const summary = summarize(trace)
        expect(summary.durationS).toBe(Math.max(...times) - Math.min(...times))
        expect(summary.quality.outliers).toBe(bad.length)
        expect(summary.quality.clock).toBe(bad.length)
        const known = summarize(traceOf(eventsOf(good))).kinds[0]
        const { p50Ms, p95Ms, maxMs, totalMs, ended } = summary.kinds[0]!
        expect({ p50Ms, p95Ms, maxMs, totalMs, ended }).toEqual({
          p50Ms: known?.p50Ms,
          p95Ms: known?.p95Ms,
          maxMs: known?.maxMs,
          totalMs: known?.totalMs,
          ended: good.length,
        })
      },
    ),
  )
})

test('a record has no end that is not usable, and no duration', () => {
  fc.assert(
    fc.property(spans, (all) => {
      for (const span of traceOf(eventsOf(all)).spans) {
        const record = spanRecord(span, {}, {}, undefined, undefined)
        const isBad = (span.flags & SpanFlag.CLOCK) !== 0
        const { start, end, durationMs, loggedEnd } = record
        expect(record.flags.includes('clock')).toBe(isBad)
        expect(end).toBe(isBad ? null : start! + durationMs! / 1000)
        expect(durationMs === null).toBe(isBad)
        expect(loggedEnd).toBe(isBad ? span.loggedEndS : undefined)
      }
    }),
  )
})

test('a log without dates has a clock that starts with the run', () => {
  const events = [0, 1, 2, 2_000_000_000].map((timestamp): AgentEvent => {
    return { event_type: 'retry_attempt', timestamp, metadata: {} }
  })
  const trace = traceOf(events)
  expect([trace.firstS, trace.lastS]).toEqual([0, 2])
  expect(trace.outliers).toEqual([{ firstS: 2e9, lastS: 2e9, events: 1 }])
})

test('a sample far from the events does not extend the run', () => {
  const trace = traceOf(eventsOf([{ offsetS: 0, durationS: 10 }]))
  trace.addSample({ timestamp: 0, reading: { power_watts: 10 } })
  trace.addSample({ timestamp: RUN_S - 5, reading: { power_watts: 10 } })
  expect([trace.firstS, trace.lastS]).toEqual([RUN_S - 5, RUN_S + 10])
})

test('a run may pause for months', () => {
  const trace = traceOf(eventsOf([{ offsetS: 0, durationS: 200 * 86_400 }]))
  expect(summarize(trace)).toMatchObject({ durationS: 200 * 86_400, quality: { outliers: 0 } })
  expect(trace.spans[0]!.durationS).toBe(200 * 86_400)
})

test('events after an outlier are not late', () => {
  const times = [RUN_S, 253_402_214_400, RUN_S + 1, 0, RUN_S + 2, RUN_S + 1]
  const trace = traceOf(
    times.map((timestamp) => ({ event_type: 'retry_attempt', timestamp, metadata: {} })),
  )
  expect(trace.quality()).toMatchObject({ late: 1, outliers: 2 })
})
