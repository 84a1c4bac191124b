import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../testing/command.ts'
import { fixturePath, logText } from '../testing/logs.ts'

const LOG = logText([
  ['agent_start', 1000, { agent_name: 'planner', span_id: 'a' }],
  ['lm_inference_start', 1000, { model: 'm', span_id: 'b', parent_id: 'a' }],
  [
    'lm_inference_end',
    1001,
    { span_id: 'b', prompt_tokens: 1200, completion_tokens: 80, cost_usd: 0.01 },
  ],
  ['lm_inference_start', 1001, { model: 'm', span_id: 'c', parent_id: 'a' }],
  [
    'lm_inference_end',
    1004,
    { span_id: 'c', prompt_tokens: 300, completion_tokens: 20, cost_usd: 0.02 },
  ],
  ['tool_call_start', 1004, { tool: 'grep', span_id: 'd', parent_id: 'a' }],
  ['tool_call_end', 1004.25, { tool: 'grep', span_id: 'd', error: 'no such file' }],
  ['agent_end', 1005, { span_id: 'a', total_tokens: 1600 }],
])

test('prints a table of kinds and the totals', async () => {
  const { code, stdout, stderr } = await runCommand(['stats', '-'], { stdin: LOG })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`stdin  4 spans  1 error  5 s  at 1000 s

kind          spans  errors     p50     p95     p99   total  tokens    cost
lm_inference      2       ·     2 s   2.9 s  2.98 s     4 s   1.6 k  $0.030
agent             1       ·     5 s     5 s     5 s     5 s       ·       ·
tool_call         1       1  250 ms  250 ms  250 ms  250 ms       ·       ·

time    1000 s to 1005 s
events  8
agents  1
tokens  1.6 k (1.5 k in, 100 out)
cost    $0.03
log     8 lines, 900 B

✓ no data problems
`)
})

test('--json prints the same numbers as one object', async () => {
  const { stdout } = await runCommand(['stats', '-', '--json'], { stdin: LOG })
  expect(stdout.trimEnd()).not.toContain('\n')
  expect(JSON.parse(stdout)).toMatchObject({
    events: 8,
    spans: 4,
    errors: 1,
    durationS: 5,
    tokens: { input: 1500, output: 100, total: 1600 },
    kinds: [
      { kind: 'lm_inference', count: 2, p50Ms: 2000 },
      { kind: 'agent' },
      { kind: 'tool_call', errors: 1 },
    ],
    quality: { malformed: 0, ambiguous: 0 },
    lines: 8,
    unreadable: [],
    tornLine: null,
  })
})

test('lists at most five unreadable lines', async () => {
  const stdin = `${LOG}${'oops\n'.repeat(7)}`
  const { stdout } = await runCommand(['stats', '-'], { stdin })
  expect(stdout).toMatch(/! 7 unreadable lines\n( {4}line \d+: .+\n){5} {4}and 2 more\n$/)
  expect(stdout).toContain('    line 9: ')
})

test.each([60, 80, 120])('fits a terminal of %i columns', async (columns) => {
  const env = { NO_COLOR: '1' }
  const { stdout } = await runCommand(['stats', '-'], { stdin: LOG, columns, env })
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
})

test('summarizes a log of eight threads', async () => {
  const { stdout } = await runCommand(['stats', fixturePath('threads8_overlap.jsonl.gz'), '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    events: 1031,
    spans: 517,
    quality: { unfinished: 8, ambiguous: 0, malformed: 0 },
  })
})

const WITHOUT_COST = logText([
  ['lm_inference_start', 1000, { model: 'gpt-5-mini', span_id: 'b' }],
  ['lm_inference_end', 1001, { span_id: 'b', prompt_tokens: 1_000_000, completion_tokens: 0 }],
  ['lm_inference_start', 1001, { model: 'mine', span_id: 'c' }],
  ['lm_inference_end', 1002, { span_id: 'c', prompt_tokens: 900, completion_tokens: 100 }],
])

test('estimates the cost of a log without cost and marks the estimate', async () => {
  const { stdout } = await runCommand(['stats', '-'], { stdin: WITHOUT_COST })
  expect(stdout).toMatch(
    /cost +≥ \$0\.25 \(estimated from list prices of [\d-]+; no price for 1 k tokens\)/,
  )
  const json = await runCommand(['stats', '-', '--json'], { stdin: WITHOUT_COST })
  expect(JSON.parse(json.stdout)).toMatchObject({
    costUsd: 0.25,
    costSource: 'lower-bound',
    unpricedTokens: 1000,
  })
  const withCost = await runCommand(['stats', '-', '--json'], { stdin: LOG })
  expect(JSON.parse(withCost.stdout)).toMatchObject({ costUsd: 0.03, costSource: 'logged' })
})

test('--prices replaces the list prices', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'wattline-prices-'))
  await writeFile(join(cwd, 'prices.json'), '{"mine": [1000, 1000], "gpt-5-mini": [1, 1]}')
  const parts = '{"gpt-5-mini": {"input": 1, "output": 1, "cacheRead": 0.1}}'
  await writeFile(join(cwd, 'parts.json'), parts)
  await writeFile(join(cwd, 'bad.json'), '{"mine": "cheap"}')
  await writeFile(join(cwd, 'unknown-part.json'), '{"mine": {"input": 1, "output": 1, "in": 1}}')
  const statsWith = async (file: string) =>
    await runCommand(['stats', '-', '--json', '--prices', file], { stdin: WITHOUT_COST, cwd })
  expect(JSON.parse((await statsWith('prices.json')).stdout)).toMatchObject({
    costUsd: 2,
    costSource: 'estimated',
  })
  const env = { WATTLINE_PRICES: 'prices.json' }
  const fromEnv = await runCommand(['stats', '-', '--json'], { stdin: WITHOUT_COST, cwd, env })
  expect(JSON.parse(fromEnv.stdout)).toMatchObject({ costUsd: 2, costSource: 'estimated' })
  expect(JSON.parse((await statsWith('parts.json')).stdout)).toMatchObject({
    costUsd: 1,
    costSource: 'lower-bound',
  })
  for (const file of ['bad.json', 'unknown-part.json']) {
    const { code, stderr } = await statsWith(file)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wattline: .*: expected \[input, /)])
  }
  await rm(cwd, { recursive: true })
})

test('shows the cached parts of the input, reasoning, and lower bounds', async () => {
  const log = logText([
    ['lm_inference_start', 1, { span_id: 'a', model: 'claude-opus-4-5' }],
    [
      'lm_inference_end',
      2,
      {
        span_id: 'a',
        input_tokens: 7164,
        cache_read_input_tokens: 10_976_128,
        cache_creation_input_tokens: 270_647,
        cache_creation_1h_tokens: 268_810,
        output_tokens: 347,
        reasoning_tokens: 40,
        output_tokens_lower_bound: true,
      },
    ],
  ])
  const { stdout } = await runCommand(['stats', '-'], { stdin: log })
  expect(stdout).toMatch(/tokens +≥ 11\.3 M \(11\.3 M in, ≥ 347 out\)/)
  expect(stdout).toMatch(/cache +11 M read, 271 k written, 269 k of it for an hour/)
  expect(stdout).toMatch(/reasoning +40/)
  expect(stdout).toMatch(/cost +≥ \$8\.23 \(estimated from list prices/)
  const json = await runCommand(['spans', '-', '--json'], { stdin: log })
  expect(JSON.parse(json.stdout)).toMatchObject({
    logId: 'a',
    inputTokens: 11_253_939,
    cacheReadTokens: 10_976_128,
    cacheCreationTokens: 270_647,
    cacheCreation1hTokens: 268_810,
    reasoningTokens: 40,
    cost: expect.closeTo(8.23, 2) as number,
    costSource: 'lower-bound',
  })
})
