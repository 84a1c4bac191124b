import { describe, expect, it } from 'vitest'
import { SpanFlag, type Span } from './span.ts'
import { Trace } from './trace.ts'
import type { AgentEvent } from '../line/event.ts'
import { fixtureEvents, fixtureText } from '../testing/fixtures.ts'

function traceOf(events: readonly AgentEvent[]): Trace {
  const trace = new Trace()
  events.forEach((event, index) => trace.add(event, index))
  trace.setWriter(0, 'closed')
  trace.flush()
  return trace
}

interface Truth {
  readonly pairs: readonly [start: number, end: number][]
  readonly parents: readonly [start: number, parent: number | null][]
}

describe('a recorded log of eight threads', () => {
  const truth = () => JSON.parse(fixtureText('threads8_overlap.truth.json.gz')) as Truth

  it('gets the right pairs and parents with ids', () => {
    const { spans } = traceOf(fixtureEvents('threads8_overlap.jsonl.gz'))
    const pairs = spans
      .filter((span) => span.endPosition !== undefined)
      .map((span): [number, number] => [span.startPosition, span.endPosition!])
    expect(pairs).toHaveLength(509)
    expect(new Set(pairs.map(String))).toEqual(new Set(truth().pairs.map(String)))
    const unended = spans.filter((span) => span.endS === undefined)
    expect(unended).toHaveLength(8)
    expect(unended.every((span) => span.flags & SpanFlag.DID_NOT_END)).toBe(true)
    expect(spans.filter((span) => span.flags & SpanFlag.AMBIGUOUS)).toEqual([])
    const byStart = new Map(spans.map((span) => [span.startPosition, span]))
    for (const [start, parent] of truth().parents) {
      const span = byStart.get(start)!
      expect(span.parent?.startPosition, `the parent of event ${start}`).toBe(parent ?? undefined)
      expect(span.flags & SpanFlag.PARENT_UNSURE).toBe(0)
    }
  })

  it('flags every wrong pair as ambiguous without ids', () => {
    const { spans } = traceOf(fixtureEvents('threads8_overlap.noids.jsonl.gz'))
    const right = new Set(truth().pairs.map(String))
    const certain = spans.filter(
      (span) => !(span.flags & SpanFlag.AMBIGUOUS) && span.endS !== undefined,
    )
    const wrong = certain.filter(
      (span: Span) => !right.has(`${span.startPosition},${span.endPosition}`),
    )
    expect(wrong.map((span) => [span.kind, span.startPosition, span.endPosition])).toEqual([])
    expect(certain.length).toBeGreaterThanOrEqual(20)
  })
})

describe('a recorded log of one agent without ids', () => {
  it('has no flags and no orphans', () => {
    const { spans, marks } = traceOf(fixtureEvents('react_single.jsonl'))
    expect(spans.length).toBeGreaterThan(10)
    expect(spans.filter((span) => span.flags & ~SpanFlag.ERROR)).toEqual([])
    expect(marks.filter((mark) => mark.orphan)).toEqual([])
  })
})
