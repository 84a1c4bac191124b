import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../testing/command.ts'
import { fixturePath, logText } from '../testing/logs.ts'

let dir: string
let file: string

const LOG = logText([
  ['agent_start', 1000, { agent_name: 'planner', span_id: 'a' }],
  ['lm_inference_start', 1000.5, { model: 'org/Big-7B', span_id: 'b', parent_id: 'a' }],
  ['note', 1000.6, { name: 'thinking' }],
  [
    'lm_inference_end',
    1001.5,
    { span_id: 'b', prompt_tokens: 1200, completion_tokens: 80, cost_usd: 0.01 },
  ],
  ['tool_call_start', 1001.5, { tool: 'grep', span_id: 'c', parent_id: 'a' }],
  ['tool_call_end', 1001.75, { tool: 'grep', span_id: 'c', error: 'no such file' }],
  ['decode_end', 1001.8, { span_id: 'x' }],
  ['tool_call_start', 1002, { tool: 'bash', span_id: 'd', parent_id: 'a' }],
])

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-spans-'))
  file = join(dir, 'run.jsonl')
  await writeFile(file, LOG)
})

afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

type Json = { readonly [key: string]: unknown }

async function spansJson(argv: readonly string[], stdin?: string): Promise<Json[]> {
  const result = await runCommand(
    ['spans', '--json', ...argv],
    stdin === undefined ? {} : { stdin },
  )
  expect(result.stderr).toBe('')
  expect(result.code).toBe(0)
  expect(result.stdout.endsWith('\n')).toBe(true)
  return result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
}

describe('spans --json', () => {
  test('lays updates over the start and under the end', async () => {
    const log = [
      ['span_update', 3, { span_id: 'a', model: 'served', left: 2, ['__proto__']: { x: 1 } }],
      ['lm_inference_start', 1, { span_id: 'a', model: 'asked', right: 1 }],
      ['span_update', 2, { span_id: 'a', model: 'tried', left: 1, right: 2 }],
      ['lm_inference_end', 4, { span_id: 'a', right: 3 }],
    ].map(([event_type, timestamp, metadata]) => ({ event_type, timestamp, metadata }))
    const stdin = log.map((event) => `${JSON.stringify(event)}\n`).join('')
    const [span, ...others] = await spansJson(['-', '--points'], stdin)
    expect(others).toEqual([])
    expect(span).toMatchObject({ subject: 'served', start: 1, end: 4, flags: [] })
    expect(Object.entries(span!['metadata'] as Json)).toEqual([
      ['span_id', 'a'],
      ['model', 'served'],
      ['right', 3],
      ['left', 2],
      ['__proto__', { x: 1 }],
    ])
  })

  test('prints one object per span with the documented fields', async () => {
    const spans = await spansJson([file])
    expect(spans).toHaveLength(4)
    expect(Object.keys(spans[0] ?? {})).toEqual([
      'kind',
      'subject',
      'start',
      'end',
      'durationMs',
      'id',
      'logId',
      'parent',
      'group',
      'flags',
      'error',
      'tokens',
      'inputTokens',
      'outputTokens',
      'cacheReadTokens',
      'cacheCreationTokens',
      'cacheCreation1hTokens',
      'reasoningTokens',
      'timeToFirstTokenMs',
      'cost',
      'costSource',
      'metadata',
    ])
    const [agent, inference, grep, bash] = spans
    expect(agent).toMatchObject({
      kind: 'agent',
      start: 1000,
      end: null,
      flags: ['did-not-end'],
      parent: null,
    })
    expect(inference).toMatchObject({
      kind: 'lm_inference',
      start: 1000.5,
      end: 1001.5,
      durationMs: 1000,
      parent: agent?.['id'],
      group: 'planner',
      flags: [],
      cost: 0.01,
      metadata: { model: 'org/Big-7B', completion_tokens: 80 },
    })
    expect(grep).toMatchObject({ subject: 'grep', flags: ['error'], error: 'no such file' })
    expect(bash).toMatchObject({
      subject: 'bash',
      end: null,
      durationMs: null,
      flags: ['did-not-end'],
    })
  })

  test('prints points and orphan ends only with --points', async () => {
    const all = await spansJson([file, '--points'])
    expect(all.map(({ kind }) => kind)).toEqual([
      'agent',
      'lm_inference',
      'tool_call',
      'tool_call',
      'note',
      'decode',
    ])
  })

  test('--group sets the group to the value of a key', async () => {
    const groups = (await spansJson([file, '--group', 'tool'])).map(({ group }) => group)
    expect(groups).toEqual([null, null, 'grep', 'bash'])
    const kinds = (await spansJson([file, '--group', 'kind'])).map(({ group }) => group)
    expect(kinds).toEqual(['agent', 'lm_inference', 'tool_call', 'tool_call'])
  })

  test('reads stdin and gzip', async () => {
    const expected = await spansJson([file])
    expect(await spansJson(['-'], LOG)).toEqual(expected)
    const zipped = join(dir, 'run.jsonl.gz')
    await writeFile(zipped, gzipSync(LOG))
    expect(await spansJson([zipped])).toEqual(expected)
    const piped = await runCommand(['spans', '--json', '-'], { stdin: gzipSync(LOG) })
    expect(piped.stdout.trimEnd().split('\n')).toHaveLength(4)
  })

  test('--pairing upstream pairs by type only, as Intelligence Per Watt does', async () => {
    const log = logText([
      ['tool_call_start', 1, { tool: 'a', call_id: '1' }],
      ['tool_call_start', 2, { tool: 'b', call_id: '2' }],
      ['tool_call_end', 3, { call_id: '1' }],
      ['tool_call_end', 4, { call_id: '2' }],
    ])
    const upstream = await spansJson(['-', '--pairing', 'upstream'], log)
    expect(upstream).toMatchObject([{ start: 2, end: 3, metadata: { tool: 'b', call_id: '1' } }])
    expect(upstream).toHaveLength(1)
    const own = await spansJson(['-'], log)
    expect(own.map(({ start, end }) => [start, end])).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  test('pairs 509 spans of eight threads by their ids', async () => {
    const spans = await spansJson([fixturePath('threads8_overlap.jsonl.gz')])
    expect(spans.filter(({ end }) => end !== null)).toHaveLength(509)
    expect(spans.filter(({ end }) => end === null)).toHaveLength(8)
    expect(new Set(spans.map(({ id }) => id)).size).toBe(spans.length)
    const ids = new Set(spans.map(({ id }) => id))
    for (const { parent } of spans) expect(parent === null || ids.has(parent)).toBe(true)
  })

  test('sets no flag in a run of one agent', async () => {
    const spans = await spansJson([fixturePath('react_single.jsonl')])
    expect(spans).toHaveLength(24)
    expect(spans.flatMap(({ flags }) => flags)).toEqual([])
  })
})

describe('spans as text', () => {
  test('prints a tree and the data problems', async () => {
    const { stdout, stderr } = await runCommand(['spans', file, '--points'])
    expect(stderr).toBe('')
    const [title, ...rest] = stdout.split('\n')
    expect(title).toBe('run.jsonl  4 spans  1 error  2 s  at 1000 s')
    expect(rest.join('\n')).toBe(`
offset   duration  span
+0.000          –  agent planner  ! unfinished
+0.500        1 s    lm_inference Big-7B  tokens 1.2 k→80
+0.600          ·      note thinking
+1.500     250 ms    tool_call grep  ! error: no such file
+1.800        end    decode  ! no start
+2.000          –    tool_call bash  ! unfinished

! 2 unfinished spans
! 1 end without a start
`)
  })

  test.each([40, 80, 120, 200])('fits a terminal of %i columns', async (columns) => {
    const { stdout } = await runCommand(['spans', file, '--points'], {
      columns,
      env: { NO_COLOR: '1' },
    })
    for (const line of stdout.split('\n').slice(2, 8))
      expect(line.length).toBeLessThanOrEqual(columns)
    expect(stdout.includes('━')).toBe(columns >= 120)
    expect(stdout).toContain('! error')
  })

  test('--group prints one section per group', async () => {
    const { stdout } = await runCommand(['spans', file, '--group', 'tool'])
    expect(stdout).toMatch(/\n\(no tool\) {2}2 spans\n[^]+\ngrep {2}1 span\n[^]+\nbash {2}1 span\n/)
  })

  test('names unreadable lines and ignores an incomplete last line', async () => {
    const stdin = `${LOG}oops\n{"event_type":"x"}\n{"event_type":"y","timestamp":5`
    const { stdout } = await runCommand(['spans', '-'], { stdin })
    expect(stdout).toMatch(
      /! 2 unreadable lines\n {4}line 9: .+\n {4}line 10: .+\n! line 11 is incomplete/,
    )
  })

  test('shows control characters instead of printing them', async () => {
    const stdin = logText([
      ['tool_call_start', 1, { tool: '\u001B]0;owned\u0007\u202Erm' }],
      ['tool_call_end', 2, { tool: '\u001B]0;owned\u0007\u202Erm' }],
    ])
    const { stdout } = await runCommand(['spans', '-'], { stdin })
    expect(stdout).toContain('tool_call ␛]0;owned␇⟨U+202E⟩rm')
  })

  test('prints a tree deeper than the call stack', async () => {
    const events = Array.from({ length: 20_000 }, (_, n): [string, number, object] => [
      'step_start',
      n,
      { span_id: String(n), ...(n > 0 ? { parent_id: String(n - 1) } : {}) },
    ])
    const { code, stdout } = await runCommand(['spans', '-'], {
      stdin: logText(events),
      columns: 80,
    })
    expect(code).toBe(0)
    expect(stdout.match(/step/g)?.length).toBe(20_000)
  })
})

test('reads a truncated gzip as far as possible and reports it', async () => {
  const calls = Array.from({ length: 1000 }, (_, id): [string, number, object][] => [
    ['tool_call_start', id, { id }],
    ['tool_call_end', id + 0.5, { id }],
  ])
  const zipped = gzipSync(logText(calls.flat()))
  const cut = { stdin: zipped.subarray(0, zipped.length - 9) }
  const { code, stdout, stderr } = await runCommand(['spans', '--json', '-'], cut)
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(980)
  expect(stderr).toBe('stdin is damaged (unexpected end of file); the part before that is used.\n')
  const stats = await runCommand(['stats', '-'], cut)
  expect(stats.stdout).toContain(
    '! the gzip is damaged and only read in part: unexpected end of file',
  )
})

test('reads the last line without its newline, but not an incomplete one', async () => {
  const whole = LOG.trimEnd()
  const listed = async (stdin: string) => (await runCommand(['spans', '-'], { stdin })).stdout
  expect(await listed(whole)).toBe(await listed(LOG))
  expect(await listed(whole.slice(0, -1))).toContain('is incomplete')
  const json = async (stdin: string) =>
    (await runCommand(['spans', '--json', '--points', '-'], { stdin })).stdout
  expect(await json(whole)).toBe(await json(LOG))
})

test('ignores zero bytes that a crash left in a log', async () => {
  const { code, stdout } = await runCommand(['spans', '--json', '-'], {
    stdin: LOG.replace('\n', '\n\0\0\0\n'),
  })
  expect({ code, spans: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, spans: 4 })
})
