import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentEvent, JsonValue } from '../line/event.ts'
import { isDropped, SpanFlag, type DataQuality, type WriterQuality } from './span.ts'
import { Lanes } from '../lanes/lanes.ts'
import { markLine, oracle, spanLine, type OracleEvent } from '../testing/oracle.ts'
import { Trace } from './trace.ts'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400)

const maybe = (key: string, values: readonly JsonValue[], weight = 2) =>
  fc.oneof(
    { arbitrary: fc.constant({}), weight },
    fc.constantFrom(...values).map((v) => ({ [key]: v })),
  )

const metadata = fc
  .tuple(
    maybe('span_id', ['a', 'b', 'c', 'd', null, '']),
    maybe('call_id', ['x', 'y'], 5),
    maybe('agent_name', ['planner', 'coder'], 3),
    maybe('turn_idx', [0, 1], 4),
    maybe('tool', ['grep', 'ls'], 3),
    maybe('model', ['m1', 'm2'], 4),
    maybe('parent_id', ['a', 'b', 'zz'], 6),
    maybe('error', ['boom', ''], 8),
    maybe('count', [7, 0, 'many'], 4),
  )
  .map((parts): Record<string, JsonValue> => Object.assign({}, ...parts))

const eventType = fc.constantFrom(
  ...['agent', 'turn', 'tool_call', 'lm_inference', 'prefill', 'custom'].flatMap((kind) => [
    `${kind}_start`,
    `${kind}_end`,
  ]),
  'error_classified',
  'recorder_dropped',
  'recorder_dropped_end',
)

/** A log: times with many ties, positions as unique as in a file. */
const log = fc
  .array(fc.tuple(eventType, fc.integer({ min: 0, max: 30 }), metadata), { maxLength: 40 })
  .map((events): OracleEvent[] =>
    events.map(([event_type, timestamp, meta], position) => ({
      event: { event_type, timestamp, metadata: meta } as AgentEvent,
      position,
    })),
  )

function facts(trace: Trace): string[] {
  const spans = trace.spans.map((span) =>
    spanLine({
      position: span.startPosition,
      end: span.endPosition,
      parent: span.parent?.startPosition,
      unsure: (span.flags & SpanFlag.PARENT_UNSURE) !== 0,
      ambiguous: (span.flags & SpanFlag.AMBIGUOUS) !== 0,
      error: (span.flags & SpanFlag.ERROR) !== 0,
      released: span.releasedS !== undefined,
    }),
  )
  const marks = trace.marks.map((mark) =>
    markLine(mark.position, mark.orphan, mark.parent?.startPosition),
  )
  return [...spans, ...marks].sort()
}

/** What a writer's spans and marks say one by one; `late` holds the positions of late events. */
function doubtsOf(trace: Trace, writer: number, late: ReadonlySet<number>): Partial<WriterQuality> {
  const spans = trace.spans.filter((span) => span.writer === writer)
  const marks = trace.marks.filter((mark) => mark.writer === writer)
  const flagged = (flag: number) => spans.filter(({ flags }) => (flags & flag) !== 0).length
  const lateSpans = spans.filter(
    ({ startPosition, endPosition = -1 }) => late.has(startPosition) || late.has(endPosition),
  )
  const lateMarks = marks.filter(({ position }) => late.has(position))
  expect(spans.filter((span) => span.late)).toEqual(lateSpans)
  expect(marks.filter((mark) => mark.late)).toEqual(lateMarks)
  return {
    ambiguous: flagged(SpanFlag.AMBIGUOUS),
    unfinished: flagged(SpanFlag.DID_NOT_END),
    clock: flagged(SpanFlag.CLOCK),
    parentUnsure: flagged(SpanFlag.PARENT_UNSURE),
    orphan: marks.filter((mark) => mark.orphan).length,
    lateItems: lateSpans.length + lateMarks.length,
    droppedMarks: marks.filter(isDropped).length,
  }
}

/** Positions of the events that are older than one that came before them. */
function latePositions(order: readonly OracleEvent[]): Set<number> {
  const times = order.map(({ event }) => event.timestamp)
  const late = order.filter((_, at) => times[at]! < Math.max(...times.slice(0, at)))
  return new Set(late.map(({ position }) => position))
}

function droppedBy(order: readonly OracleEvent[], writerOf: (position: number) => number) {
  const dropped = order.filter(({ event }) => event.event_type === 'recorder_dropped')
  return (writer: number): number =>
    dropped
      .filter(({ position }) => writerOf(position) === writer)
      .reduce((sum, { event }) => sum + (event.metadata['count'] === 7 ? 7 : 1), 0)
}

const arrival = log.chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length }),
    flushEvery: fc.integer({ min: 1, max: 10 }),
  }),
)

describe('a trace', () => {
  it('is what the slow oracle makes of the sorted log', () => {
    fc.assert(
      fc.property(log, (events) => {
        const trace = new Trace()
        for (const { event, position } of events) trace.add(event, position)
        trace.flush()
        expect(facts(trace)).toEqual(oracle(events))
      }),
      { numRuns: RUNS },
    )
  })

  it('does not depend on the order of arrival or on how the log was cut', () => {
    fc.assert(
      fc.property(arrival, ({ events, order, flushEvery }) => {
        const trace = new Trace()
        order.forEach(({ event, position }, index) => {
          trace.add(event, position)
          if (index % flushEvery === 0) trace.flush()
        })
        trace.flush()
        expect(facts(trace)).toEqual(oracle(events))
      }),
      { numRuns: RUNS },
    )
  })

  it('tells every change: one who only listens ends up with the same', () => {
    fc.assert(
      fc.property(arrival, ({ order, flushEvery }) => {
        const trace = new Trace()
        const heard = new Map<number, string>()
        const line = (slot: number) => {
          const span = trace.spans[slot]!
          return `${span.endS} ${span.parent?.slot} ${span.flags} ${span.agent} ${span.subject}`
        }
        const listen = () => {
          for (const span of trace.flush().spans) heard.set(span.slot, line(span.slot))
        }
        order.forEach(({ event, position }, index) => {
          trace.add(event, position)
          if (index % flushEvery === 0) listen()
        })
        listen()
        expect([...heard].sort(([a], [b]) => a - b)).toEqual(
          trace.spans.map((span) => [span.slot, line(span.slot)]),
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('counts what is in doubt writer by writer, as one finds it by looking at every span', () => {
    fc.assert(
      fc.property(arrival, fc.integer({ min: 1, max: 3 }), ({ order, flushEvery }, writers) => {
        const trace = new Trace()
        order.forEach(({ event, position }, index) => {
          trace.add(event, position, position % writers)
          if (index % flushEvery === 0) trace.flush()
          if (index % 7 === 0) trace.setWriter(index % writers, index % 2 === 0 ? 'lost' : 'live')
        })
        trace.addLost(3, writers - 1)
        trace.addMalformed(order.length, 'nonsense', 0)
        trace.flush()
        const parts = trace.qualityOfWriters()
        const late = latePositions(order)
        const dropped = droppedBy(order, (position) => position % writers)
        for (const part of parts) {
          expect(part).toMatchObject(doubtsOf(trace, part.writer, late))
          expect(part.dropped).toBe(dropped(part.writer))
          expect(part.lost).toBe(part.dropped + (part.writer === writers - 1 ? 3 : 0))
        }
        const sum = (key: keyof DataQuality) => parts.reduce((total, part) => total + part[key], 0)
        for (const [key, value] of Object.entries(trace.quality())) {
          expect([key, value]).toEqual([key, sum(key as keyof DataQuality)])
        }
        expect(parts.reduce((total, { events }) => total + events, 0)).toBe(order.length)
        expect(trace.quality().late).toBe(late.size)
      }),
      { numRuns: RUNS },
    )
  })

  it('gives rows in which no two bars overlap, whatever comes late', () => {
    fc.assert(
      fc.property(arrival, ({ order, flushEvery }) => {
        const trace = new Trace()
        const lanes = new Lanes(trace, (item) => item.agent ?? '')
        order.forEach(({ event, position }, index) => {
          trace.add(event, position)
          if (index % flushEvery === 0) lanes.place(trace.flush())
        })
        lanes.place(trace.flush())
        const rows = new Map<string, { from: number; to: number }[]>()
        for (const span of trace.spans) {
          const place = lanes.placeOf(span)!
          const key = `${place.group}/${place.row}`
          const to = span.endS ?? span.releasedS ?? Infinity
          rows.set(key, [...(rows.get(key) ?? []), { from: span.startS, to }])
        }
        for (const bars of rows.values()) {
          for (const a of bars) {
            for (const b of bars) {
              if (a === b) continue
              expect(Math.min(a.to, b.to) - Math.max(a.from, b.from)).toBeLessThanOrEqual(0)
            }
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('gives the same rows live, event by event, as from the whole file, when nothing is late', () => {
    fc.assert(
      fc.property(
        log,
        fc.boolean(),
        fc.integer({ min: 1, max: 7 }),
        (events, withIds, flushEvery) => {
          const sorted = settled(events, withIds).toSorted(
            (a, b) => a.event.timestamp - b.event.timestamp,
          )
          const rowsOf = (every: number) => {
            const trace = new Trace()
            const lanes = new Lanes(trace, (item) => item.agent ?? '')
            sorted.forEach(({ event }, position) => {
              trace.add(event, position)
              if (position % every === 0) lanes.place(trace.flush())
            })
            lanes.place(trace.flush())
            return trace.spans.map((span) => ({ ...lanes.placeOf(span)!, span: undefined }))
          }
          const idsAreHonest = events.every(
            ({ event }) => !Object.hasOwn(event.metadata, 'parent_id'),
          )
          fc.pre(idsAreHonest)
          expect(rowsOf(flushEvery)).toEqual(rowsOf(Infinity))
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('at a playhead is what a trace shows that has read just the lines up to it', () => {
    fc.assert(
      fc.property(log, fc.boolean(), fc.integer({ min: 0, max: 30 }), (events, withIds, atS) => {
        const pure = settled(events, withIds)
        const whole = traceOf(pure)
        const prefix = traceOf(pure.filter(({ event }) => event.timestamp <= atS))
        // An end before its start is a guess, which a later end takes back.
        const spans = [...whole.spans, ...prefix.spans]
        fc.pre(spans.every((span) => !(span.flags & SpanFlag.CLOCK)))
        const clipped = whole.spans
          .filter((span) => span.startS <= atS)
          .map((span) => {
            const hasEnded = span.endS !== undefined && span.endS <= atS
            return [
              span.startPosition,
              hasEnded ? span.endS : undefined,
              hasEnded ? span.subject : span.startSubject,
              span.ambiguousAtS !== undefined && span.ambiguousAtS <= atS,
              span.errorAtS !== undefined && span.errorAtS <= atS,
            ]
          })
        expect(clipped.sort(byPosition)).toEqual(
          prefix.spans
            .map((span) => [
              span.startPosition,
              span.endS,
              span.subject,
              (span.flags & SpanFlag.AMBIGUOUS) !== 0,
              (span.flags & SpanFlag.ERROR) !== 0,
            ])
            .sort(byPosition),
        )
      }),
      { numRuns: RUNS },
    )
  })
})

function byPosition(a: readonly unknown[], b: readonly unknown[]): number {
  return Number(a[0]) - Number(b[0])
}

/**
 * A log in which no line can revise what stands before it, as an end with an id does when it finds
 * its start taken by one without: either all of its events have an id, or none.
 */
function settled(events: readonly OracleEvent[], withIds: boolean): readonly OracleEvent[] {
  return events.filter(
    ({ event }) => event.metadata['call_id'] === undefined && hasSpanId(event) === withIds,
  )
}

function hasSpanId(event: AgentEvent): boolean {
  const id = event.metadata['span_id']
  return id !== undefined && id !== null && id !== ''
}

function traceOf(events: readonly OracleEvent[]): Trace {
  const trace = new Trace()
  for (const { event, position } of events) trace.add(event, position)
  trace.flush()
  return trace
}
