/**
 * A run of several writers has the same spans in the live page, in a download, in the command on its log,
 * and after its download was posted to another run.
 */
import fc from 'fast-check'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spanRecords } from '../app/src/worker/answers/records.ts'
import { Ingestor } from '../app/src/worker/ingestor.ts'
import { runCommand } from '../packages/server/src/cli/testing/command.ts'
import type { RunStore } from '../packages/server/src/storage/store.ts'
import { startServer, tempDir } from '../packages/server/src/testing/harness.ts'
import { WriterNumbers } from '../packages/trace/src/index.ts'

interface Spans {
  /** As `wattline spans --json` prints them. */
  readonly records: string
  /** The id of the writer of each span. */
  readonly writers: readonly (string | undefined)[]
}

async function spansOf(ingestor: Ingestor, numbers: WriterNumbers, log: Buffer): Promise<Spans> {
  ingestor.finish()
  ingestor.flush()
  const { trace } = ingestor
  const records = await spanRecords(
    {
      trace,
      groupOf: (span) => ingestor.groupOf(span),
      readRaw: (position) => Promise.resolve(log.subarray(position, log.indexOf(10, position))),
    },
    {},
  )
  return { records, writers: trace.spans.map(({ writer }) => numbers.ids[writer]) }
}

/** As the page reads the run while it is connected. */
async function live(store: RunStore, run: string): Promise<Spans> {
  const numbers = new WriterNumbers()
  const ingestor = new Ingestor('agent', numbers)
  const parts: Uint8Array[] = []
  const from = { cursor: 0, gen: undefined, follow: false }
  for await (const item of store.read(run, from, new AbortController().signal)) {
    if (item.type !== 'chunk') continue
    ingestor.push(item.bytes, numbers.numberOf(item.writer))
    parts.push(item.bytes)
  }
  return spansOf(ingestor, numbers, Buffer.concat(parts))
}

/** As the page reads a file. */
async function opened(log: Buffer): Promise<Spans> {
  const numbers = new WriterNumbers()
  const ingestor = new Ingestor('agent', numbers)
  ingestor.push(log)
  return spansOf(ingestor, numbers, log)
}

async function printed(file: string, stdin = ''): Promise<string> {
  return (await runCommand(['spans', '--json', file], { stdin })).stdout
}

/** Starts and ends with few ids, so that writers share them. */
const event = fc
  .record({
    phase: fc.constantFrom('start', 'end'),
    kind: fc.constantFrom('agent', 'tool_call'),
    step: fc.integer({ min: -1, max: 5 }),
    id: fc.option(fc.constantFrom(1, '1', 9007199254740993n, 'b'), { nil: undefined }),
    parent: fc.option(fc.constantFrom(1, 'b'), { nil: undefined }),
  })
  .map(({ phase, kind, step, id, parent }) => (at: number) => {
    const written = typeof id === 'bigint' ? String(id) : JSON.stringify(id)
    const fields = [
      ...(id === undefined ? [] : [`"span_id":${written}`]),
      ...(parent === undefined ? [] : [`"parent_id":${JSON.stringify(parent)}`]),
    ]
    return `{"event_type":"${kind}_${phase}","timestamp":${at + step},"metadata":{${fields.join()}}}\n`
  })
const appends = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(event, { minLength: 1, maxLength: 4 })),
  { minLength: 1, maxLength: 12 },
)

test(
  'every way to read a run of several writers gives the same spans',
  { timeout: 60_000 },
  async () => {
    const dir = await tempDir()
    const { store, url } = await startServer({ dir })
    const download = async (run: string) =>
      Buffer.from(await (await fetch(`${url}/api/runs/${run}/events.jsonl`)).arrayBuffer())
    let runs = 0
    await fc.assert(
      fc.asyncProperty(appends, async (batches) => {
        const run = `run-${runs++}`
        let at = 1000
        for (const [writer, events] of batches) {
          const lines = events.map((toLine) => toLine(at++)).join('')
          await store.append(run, writer, undefined, Buffer.from(lines), events.length)
        }
        const expected = await live(store, run)
        const log = await download(run)
        const file = await opened(log)
        expect(file.records).toBe(expected.records)
        // The log of one writer does not name it.
        const isOne = new Set(batches.map(([writer]) => writer)).size === 1
        expect(file.writers).toEqual(isOne ? expected.writers.map(() => '') : expected.writers)
        expect(await printed('-', log.toString())).toBe(expected.records)
        expect(await printed(join(dir, run, 'events.jsonl'))).toBe(expected.records)

        const copy = `${run}-copy`
        const posted = await fetch(`${url}/api/runs/${copy}/events`, {
          method: 'POST',
          body: log.toString(),
        })
        const sum = batches.reduce((count, [, events]) => count + events.length, 0)
        expect(await posted.json()).toMatchObject({ accepted: sum, rejectedCount: 0 })
        expect((await live(store, copy)).records).toBe(expected.records)
        expect(await printed('-', (await download(copy)).toString())).toBe(expected.records)
        expect(await printed(join(dir, copy, 'events.jsonl'))).toBe(expected.records)
      }),
      { numRuns: 30 },
    )
  },
)

test('lines that are posted after a download are of their own writer again', async () => {
  const { store, url } = await startServer()
  const start = (id: number) =>
    `{"event_type":"tool_call_start","timestamp":${id},"metadata":{"span_id":${id}}}\n`
  const post = (body: string) =>
    fetch(`${url}/api/runs/r/events?writer=me`, { method: 'POST', body })
  await post(`{"wattline":"writer","id":"sent"}\n${start(1)}`)
  await post(start(2))
  expect((await live(store, 'r')).writers).toEqual(['sent', 'me'])
})

test('a writer line names the writer of the lines after it, for each sender', async () => {
  const { store, url } = await startServer()
  const append = (writer: string, ...lines: string[]) =>
    store.append(
      'r',
      writer,
      undefined,
      Buffer.from(lines.map((one) => `${one}\n`).join('')),
      lines.length,
    )
  const start = (id: number) =>
    `{"event_type":"tool_call_start","timestamp":${id},"metadata":{"span_id":${id}}}`
  const sent = '{ "id": "sent", "wattline": "writer", "name": "planner" }'
  await append('one', start(1), sent, start(2))
  await append('two', start(3))
  await append('one', start(4))
  const expected = ['one', 'sent', 'two', 'sent']
  expect((await live(store, 'r')).writers).toEqual(expected)
  const log = await fetch(`${url}/api/runs/r/events.jsonl`)
  expect((await opened(Buffer.from(await log.arrayBuffer()))).writers).toEqual(expected)
  const raw = await (await fetch(`${url}/api/runs/r/events.jsonl?raw=1`)).text()
  expect(raw).not.toContain('"two"')
  expect(raw.split('\n').length).toBe(6)
})
