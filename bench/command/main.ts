/**
 * `npm run bench:command -- [SPANS...] [--rounds N]`: `wattline stats` and `wattline spans` of a saved
 * log as whole processes, beside a process that only does `JSON.parse` per line and a Map. All
 * processes of a round run in turns, and each round starts with another one.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeLog, type WrittenLog } from '../lib/log.ts'
import { describeMachine } from '../lib/machine.ts'
import { megabytes, ms, printTable, quantile, times } from '../lib/numbers.ts'

const BASELINE = path.resolve('bench/command/baseline.mjs')
const COMMAND = path.resolve('packages/server/dist/cli.js')

interface Candidate {
  readonly name: string
  readonly argv: readonly string[]
  readonly spansIn: (output: Output) => number
}

/** The output of a process. It can be larger than a string may be. */
interface Output {
  readonly lines: number
  readonly firstChunk: string
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const sizes = positionals.length > 0 ? positionals.map(Number) : [100_000, 1_000_000]
const rounds = Number(values.rounds)
const folder = mkdtempSync(path.join(tmpdir(), 'wattline-bench-'))
console.log(describeMachine())
try {
  for (const spans of sizes) {
    const log = await writeLog(path.join(folder, 'run.jsonl'), spans)
    await measure(log)
  }
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(log: WrittenLog): Promise<void> {
  const spansOf = ({ firstChunk }: Output) => (JSON.parse(firstChunk) as { spans: number }).spans
  const candidates: readonly Candidate[] = [
    { name: 'JSON.parse per line and a Map', argv: [BASELINE, log.path], spansIn: spansOf },
    {
      name: 'wattline stats --json',
      argv: [COMMAND, 'stats', '--json', log.path],
      spansIn: spansOf,
    },
    {
      name: 'wattline spans --json',
      argv: [COMMAND, 'spans', '--json', log.path],
      spansIn: ({ lines }) => lines,
    },
    {
      name: 'wattline spans',
      argv: [COMMAND, 'spans', log.path],
      // Title, blank line and column titles come before the spans.
      spansIn: ({ lines }) => lines - 3,
    },
  ]
  const timesMs = candidates.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const at = (round + turn) % candidates.length
      timesMs[at]!.push(await run(candidates[at]!, log.spans))
    }
  }
  const medians = timesMs.map((all) => quantile(all, 0.5))
  console.log(
    `\n${log.spans.toLocaleString('en')} spans, ${megabytes(log.bytes)}, ${rounds} rounds, medians\n`,
  )
  printTable([
    ['process', 'time', 'to the baseline', 'fastest', 'slowest'],
    ...candidates.map(({ name }, at) => [
      name,
      ms(medians[at]!),
      times(medians[at]! / medians[0]!),
      ms(Math.min(...timesMs[at]!)),
      ms(Math.max(...timesMs[at]!)),
    ]),
  ])
}

/** Runs a process to its end and returns its time from start to exit, in milliseconds. */
async function run({ name, argv, spansIn }: Candidate, spans: number): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output, [exitCode]] = await Promise.all([read(child.stdout), once(child, 'exit')])
  const tookMs = performance.now() - startMs
  if (exitCode !== 0) throw new Error(`${name} exited with ${exitCode}`)
  if (spansIn(output) !== spans) {
    throw new Error(`${name}: expected ${spans} spans, got ${spansIn(output)}`)
  }
  return tookMs
}

async function read(stdout: AsyncIterable<Buffer>): Promise<Output> {
  let lines = 0
  let firstChunk: string | undefined
  for await (const chunk of stdout) {
    firstChunk ??= chunk.toString()
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
  }
  return { lines, firstChunk: firstChunk ?? '' }
}
