import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../testing/command.ts'
import { fixturePath, logText } from '../testing/logs.ts'

const EVENTS = logText([
  ['agent_start', 1000, { agent_name: 'planner', span_id: 'a' }],
  ['lm_inference_start', 1001, { model: 'Qwen/Qwen3-8B', span_id: 'b', parent_id: 'a' }],
  ['lm_inference_end', 1003, { span_id: 'b', prompt_tokens: 150, completion_tokens: 50 }],
  ['tool_call_start', 1003, { tool: 'grep', span_id: 'c', parent_id: 'a' }],
  ['tool_call_start', 1003, { tool: 'read', span_id: 'd', parent_id: 'a' }],
  ['tool_call_end', 1004, { span_id: 'c' }],
  ['tool_call_end', 1004, { span_id: 'd' }],
  ['agent_end', 1005, { span_id: 'a' }],
])

/** 100 W, from one second before the run to its end. */
function samples(offsetS = 0, scale = 1): string {
  return [999, 1000, 1001, 1002, 1003, 1004, 1005]
    .map((timestamp) => {
      const reading = { power_watts: 100 * scale, energy_joules: (timestamp - 900) * 100 * scale }
      return `${JSON.stringify({ timestamp: timestamp + offsetS, reading, source: 'box/gpu0' })}\n`
    })
    .join('')
}

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-energy-'))
  await writeFile(join(dir, 'run.jsonl'), EVENTS)
  await writeFile(join(dir, 'power.jsonl'), samples())
  await writeFile(join(dir, 'late.jsonl'), samples(500))
  await writeFile(join(dir, 'milliwatts.jsonl'), samples(0, 1000))
  await writeFile(join(dir, 'other.csv'), 'name,age\nx,3\n')
})

afterAll(() => rm(dir, { recursive: true }))

const energy = (...args: readonly string[]) => runCommand(['energy', ...args], { cwd: dir })

test('prints tables of the energy of sources, kinds, tools, models and agents', async () => {
  const { code, stdout, stderr } = await runCommand(['energy', '-'], { stdin: EVENTS + samples() })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`stdin  4 spans  6 s  at 999 s

energy     600 J  100 W on average, 100 W peak
spans      500 J, 83 %
idle       100 J, 17 %
estimated  100 J, split equally between parallel spans
measured   100 % of the run's time
per token  2.5 J (200 tokens)

source    energy  idle  measured  average   peak  interval
box/gpu0   600 J  17 %     100 %    100 W  100 W       1 s

kind          spans  energy  share        between
agent             1   200 J   33 %  200 J – 200 J
lm_inference      1   200 J   33 %  200 J – 200 J
tool_call         2   100 J   17 %    0 J – 200 J

tool  calls  energy  share      between  J/call
grep      1    50 J  8.3 %  0 J – 100 J    50 J
read      1    50 J  8.3 %  0 J – 100 J    50 J

model     calls  energy  share        between  J/call  tokens  J/token
Qwen3-8B      1   200 J   33 %  200 J – 200 J   200 J     200      1 J

agent    spans  energy  share        between
planner      4   500 J   83 %  400 J – 600 J
`)
})

test('tokens of a call in a cloud divide no joules', async () => {
  const cloud = logText([
    ['lm_inference_start', 1004.2, { model: 'far', is_cloud: true, span_id: 'x', parent_id: 'a' }],
    ['lm_inference_end', 1004.8, { span_id: 'x', completion_tokens: 5000 }],
  ])
  const { stdout } = await runCommand(['energy', '-'], { stdin: EVENTS + cloud + samples() })
  expect(stdout).toMatch(/^per token +2\.\d+ J \(200 tokens\)$/m)
  expect(stdout).toMatch(/^far +1 +· +· +· +· +5 k +·$/m)
})

test('--json prints one object with every span', async () => {
  const { stdout } = await energy('run.jsonl', '--telemetry', 'power.jsonl', '--json')
  const found = JSON.parse(stdout)
  expect(found).toMatchObject({
    total_j: 600,
    idle_j: 100,
    coverage: 1,
    sources: [{ name: 'box/gpu0', total_j: 600, idle_j: 100 }],
    spans: [
      { id: '0', kind: 'agent', subject: 'planner', start: 1000, own_j: 200, total_j: 500 },
      { id: '1', kind: 'lm_inference', own_j: 200, exclusive_j: 200, low_j: 200, high_j: 200 },
      { id: '2', subject: 'grep', own_j: 50, exclusive_j: 0, low_j: 0, high_j: 100 },
      { id: '3', subject: 'read', own_j: 50 },
    ],
  })
})

test('--method upstream --json uses the names of Intelligence Per Watt', async () => {
  const { stdout } = await energy('run.jsonl', '--telemetry', 'power.jsonl', '--json', ...UPSTREAM)
  expect(JSON.parse(stdout)).toMatchObject({
    breakdowns: [
      { action_type: 'lm_inference', step_number: 0, gpu_energy_joules: 200 },
      // The second start of a type overwrites the first.
      { action_type: 'tool_call', total_energy_joules: 100, duration_ms: 1000 },
      { action_type: 'agent', total_energy_joules: 500 },
    ],
    analysis: { total_energy_joules: 800, energy_by_action: { agent: 500 } },
  })
})

const UPSTREAM = ['--method', 'upstream'] as const

test('--method upstream notes that spans count several times', async () => {
  const { stdout } = await energy(
    'run.jsonl',
    '--telemetry',
    'power.jsonl',
    ...UPSTREAM,
    '--include-idle',
  )
  expect(stdout).toMatch(/energy +800 J/)
  expect(stdout).toContain('count several times')
})

describe('telemetry that does not fit the run is reported and not summed', () => {
  test.each([
    ['another clock', 'late.jsonl', /box\/gpu0: not counted: .* begins 8:14 after the run/],
    ['another unit', 'milliwatts.jsonl', /box\/gpu0: not counted: 100000 "watts" on average/],
  ])('%s', async (_, file, message) => {
    const { stdout } = await energy('run.jsonl', '--telemetry', file)
    expect(stdout).toMatch(message)
    expect(stdout).toContain('No power sample belongs to this run.')
    const json = await energy('run.jsonl', '--telemetry', file, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ total_j: null, sources: [], spans: [] })
  })

  test('until --offset corrects its clock', async () => {
    const { stdout } = await energy('run.jsonl', '--telemetry', 'late.jsonl', '--offset', '-500')
    expect(stdout).toMatch(/energy +600 J/)
  })
})

describe('an error is one sentence', () => {
  test.each([
    [
      ['run.jsonl'],
      1,
      /run\.jsonl contains no telemetry sample; add a file with samples with --telemetry/,
    ],
    [['run.jsonl', '--telemetry', 'none.csv'], 1, /Cannot read none\.csv: there is no such file/],
    [
      ['run.jsonl', '--telemetry', 'other.csv'],
      1,
      /other\.csv is not telemetry: expected a header/,
    ],
    [['run.jsonl', '--telemetry', 'run.jsonl'], 1, /run\.jsonl contains no telemetry sample/],
    [['run.jsonl', '--offset', 'soon'], 2, /--offset expects seconds such as -1\.5, got 'soon'/],
    [['run.jsonl', '--include-idle'], 2, /--include-idle needs --method upstream/],
  ])('%j', async (args, code, message) => {
    const result = await energy(...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(message)
  })
})

test.each([60, 80, 120])('fits a terminal of %i columns', async (columns) => {
  const env = { NO_COLOR: '1' }
  const { stdout } = await runCommand(['energy', '-'], { stdin: EVENTS + samples(), columns, env })
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
})

test('conserves the energy of a real run', async () => {
  const { stdout } = await runCommand([
    'energy',
    fixturePath('react_single.jsonl'),
    '--json',
    '--telemetry',
    fixturePath('react_single.samples.jsonl'),
  ])
  const { total_j, idle_j, spans } = JSON.parse(stdout) as {
    total_j: number
    idle_j: number
    spans: readonly { own_j: number }[]
  }
  const sum = spans.reduce((joules, { own_j }) => joules + own_j, idle_j)
  expect(Math.abs(sum / total_j - 1)).toBeLessThan(1e-9)
})
