import { gzipSync } from 'node:zlib'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from './testing/command.ts'

const BUS = [
  { type: 'inference_start', timestamp: 1_800_000_000, data: { model: 'qwen3' } },
  { type: 'inference_end', timestamp: 1_800_000_002, data: { usage: { prompt_tokens: 7 } } },
  {
    type: 'tool_call_start',
    timestamp: 1_800_000_002,
    data: { tool: 'search', arguments: { query: 'watts' } },
  },
]
const LINES = BUS.map((line) => `${JSON.stringify(line)}\n`).join('')

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-test-'))
})
afterEach(() => rm(dir, { recursive: true }))

describe('a log of another tool', () => {
  test.each(['plain', 'gzipped'])('%s: has spans, statistics and a coverage', async (how) => {
    const file = how === 'plain' ? 'bus.log' : 'bus.log.gz'
    await writeFile(join(dir, file), how === 'plain' ? LINES : gzipSync(LINES))
    const spans = await runCommand(['spans', file, '--json'], { cwd: dir })
    expect(spans).toMatchObject({ code: 0, stderr: '' })
    const records = spans.stdout.trimEnd().split('\n')
    expect(records.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { kind: 'lm_inference', subject: 'qwen3', durationMs: 2000, inputTokens: 7, flags: [] },
      { kind: 'tool_call', subject: 'search', flags: ['did-not-end'] },
    ])
    const stats = await runCommand(['stats', file, '--json'], { cwd: dir })
    expect(JSON.parse(stats.stdout)).toMatchObject({
      lines: 3,
      bytes: LINES.length,
      coverage: { format: 'openjarvis', records: 3, used: 3, unknown: [] },
    })
    const tree = await runCommand(['spans', file], { cwd: dir })
    expect(tree.stdout).toContain('tool_call search · "watts"')
    const text = await runCommand(['stats', file], { cwd: dir })
    expect(text.stdout).toContain('OpenJarvis bus log: 100% of 3 records')
  })
})

describe('what cannot be shown is refused in one sentence that names what was seen', () => {
  test.each([
    ['an SQLite file', 'SQLite format 3\0………', /is an SQLite database; /],
    [
      'SWE-agent',
      '{"environment":"x","trajectory":[{"action":"ls","execution_time":0.1}]}',
      /is a trajectory of SWE-agent; its steps have a duration \(execution_time\) but no time/,
    ],
    [
      'arrivals',
      '{"timestamp":1,"input_length":5,"output_length":6}\n',
      /is a trace of request arrivals; it has timestamp, input_length and output_length but no/,
    ],
    [
      'an unknown format',
      '{"when":"noon","level":30}\n{"when":"one","msg":"x"}\n',
      /is in no format that Wattline reads: its objects have when, level, msg\./,
    ],
    [
      'a document of no known format',
      '{\n  "name": "x",\n  "items": [\n    1\n  ]\n}\n',
      /is in no format that Wattline reads: its objects have name, items\./,
    ],
    [
      'no usable time',
      '{"type":"inference_start","timestamp":1e300,"data":{"model":"m"}}\n',
      /is read as OpenJarvis bus log, but no event in it has a time: 1 record without a usable time\./,
    ],
  ])('%s', async (_what, content, sentence) => {
    await writeFile(join(dir, 'file.x'), content)
    const { code, stdout, stderr } = await runCommand(['stats', 'file.x'], { cwd: dir })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
