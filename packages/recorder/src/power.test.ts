/** Tests the power option in separate processes, with a command on PATH that imitates nvidia-smi. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EventRecorder } from './index.ts'
import { buildRecorder, type BuiltRecorder } from './testing/build.ts'

let built: BuiltRecorder
let bin: string
beforeAll(async () => {
  built = await buildRecorder()
  bin = join(built.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'nvidia-smi'), NVIDIA_SMI, { mode: 0o755 })
}, 60_000)
afterAll(() => built.remove())

const NVIDIA_SMI = `#!${process.execPath}
import { writeFileSync } from 'node:fs'
writeFileSync(process.argv[1] + '.pid', String(process.pid))
const now = () => new Date().toISOString().replaceAll('-', '/').replace('T', ' ').slice(0, 23)
setInterval(() => console.log(now() + ', 0, GPU-a, 61.5, 34, 12, 512, 81559, 41, 80.25'), 50)
`

/** An agent that waits until the first sample is in its file. */
const AGENT = `
import { readFileSync } from 'node:fs'
const recorder = new EventRecorder({ file: 'out.jsonl', env: {}, power: { intervalMs: 50 } })
recorder.record('agent_start')
do await new Promise((resolve) => setTimeout(resolve, 10))
while (!readFileSync('out.jsonl', 'utf8').includes('power_watts'))
recorder.record('agent_end')
`

async function run(code: string, PATH: string): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [built.script('agent.mjs', code)], {
    cwd: built.folder,
    env: { PATH, WATTLINE_SYSFS: built.folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stderr = text(child.stderr)
  const [exitCode] = (await once(child, 'close')) as [number]
  return { code: exitCode, stderr: await stderr }
}

/** Whether nvidia-smi runs. A zombie (Z) has ended, but its parent has not read its status. */
function isRunning(): boolean {
  const pid = readFileSync(join(bin, 'nvidia-smi.pid'), 'utf8')
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' })
  return /^[^Z]/.test(stdout.trim())
}

it.each([
  ['runs out of work', '', 0],
  ['closes', 'await recorder.close()', 0],
  ['calls process.exit()', 'process.exit(3)', 3],
  ['fails', `throw new Error('agent failed')`, 1],
])('samples until the agent %s, and keeps nothing alive', async (_, end, code) => {
  const ended = await run(AGENT + end, bin)
  expect(ended.code).toBe(code)
  const lines = readFileSync(join(built.folder, 'out.jsonl'), 'utf8').trimEnd().split('\n')
  const samples = lines.map((line) => JSON.parse(line)).filter((line) => 'reading' in line)
  expect(samples[0].source).toMatch(/\/gpu0$/)
  expect(samples[0].reading.power_watts).toBe(80.25)
  await expect.poll(isRunning, { timeout: 20_000 }).toBe(false)
})

it('reports once that no power can be read, without affecting the agent', async () => {
  const agent = `
    const recorder = new EventRecorder({ file: 'none.jsonl', env: {}, power: true })
    recorder.record('agent_start')
    await new Promise((resolve) => setTimeout(resolve, 200))
    recorder.record('agent_end')`
  const ended = await run(agent, join(built.folder, 'nowhere'))
  expect(ended).toEqual({
    code: 0,
    stderr: 'Wattline: power: no power meter found (tried nvidia-smi, rocm-smi, RAPL)\n',
  })
  expect(readFileSync(join(built.folder, 'none.jsonl'), 'utf8').match(/agent_/g)).toHaveLength(2)
})

it('starts no meter without a sink', async () => {
  const agent = `
    new EventRecorder({ env: {}, power: true }).record('agent_start')
    await new Promise((resolve) => setTimeout(resolve, 200))`
  expect(await run(agent, join(built.folder, 'nowhere'))).toEqual({ code: 0, stderr: '' })
})

it('rejects an invalid power option', () => {
  for (const power of [{ intervalMs: 10 }, { intervalMs: 5_000 }, 'yes', 100]) {
    const make = () => new EventRecorder({ env: {}, power: power as unknown as boolean })
    expect(make).toThrow(/^power must be true or \{ intervalMs: 50 to 1000 \}, got/)
  }
})
