import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Trace, LogDecoder, flagNames } from '@wattline/trace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogFiles } from './log-files.ts'
import { readLogFile } from './read-log.ts'

let dir: string
let files: LogFiles

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-foreign-'))
  files = new LogFiles()
})

afterEach(async () => {
  await files.close()
  await rm(dir, { recursive: true, force: true })
})

const SESSION = 'f0000000-0000-4000-8000-000000000001'
let seconds = 0

/** A line of a Claude Code session. */
function line(type: string, message: object, more: object = {}): string {
  seconds++
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString()
  const uuid = `u${seconds}`
  return `${JSON.stringify({ sessionId: SESSION, uuid, parentUuid: `u${seconds - 1}`, timestamp, type, message, ...more })}\n`
}

const prompt = (text: string, more?: object) => line('user', { content: text }, more)
const use = (id: string, name: string, input: object, more?: object) =>
  line(
    'assistant',
    {
      id: `m-${id}`,
      model: 'claude-opus-4-8',
      stop_reason: 'tool_use',
      usage: { input_tokens: 3, output_tokens: 5 },
      content: [{ type: 'tool_use', id, name, input }],
    },
    more,
  )
const result = (id: string, more?: object) =>
  line('user', { content: [{ type: 'tool_result', tool_use_id: id, content: 'done' }] }, more)

/** The spans of a run's log as it grows. */
class Viewer {
  readonly #stop = new AbortController()
  #trace = new Trace()
  #decoder = newDecoder()
  #bytes = 0
  resets = 0
  isCaughtUp = false
  #wake = (): void => undefined
  readonly #done: Promise<void>

  constructor(run: string) {
    this.#done = this.#read(run)
  }

  get spans(): string[] {
    this.#trace.flush()
    return this.#trace.spans.map(({ kind, subject, parent, flags }) =>
      `${kind} ${subject} < ${parent?.kind ?? '-'} ${flagNames(flags).join(' ')}`.trim(),
    )
  }

  /** When its spans end, seconds since the first of the lines. */
  get endsS(): number[] {
    this.#trace.flush()
    return this.#trace.spans.flatMap(({ endS }) =>
      endS === undefined ? [] : [Math.round(endS - Date.UTC(2026, 0, 1) / 1000)],
    )
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #read(run: string): Promise<void> {
    for await (const item of files.read(run, { cursor: 0, gen: undefined }, this.#stop.signal)) {
      if (item.type === 'reset') {
        this.resets++
        this.#trace = new Trace()
        this.#decoder = newDecoder()
        this.#bytes = 0
      } else if (item.type === 'chunk') {
        const from = this.#bytes
        this.#decoder.push(item.bytes, (parsed, position) => {
          if (parsed.type === 'event') this.#trace.add(parsed.event, from + position)
        })
      }
      this.isCaughtUp ||= item.type === 'caughtUp'
      this.#wake()
    }
    this.isCaughtUp = true
    this.#wake()
  }
}

function newDecoder(): LogDecoder {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  return new LogDecoder({ decode: (bytes) => utf8.decode(bytes) })
}

async function onlyRun(path: string): Promise<string> {
  const { runs } = await files.open(path)
  expect(runs).toHaveLength(1)
  return runs[0]!.id
}

test('a session that grows has open calls, and its subagent is part of its run', async () => {
  const path = join(dir, `${SESSION}.jsonl`)
  await writeFile(
    path,
    prompt('go') + use('t1', 'Task', { prompt: 'look', subagent_type: 'finder' }),
  )
  const run = await onlyRun(path)
  expect(await files.info(run)).toMatchObject({ state: 'live', readOnly: true })
  const viewer = new Viewer(run)
  await viewer.until(() => viewer.spans.length >= 2)
  expect(viewer.spans).toContain('tool_call Task < - open')

  await mkdir(join(dir, SESSION, 'subagents'), { recursive: true })
  const part = join(dir, SESSION, 'subagents', 'agent-a1.jsonl')
  const about = { isSidechain: true, agentId: 'a1' }
  await writeFile(part, prompt('look', about) + use('t2', 'Bash', { command: 'ls' }, about))
  await viewer.until(() => viewer.spans.some((span) => span.startsWith('tool_call Bash')))
  expect(viewer.spans).toEqual(
    expect.arrayContaining(['agent finder < tool_call open', 'tool_call Bash < agent open']),
  )

  await appendFile(part, result('t2', about))
  await appendFile(path, result('t1', { toolUseResult: { agentId: 'a1', status: 'completed' } }))
  await viewer.until(() => viewer.spans.includes('agent finder < tool_call'))
  expect(viewer.spans).toContain('tool_call Bash < agent')
  expect(viewer.spans).toContain('tool_call Task < -')
  expect(viewer.resets).toBe(0)
  await viewer.stop()
})

test('what only waits for a next line ends when the session rests', async () => {
  const path = join(dir, 'session.jsonl')
  await writeFile(path, prompt('go') + use('t1', 'Bash', { command: 'sleep 600' }))
  const viewer = new Viewer(await onlyRun(path))
  await viewer.until(() => viewer.spans.includes('lm_inference claude-opus-4-8 < -'))
  expect(viewer.spans).toContain('tool_call Bash < - open')
  await viewer.stop()
})

test('a message without a final state ends after a long rest, and is open again if it goes on', async () => {
  const path = join(dir, 'session.jsonl')
  const part = (id: string) =>
    line('assistant', {
      id: 'm1',
      model: 'claude-opus-4-8',
      stop_reason: null,
      content: [{ type: 'text', text: id }],
    })
  await writeFile(path, prompt('go') + part('one'))
  const rested = new Date(Date.now() - 60_000)
  await utimes(path, rested, rested)
  const viewer = new Viewer(await onlyRun(path))
  await viewer.until(() => viewer.spans.includes('lm_inference claude-opus-4-8 < -'))
  expect(viewer.endsS).toEqual([seconds])
  await appendFile(path, part('two'))
  await viewer.until(() => viewer.spans.includes('lm_inference claude-opus-4-8 < - open'))
  expect(viewer.endsS).toEqual([])
  await viewer.stop()
})

test('a session that is replaced begins again', async () => {
  const path = join(dir, 'session.jsonl')
  await writeFile(path, prompt('go') + use('t1', 'Read', { file_path: 'a' }))
  const run = await onlyRun(path)
  const viewer = new Viewer(run)
  await viewer.until(() => viewer.spans.includes('tool_call Read < - open'))
  await writeFile(path, prompt('other') + use('t9', 'Glob', { pattern: 'b' }))
  await viewer.until(() => viewer.spans.includes('tool_call Glob < - open'))
  expect(viewer.spans).not.toContain('tool_call Read < - open')
  await viewer.stop()
})

test('an old session of a folder is listed without its parts, and read when it is asked for', async () => {
  const old = new Date(Date.now() - 3_600_000)
  const path = join(dir, `${SESSION}.jsonl`)
  const part = join(dir, SESSION, 'subagents', 'agent-a1.jsonl')
  const about = { isSidechain: true, agentId: 'a1' }
  await mkdir(join(dir, SESSION, 'subagents'), { recursive: true })
  await writeFile(part, prompt('look', about) + use('t2', 'Bash', { command: 'ls' }, about))
  await writeFile(path, prompt('go') + use('t1', 'Read', { file_path: 'a' }))
  for (const file of [path, part]) await utimes(file, old, old)
  const { runs } = await files.open(dir)
  expect(runs).toMatchObject([{ name: `${SESSION}.jsonl`, state: 'ended', bytes: 0 }])
  const info = await files.info(runs[0]!.id)
  expect(info).toMatchObject({
    state: 'ended',
    startedAt: expect.closeTo(Date.UTC(2026, 0, 1) / 1000, -3),
  })
  expect(info!.bytes).toBeGreaterThan(0)
  const texts: Uint8Array[] = []
  for await (const bytes of files.slice(runs[0]!.id, 0, info!.bytes)) texts.push(bytes)
  const kinds = Buffer.concat(texts)
    .toString()
    .match(/"event_type":"\w+_start"/g)
  const { trace } = await readLogFile(path)
  expect(kinds).toHaveLength(trace.spanCount)
  expect(trace.spans.map(({ subject }) => subject)).toContain('Bash')
})

test('a gzipped log of another tool is converted', async () => {
  const packed = join(dir, 'session.jsonl.gz')
  await writeFile(packed, gzipSync(prompt('go') + use('t1', 'Read', { file_path: 'a' })))
  const viewer = new Viewer(await onlyRun(packed))
  await viewer.until(() => viewer.spans.includes('tool_call Read < - open'))
  expect(viewer.spans).toHaveLength(2)
  await viewer.stop()
})

test('a document is converted as a whole, and again when it changes', async () => {
  const path = join(dir, 'traces.json')
  const trace = (names: readonly string[]): string => {
    const spans = names.map((name, at) => ({
      traceId: 'a'.repeat(32),
      spanId: String(at + 1).repeat(16),
      name,
      startTimeUnixNano: `${1_800_000_000 + at}000000000`,
      endTimeUnixNano: `${1_800_000_001 + at}000000000`,
    }))
    return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }, null, 2)
  }
  await writeFile(path, trace(['first']))
  const viewer = new Viewer(await onlyRun(path))
  await viewer.until(() => viewer.spans.length === 1)
  await writeFile(path, trace(['first', 'second']))
  await viewer.until(() => viewer.spans.length === 2)
  expect(viewer.spans.join()).toContain('second')
  await viewer.stop()
})

test('a log that begins with lines of no format is recognized when it has grown', async () => {
  const path = join(dir, 'session.jsonl')
  await writeFile(path, '')
  const run = await onlyRun(dir)
  await appendFile(path, '{"type":"summary","summary":"x"}\n')
  await appendFile(path, prompt('go') + use('t1', 'Read', { file_path: 'a' }))
  const changed = new Promise<void>((resolve) => {
    files.subscribe(() => void files.info(run).then((info) => info?.state === 'live' && resolve()))
  })
  const viewed = async (): Promise<string[]> => {
    const viewer = new Viewer(run)
    await viewer.until(() => viewer.isCaughtUp)
    await viewer.stop()
    return viewer.spans
  }
  await changed
  let spans = await viewed()
  while (!spans.includes('tool_call Read < - open')) spans = await viewed()
  expect(spans).toContain('lm_inference claude-opus-4-8 < - open')
})
