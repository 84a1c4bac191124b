import { encodeEvent, type Trace } from '@wattline/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogWriter } from '../model/run-info.ts'
import { DOUBTFUL_LINES, DOUBTFUL_RUN, type WrittenLines } from '../testing/doubtful.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { LogWriters } from '../worker/read/log-writers.ts'
import { parseRun } from '../worker/read/server-run.ts'
import { search } from '../worker/answers/search.ts'
import {
  clockText,
  countOf,
  countProblems,
  PROBLEMS,
  problemsOf,
  hitsOf,
  ofWriter,
  withClockSkew,
} from './problems.ts'

interface Read {
  readonly trace: Trace
  readonly known: LogWriters
  readonly writers: LogWriter[]
}

function read(lines: readonly WrittenLines[], run?: object): Read {
  const ingestor = new Ingestor('agent')
  const known = new LogWriters()
  for (const { writer, text } of lines) {
    ingestor.push(new TextEncoder().encode(text), known.numberOf(writer))
  }
  for (const facts of parseRun(run)?.writers ?? []) {
    const number = known.numberOf(facts.id)
    ingestor.trace.addLost(known.update(facts), number)
    ingestor.trace.setWriter(number, facts.state)
  }
  ingestor.flush()
  const { trace } = ingestor
  return { trace, known, writers: known.withQuality(trace.qualityOfWriters()) }
}

/** For the run and for each writer: the counts that have a search, and what the search finds. */
async function countsAndHits({ trace, known, writers }: Read): Promise<{
  counted: number[]
  found: number[]
}> {
  const searched = { trace, writers: known.all }
  const queried = PROBLEMS.flatMap((problem) =>
    problem.query === undefined ? [] : [[problem, problem.query] as const],
  )
  const queries = queried.flatMap(([, query]) => [
    query,
    ...writers.map((writer) => ofWriter(query, writer)),
  ])
  const answers = await Promise.all(queries.map((query) => search(searched, query)))
  return {
    counted: queried.flatMap(([problem]) => [
      hitsOf(problem, writers),
      ...writers.map((writer) => hitsOf(problem, [writer])),
    ]),
    found: answers.map(({ count }) => count),
  }
}

test('the search of each problem finds as many spans and marks as the problem counts', async () => {
  const log = read(DOUBTFUL_LINES, DOUBTFUL_RUN)
  expect(problemsOf(log.writers)).toEqual(PROBLEMS)
  const { counted, found } = await countsAndHits(log)
  expect(found).toEqual(counted)
})

const line = fc
  .record({
    event_type: fc.constantFrom(
      ...['agent', 'tool_call', 'decode'].flatMap((kind) => [`${kind}_start`, `${kind}_end`]),
      'retry_attempt',
      'recorder_dropped',
    ),
    timestamp: fc.integer({ min: 0, max: 20 }),
    metadata: fc.constantFrom({}, { span_id: 'a' }, { span_id: 'b' }, { count: 3 }),
  })
  .map((event) => `${encodeEvent(event)}\n`)

test('the search of each problem finds what it counts in any log', async () => {
  const written = fc.record({ writer: fc.constantFrom('w1', 'w10', 'w2'), text: line })
  await fc.assert(
    fc.asyncProperty(fc.array(written, { maxLength: 40 }), async (lines) => {
      const run = { id: 'r', writers: [{ id: 'w1', name: 'w10', state: 'lost' }] }
      const { counted, found } = await countsAndHits(read(lines, run))
      expect(found).toEqual(counted)
    }),
  )
})

test('a count that was measured for no writer is unknown, for some writers their sum', () => {
  const duplicates = PROBLEMS.find(({ short }) => short === 'Duplicates')!
  expect(countOf(duplicates, read(DOUBTFUL_LINES).writers)).toBeUndefined()
  expect(countOf(duplicates, read(DOUBTFUL_LINES, DOUBTFUL_RUN).writers)).toBe(4)
})

test('describes clocks that differ by a second or more', () => {
  const off = withClockSkew(read(DOUBTFUL_LINES, DOUBTFUL_RUN).writers)
  expect(off.map(({ clockBehindS }) => clockText(clockBehindS!))).toEqual([
    '3.2 s behind',
    '1:00:00 ahead',
  ])
})

test('counts a span with an uncertain pairing and an uncertain parent once', () => {
  const [writer] = read(DOUBTFUL_LINES).writers
  const counts = { ...writer!, ambiguous: 5, parentUnsure: 3 }
  const { others } = countProblems([{ ...writer!, ambiguous: 0, parentUnsure: 0 }])
  expect(countProblems([counts])).toEqual({ uncertain: 5, others })
  expect(countProblems([counts, { ...counts, parentUnsure: 7 }]).uncertain).toBe(12)
})
