import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AgentEvent, JsonValue } from '../line/event.ts'
import { isDropped, SpanFlag, type DataQuality, type Span, type WriterQuality } from './span.ts'
import { Lanes } from '../lanes/lanes.ts'
import {
  HARD_KEYS,
  ID_KEYS,
  oracle,
  PARENT_KEYS,
  SOFT_KEYS,
  unknownUpdates,
  type OracleEvent,
} from '../testing/oracle.ts'
import { linesOf } from '../testing/lines-of.ts'
import { Trace } from './trace.ts'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 400)

const maybe = (key: string, values: readonly JsonValue[], weight = 2) =>
  fc.oneof(
    { arbitrary: fc.constant({}), weight },
    fc.constantFrom(...values).map((v) => ({ [key]: v })),
  )

/** One of the keys that pairing reads. */
const anyKey = fc
  .tuple(
    fc.constantFrom(...ID_KEYS, ...HARD_KEYS, ...SOFT_KEYS, ...PARENT_KEYS.keys()),
    fc.constantFrom('a', 'b', 1),
  )
  .map(([key, value]) => ({ [key]: value }))

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
    maybe('input_tokens', [3, 0, null], 6),
    maybe('cost_usd', [0.5, 0.25], 8),
    fc.oneof({ arbitrary: fc.constant({}), weight: 4 }, anyKey),
  )
  .map((parts): Record<string, JsonValue> => Object.assign({}, ...parts))

const startAndEnd = (kinds: readonly string[]) =>
  kinds.flatMap((kind) => [`${kind}_start`, `${kind}_end`])

const eventType = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...startAndEnd(['agent', 'turn', 'tool_call', 'lm_inference', 'prefill', 'custom']),
      'error_classified',
    ),
  },
  fc.constantFrom(
    ...startAndEnd(['decode', 'submodel_call', 'wait', 'recorder_dropped']),
    'recorder_dropped',
    'trajectory_end',
  ),
  { weight: 2, arbitrary: fc.constant('span_update') },
)

/** A log with many equal times; positions are unique, as in a file. */
const logOf = (writers: number) =>
  fc
    .array(
      fc.tuple(
        eventType,
        fc.integer({ min: 0, max: 30 }),
        metadata,
        fc.integer({ min: 0, max: writers - 1 }),
      ),
      { maxLength: 40 },
    )
    .map((events): OracleEvent[] =>
      events.map(([event_type, timestamp, meta, writer], position) => ({
        event: { event_type, timestamp, metadata: meta } as AgentEvent,
        position,
        writer,
      })),
    )
const log = logOf(1)
/** Logs of one writer, and of some that share ids. */
const anyLog = fc.integer({ min: 1, max: 3 }).chain(logOf)

/** Counts a writer's doubtful spans and marks one by one; `late` contains positions of late events. */
function qualityOf(
  trace: Trace,
  writer: number,
  late: ReadonlySet<number>,
): Partial<WriterQuality> {
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
    parentMissing: flagged(SpanFlag.PARENT_MISSING),
    orphan: marks.filter((mark) => mark.orphan).length,
    lateItems: lateSpans.length + lateMarks.length,
    droppedMarks: marks.filter(isDropped).length,
  }
}

/** Positions of the events that are older than one that arrived before them. */
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

const arrival = anyLog.chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length }),
    flushEvery: fc.integer({ min: 1, max: 10 }),
  }),
)

describe('a trace', () => {
  it('equals the oracle on the sorted log', () => {
    fc.assert(
      fc.property(anyLog, (events) => {
        const trace = new Trace()
        for (const { event, position, writer } of events) trace.add(event, position, writer)
        trace.flush()
        expect(linesOf(trace)).toEqual(oracle(events))
      }),
      { numRuns: RUNS },
    )
  })

  it('does not depend on the order of arrival or on when it is flushed', () => {
    fc.assert(
      fc.property(arrival, ({ events, order, flushEvery }) => {
        const trace = new Trace()
        order.forEach(({ event, position, writer }, index) => {
          trace.add(event, position, writer)
          if (index % flushEvery === 0) trace.flush()
        })
        trace.flush()
        expect(linesOf(trace)).toEqual(oracle(events))
      }),
      { numRuns: RUNS },
    )
  })

  it('reports every changed span from flush', () => {
    fc.assert(
      fc.property(arrival, ({ order, flushEvery }) => {
        const trace = new Trace()
        const reported = new Map<number, string>()
        const line = (slot: number) => {
          const span = trace.spans[slot]!
          return `${span.endS} ${span.parent?.slot} ${span.flags} ${span.agent} ${span.subject}`
        }
        const flush = () => {
          for (const slot of trace.flush().spanSlots) reported.set(slot, line(slot))
        }
        order.forEach(({ event, position, writer }, index) => {
          trace.add(event, position, writer)
          if (index % flushEvery === 0) flush()
        })
        flush()
        expect([...reported].sort(([a], [b]) => a - b)).toEqual(
          trace.spans.map((span) => [span.slot, line(span.slot)]),
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('counts data quality for each writer', () => {
    fc.assert(
      fc.property(arrival, fc.integer({ min: 1, max: 3 }), ({ order, flushEvery }, writers) => {
        const trace = new Trace()
        order.forEach(({ event, position }, index) => {
          trace.add(event, position, position % writers)
          if (index % flushEvery === 0) trace.flush()
          if (index % 7 === 0) trace.setWriter(index % writers, index % 2 === 0 ? 'lost' : 'live')
        })
        trace.addLost(3, writers - 1)
        trace.addMalformed()
        trace.flush()
        const parts = trace.qualityOfWriters()
        const late = latePositions(order)
        const ofWriters = order.map((item) => ({ ...item, writer: item.position % writers }))
        const unknown = unknownUpdates(ofWriters)
        const dropped = droppedBy(order, (position) => position % writers)
        for (const part of parts) {
          expect(part).toMatchObject(qualityOf(trace, part.writer, late))
          expect(part.dropped).toBe(dropped(part.writer))
          expect(part.unknownUpdates).toBe(
            unknown.filter((position) => position % writers === part.writer).length,
          )
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

  it('gets rows without overlapping bars, also with late events', () => {
    fc.assert(
      fc.property(arrival, ({ order, flushEvery }) => {
        const trace = new Trace()
        const lanes = new Lanes(trace, (item) => item.agent ?? '')
        order.forEach(({ event, position, writer }, index) => {
          trace.add(event, position, writer)
          if (index % flushEvery === 0) lanes.place(trace.flush())
        })
        lanes.place(trace.flush())
        const rows = new Map<string, { from: number; to: number }[]>()
        for (const span of trace.spans) {
          const key = `${lanes.groupAt(span.slot)}/${lanes.rowAt(span.slot)}`
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

  it('gets the same rows live as from the whole file if no event is late', () => {
    fc.assert(
      fc.property(
        log,
        fc.boolean(),
        fc.integer({ min: 1, max: 7 }),
        (events, withIds, flushEvery) => {
          const sorted = withoutRevisions(events, withIds).toSorted(
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
            return trace.spans.map(({ slot }) => [lanes.groupAt(slot), lanes.rowAt(slot)])
          }
          const hasNoParentIds = events.every(({ event }) =>
            [...PARENT_KEYS.keys()].every((key) => !Object.hasOwn(event.metadata, key)),
          )
          fc.pre(hasNoParentIds)
          expect(rowsOf(flushEvery)).toEqual(rowsOf(Infinity))
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('clipped at a playhead equals a trace of the events up to it', () => {
    fc.assert(
      fc.property(log, fc.boolean(), fc.integer({ min: 0, max: 30 }), (events, withIds, atS) => {
        // An update is laid over the start: playback shows it from the start on.
        const stable = withoutRevisions(events, withIds).filter(
          ({ event }) => event.event_type !== 'span_update',
        )
        const whole = traceOf(stable)
        const prefix = traceOf(stable.filter(({ event }) => event.timestamp <= atS))
        fc.pre(![...whole.spans, ...prefix.spans].some(endsFirst))
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

/**
 * Whether a span's end precedes its start in the order of the log, at an earlier or at the same
 * time. Such a pair is uncertain: a later end with the id replaces it, which a clip cannot show.
 */
function endsFirst(span: Span): boolean {
  if ((span.flags & SpanFlag.CLOCK) !== 0) return true
  return span.endS === span.startS && span.endPosition! < span.startPosition
}

function byPosition(a: readonly unknown[], b: readonly unknown[]): number {
  return Number(a[0]) - Number(b[0])
}

/**
 * The events that have an id, or those that have none. With both in one log, a later event can revise
 * an earlier pair: an end with an id takes a start back from an end without.
 */
function withoutRevisions(
  events: readonly OracleEvent[],
  withIds: boolean,
): readonly OracleEvent[] {
  return events.filter(({ event: { metadata: of } }) => {
    const keys = ID_KEYS.filter(
      (key) => of[key] !== undefined && of[key] !== null && of[key] !== '',
    )
    return withIds ? keys.join() === 'span_id' : keys.length === 0
  })
}

function traceOf(events: readonly OracleEvent[]): Trace {
  const trace = new Trace()
  for (const { event, position } of events) trace.add(event, position)
  trace.flush()
  return trace
}
