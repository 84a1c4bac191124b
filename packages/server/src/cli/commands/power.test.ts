import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RunningCommand, runCommand } from '../testing/command.ts'

let dir: string
let env: Record<string, string>

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-power-'))
  env = { PATH: dir, WATTLINE_SYSFS: join(dir, 'sys'), HOME: dir }
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** A fake nvidia-smi with two GPUs that prints `rows` rows for each. */
async function installGpus(rows: number): Promise<void> {
  const script = `#!${process.execPath}
const row = (n, gpu) => console.log(
  '2026/11/24 09:00:0' + n + '.000, ' + gpu + ', GPU-' + gpu +
  ', 60, 34, 12, 512, 81559, 41, ' + (80 + 40 * gpu))
for (let n = 0; n < ${rows}; n++) { row(n, 0); row(n, 1) }
setInterval(() => {}, 1000)
`
  await writeFile(join(dir, 'nvidia-smi'), script)
  await chmod(join(dir, 'nvidia-smi'), 0o755)
}

const ENDLESS_GPU = `#!${process.execPath}
const now = () => new Date().toISOString().replaceAll('-', '/').replace('T', ' ').slice(0, 23)
setInterval(() => console.log(now() + ', 0, GPU-0, 60, 34, 12, 512, 81559, 41'), 50)
`

/** Starting processes takes long on a busy machine. */
const PATIENCE = { timeout: 20_000 }

const samplesIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('--out appends samples to a file until it is stopped', async () => {
  await installGpus(3)
  const path = join(dir, 'power.jsonl')
  const command = new RunningCommand(['power', '--out', path, '--interval', '50ms'], { env })
  await expect
    .poll(
      () =>
        readFile(path, 'utf8').then(
          (text) => text.split('\n').length,
          () => 0,
        ),
      PATIENCE,
    )
    .toBe(7)
  const { code, stderr } = await command.stop()
  expect(code).toBe(0)
  expect(stderr).toMatch(/\n2 sources in .*: 400 J\n$/)
  const samples = samplesIn(await readFile(path, 'utf8'))
  expect(samples.map(({ source }) => source.replace(/.*\//, ''))).toEqual(
    Array.from({ length: 3 }, () => ['gpu0', 'gpu1']).flat(),
  )
  expect(samples[1].reading).toMatchObject({ power_watts: 120, temperature_celsius: 41 })
})

test('prints a table to a terminal and one line per sample to a pipe', async () => {
  await installGpus(3)
  const table = new RunningCommand(['power'], { env: { ...env, NO_COLOR: '1' }, columns: 80 })
  await table.stdoutMatch(/energy(.*\n)+.*400 J/)
  const { stdout } = await table.stop()
  const last = stdout.slice(stdout.lastIndexOf('source')).trimEnd().split('\n')
  expect(last).toHaveLength(4)
  expect(last[0]).toMatch(/^source +now +average +peak +energy +use +temp +memory$/)
  expect(last[2]).toMatch(/gpu1 +120 W +120 W +120 W +240 J +34 % +41 °C +537 MB$/)
  expect(last[3]).toMatch(/^all +200 W +200 W +400 J$/)
  expect(Math.max(...last.map(({ length }) => length))).toBeLessThanOrEqual(80)
  const narrow = new RunningCommand(['power'], { env: { ...env, NO_COLOR: '1' }, columns: 40 })
  await narrow.stdoutMatch(/all.*200 W/)
  expect((await narrow.stop()).stdout).toMatch(/source +now +average +peak +energy\n/)
  const lines = new RunningCommand(['power'], { env })
  await lines.stdoutMatch(/gpu1 .*\n.*gpu0 /)
  expect((await lines.stop()).stdout).toMatch(
    /^2026-\S+Z {2}\S+\/gpu0 +80 W +34 % +41 °C +537 MB\n/,
  )
})

test('prints messages above the table', async () => {
  // Prints one row, and an invalid line after the table has been drawn.
  const script = `#!${process.execPath}
console.log('2026/11/24 09:00:00.000, 0, GPU-0, 60, 34, 12, 512, 81559, 41, 80')
const timer = setInterval(() => {
  if (!require('node:fs').existsSync(process.argv[1] + '.lost')) return
  console.log('GPU is lost')
  clearInterval(timer)
  setInterval(() => {}, 1000)
}, 20)
`
  await writeFile(join(dir, 'nvidia-smi'), script, { mode: 0o755 })
  const command = new RunningCommand(['power'], { env, columns: 80 })
  await command.stdoutMatch(/80 W/)
  await writeFile(join(dir, 'nvidia-smi.lost'), '')
  await command.stderrMatch(/power: nvidia-smi printed a line that is not a reading.*GPU is lost/)
  const { stdout } = await command.stop()
  const drawn = stdout.split('source').length - 1
  const overdrawn = stdout.split('\u001B[0J').length - 1
  // Only the first table and the one after the message do not overwrite another.
  expect(drawn - overdrawn).toBe(2)
})

test('fails if there is no power meter', async () => {
  const { code, stdout, stderr } = await runCommand(['power', '--json'], { env })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toBe(
    'power: no power meter found (tried nvidia-smi, rocm-smi, RAPL)\n' +
      'wattline: No power meter found on this machine.\n',
  )
})

test.each([
  [['power', '--interval', '10ms'], '--interval expects 50ms to 1s, got'],
  [['power', '--interval', 'often'], '--interval expects a duration like'],
  [['power', '--run', 'r', '--json'], 'Choose one destination'],
  [['run', '--power', '--interval', '2s', '--', 'true'], '--interval expects 50ms to 1s, got'],
  [['run', '--interval', '100ms', '--', 'true'], '--interval needs --power'],
  [['run', '--run', 'x'.repeat(201), '--', 'true'], '--run: a run id has at most 200 characters'],
  [['demo', '--run', '\n'], '--run: a run id cannot contain control characters'],
  [['run'], 'Missing required argument'],
])('rejects the command line %j', async (argv, reason) => {
  const { code, stderr } = await runCommand(argv, { env })
  expect([code, stderr]).toEqual([2, expect.stringContaining(reason)])
})

test('sends samples to a run, which also accepts posted samples', async () => {
  await installGpus(3)
  await mkdir(join(dir, 'runs'))
  const server = new RunningCommand(['serve', '--port', '0', '--dir', join(dir, 'runs')], { env })
  const [, url = ''] = await server.stderrMatch(/ (http:\S+)\/\n/)
  const argv = ['power', '--url', url, '--run', 'r1']
  const command = new RunningCommand(argv, { env })
  const log = () => fetch(`${url}/api/runs/r1/events.jsonl?raw=1`).then((answer) => answer.text())
  await expect.poll(async () => (await log()).split('\n').length, PATIENCE).toBe(7)
  expect((await command.stop()).stdout).toBe(`${url}/#run=r1\n`)
  const posted =
    '{"timestamp":1795510803.5,"reading":{"power_watts":99.5},"source":"meter/psu"}\n' +
    '{"timestamp":1795510804.5,"reading":{"power_watts":null,"energy_joules":-1}}\n' +
    '{"timestamp":"soon","reading":{"power_watts":1}}\n' +
    '{"timestamp":1795510805.5,"reading":7}'
  const answer = await fetch(`${url}/api/runs/r1/events`, { method: 'POST', body: posted })
  const result = (await answer.json()) as { rejected: { line: number }[] }
  expect(result).toMatchObject({ accepted: 2, rejectedCount: 2 })
  expect(result.rejected.map(({ line }) => line)).toEqual([3, 4])
  const lines = (await log()).trimEnd().split('\n')
  // The command may have sent more samples before it stopped; the last lines are posted.
  expect(lines.slice(-2)).toEqual(posted.split('\n').slice(0, 2))
  await server.stop()
})

test('ends when its run is deleted', async () => {
  await writeFile(join(dir, 'nvidia-smi'), ENDLESS_GPU, { mode: 0o755 })
  const server = new RunningCommand(['serve', '--port', '0', '--dir', join(dir, 'runs')], { env })
  const [, url = ''] = await server.stderrMatch(/ (http:\S+)\/\n/)
  const command = new RunningCommand(['power', '--url', url, '--run', 'r1'], { env })
  const status = () => fetch(`${url}/api/runs/r1`).then((answer) => answer.status)
  await expect.poll(status, PATIENCE).toBe(200)
  await fetch(`${url}/api/runs/r1`, { method: 'DELETE' })
  const { code, stderr } = await command.done
  expect([code, stderr]).toEqual([1, expect.stringContaining('The server stopped the run r1')])
  await server.stop()
})

test.runIf(process.platform === 'linux')('ends when its file cannot be written', async () => {
  await writeFile(join(dir, 'nvidia-smi'), ENDLESS_GPU, { mode: 0o755 })
  const { code, stderr } = await runCommand(['power', '--out', '/dev/full'], { env })
  expect([code, stderr]).toEqual([1, expect.stringMatching(/Cannot write .*\/dev\/full/)])
})
