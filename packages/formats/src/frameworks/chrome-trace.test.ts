import { expect, test } from 'vitest'
import { readExample, readText, summaryOf } from '../testing/read-log.ts'

test('complete events, stacks of threads, async pairs and points', async () => {
  const log = await readExample('frameworks/chrome-trace.example.json')
  expect(summaryOf(log)).toEqual([
    'cpu_op aten::mm 0–5',
    'step outer 1–4',
    'step inner 2–3',
    // An end without a start is none, and a start without an end did not end.
    'step open 4.6–',
    'net fetch 6–7',
    'net fetch 6.5–',
  ])
  expect(log.spans[0]?.span.agent).toBe('python · main')
  expect(log.trace.marks.map(({ kind }) => kind)).toEqual(['instant'])
  expect(log.trace.quality().orphan).toBe(0)
})

const event = (name: string, ts: number) => ({ ph: 'X', ts, dur: 1, pid: 1, tid: 1, name })

test('reads a bare array without its closing bracket', async () => {
  const text = JSON.stringify([event('a', 1e15), event('b', 1e15 + 5)]).slice(0, -1)
  expect(await readText(text)).toMatchObject({ format: 'chrome-trace', spans: { length: 2 } })
})

test('adds the base time of the document', async () => {
  const text = JSON.stringify({ baseTimeNanoseconds: 1.7e18, traceEvents: [event('a', 5e6)] })
  expect((await readText(text)).spans[0]?.span.startS).toBe(1.7e9 + 5)
})

test('pairs that stand in another order are paired by time', async () => {
  const pair = [
    { ph: 'E', ts: 3e6, pid: 1, tid: 1 },
    { ph: 'B', ts: 1e6, pid: 1, tid: 1, name: 'late' },
  ]
  const log = await readText(JSON.stringify({ traceEvents: pair }))
  expect(summaryOf(log)).toEqual(['span late 0–2'])
})
