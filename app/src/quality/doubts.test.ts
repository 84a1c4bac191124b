import { encodeEvent, type Trace } from '@wattline/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogWriter } from '../model/run-info.ts'
import { DOUBTFUL_LINES, DOUBTFUL_RUN, type WrittenLines } from '../testing/doubtful.ts'
import { Ingestor } from '../worker/ingestor.ts'
import { LogWriters } from '../worker/read/log-writers.ts'
import { parseRun } from '../worker/read/server-run.ts'
import { search } from '../worker/answers/search.ts'
import { clockText, countOf, DOUBTS, doubtsOf, hitsOf, ofWriter, withOtherClock } from './doubts.ts'

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
    ingestor.addLost(known.note(facts), number)
    ingestor.setWriter(number, facts.state)
  }
  ingestor.flush()
  const { trace } = ingestor
  return { trace, known, writers: known.withQuality(trace.qualityOfWriters()) }
}

/** Of the run, then of each writer: the figures that search, and what the search finds. */
async function figures({ trace, known, writers }: Read): Promise<{
  told: number[]
  found: number[]
}> {
  const searched = { trace, writers: known.all }
  const queried = DOUBTS.flatMap((doubt) =>
    doubt.query === undefined ? [] : [[doubt, doubt.query] as const],
  )
  const queries = queried.flatMap(([, query]) => [
    query,
    ...writers.map((writer) => ofWriter(query, writer)),
  ])
  const answers = await Promise.all(queries.map((query) => search(searched, query)))
  return {
    told: queried.flatMap(([doubt]) => [
      hitsOf(doubt, writers),
      ...writers.map((writer) => hitsOf(doubt, [writer])),
    ]),
    found: answers.map(({ count }) => count),
  }
}

test('a figure counts what a click on it finds, of the run and of each writer', async () => {
  const log = read(DOUBTFUL_LINES, DOUBTFUL_RUN)
  expect(doubtsOf(log.writers)).toEqual(DOUBTS)
  const { told, found } = await figures(log)
  expect(found).toEqual(told)
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

test('whatever the log', async () => {
  const written = fc.record({ writer: fc.constantFrom('w1', 'w10', 'w2'), text: line })
  await fc.assert(
    fc.asyncProperty(fc.array(written, { maxLength: 40 }), async (lines) => {
      const run = { id: 'r', writers: [{ id: 'w1', name: 'w10', state: 'lost' }] }
      const { told, found } = await figures(read(lines, run))
      expect(found).toEqual(told)
    }),
  )
})

test('what nobody counted is unknown; what some counted is at least that', () => {
  const duplicates = DOUBTS.find(({ short }) => short === 'Twice')!
  expect(countOf(duplicates, read(DOUBTFUL_LINES).writers)).toBeUndefined()
  expect(countOf(duplicates, read(DOUBTFUL_LINES, DOUBTFUL_RUN).writers)).toBe(4)
})

test('a clock is off by a second or more, in words', () => {
  const off = withOtherClock(read(DOUBTFUL_LINES, DOUBTFUL_RUN).writers)
  expect(off.map(({ clockBehindS }) => clockText(clockBehindS!))).toEqual([
    '3.2 s behind',
    '1:00:00 ahead',
  ])
})
