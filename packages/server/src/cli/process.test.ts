/** The built command as a process of its own: pipes, signals and exit codes. */
import { type ChildProcessWithoutNullStreams, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { logText } from './testing/logs.ts'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

let dir: string
let cli: string
let children: ChildProcessWithoutNullStreams[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-process-'))
  // Inside the package, so that Node finds its dependencies.
  const out = join(PACKAGE, 'node_modules', '.wattline-test')
  const tsdown = fileURLToPath(new URL('../../../../node_modules/.bin/tsdown', import.meta.url))
  await promisify(execFile)(tsdown, ['--no-dts', '--out-dir', out], { cwd: PACKAGE })
  cli = join(out, 'cli.js')
}, 60_000)

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
})

afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

function start(...argv: string[]): ChildProcessWithoutNullStreams {
  return startIn({}, ...argv)
}

/** Starts the command with further environment variables. */
function startIn(more: NodeJS.ProcessEnv, ...argv: string[]): ChildProcessWithoutNullStreams {
  const env = { ...process.env, HOME: dir, CI: '1', ...more }
  const child = spawn(process.execPath, [cli, ...argv], { cwd: dir, env })
  children.push(child)
  return child
}

async function stderrMatch(
  child: ChildProcessWithoutNullStreams,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  let text = ''
  for await (const chunk of child.stderr) {
    text += String(chunk)
    const match = pattern.exec(text)
    if (match !== null) return match
  }
  throw new Error(`the command ended without printing ${pattern}: ${text}`)
}

async function exitOf(
  child: ChildProcessWithoutNullStreams,
): Promise<[number | null, string | null]> {
  return (await once(child, 'exit')) as [number | null, string | null]
}

test('exits with 1 after a failure and with 2 after a wrong command line', async () => {
  expect(await exitOf(start('--version'))).toEqual([0, null])
  expect(await exitOf(start('spans', 'nowhere.jsonl'))).toEqual([1, null])
  expect(await exitOf(start('--nonsense'))).toEqual([2, null])
})

test('ends without an error when the reader of its output is gone', async () => {
  const events = Array.from({ length: 50_000 }, (_, n): [string, number] => [`x${n}_start`, n])
  await writeFile(join(dir, 'big.jsonl'), logText(events))
  const child = start('spans', 'big.jsonl', '--json')
  child.stdout.once('data', () => child.stdout.destroy())
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  expect(await exitOf(child)).toEqual([0, null])
  expect(stderr).toBe('')
})

test('SIGINT closes cleanly with 0 and all received events are on disk', async () => {
  const child = start('serve', '--port', '0', '--dir', 'runs')
  const [, url = ''] = await stderrMatch(child, / (http:\S+)\/\n/)
  const body = logText([['hello', 1]])
  await fetch(`${url}/api/runs/first/events`, { method: 'POST', body })
  child.kill('SIGINT')
  expect(await exitOf(child)).toEqual([0, null])
  expect(await readFile(join(dir, 'runs', 'first', 'events.jsonl'), 'utf8')).toBe(body)
})

const events = async (run: string) =>
  (await readFile(join(dir, 'ran', run, 'events.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

function startRun(run: string, code: string, ...flags: string[]): ChildProcessWithoutNullStreams {
  const at = ['--port', '0', '--dir', 'ran', '--run', run, ...flags]
  return start('run', ...at, '--', process.execPath, '-e', code)
}

test('run: passes on stdio and the exit code and records the command as a span', async () => {
  const child = startRun('plain', `process.stdin.pipe(process.stdout); process.exitCode = 7`)
  child.stdin.end('through')
  const [stdout, stderr, end] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exitOf(child),
  ])
  expect([stdout, end]).toEqual(['through', [7, null]])
  expect(stderr).toMatch(
    /^Wattline: http:\S+#run=plain\nWattline: node failed with 7 after .* m?s, 1 span\nWattline: show it again with wattline \S*ran\/plain\/events\.jsonl\n$/,
  )
  expect(await events('plain')).toMatchObject([
    { event_type: 'agent_start', metadata: { agent_name: 'node' } },
    { event_type: 'agent_end', metadata: { exit_code: 7, success: false, error: 'exit code 7' } },
  ])
})

test('run: records no span for a command that records events itself', async () => {
  const child = startRun(
    'records',
    `const { WATTLINE_URL: url, WATTLINE_RUN: run } = process.env
    const body = '{"event_type":"hi","timestamp":1}'
    fetch(url + '/api/runs/' + run + '/events', { method: 'POST', body })`,
  )
  expect(await exitOf(child)).toEqual([0, null])
  expect((await events('records')).map(({ event_type }) => event_type)).toEqual(['hi'])
})

/** A processor counter that does not change, and a nvidia-smi that exits after its third row. */
async function machineWithPower(): Promise<NodeJS.ProcessEnv> {
  const zone = join(dir, 'sys', 'class', 'powercap', 'intel-rapl:0')
  await mkdir(zone, { recursive: true })
  const files = { name: 'package-0', energy_uj: 1e6, max_energy_range_uj: 1e9 }
  for (const [name, value] of Object.entries(files)) await writeFile(join(zone, name), `${value}\n`)
  const tool = `#!${process.execPath}
const now = () => new Date().toISOString().replaceAll('-', '/').replace('T', ' ').slice(0, 23)
let rows = 0
setInterval(() => {
  console.log(now() + ', 0, GPU-0, 60, 34, 12, 512, 81559, 41, 100')
  if (++rows === 3) process.exit(15)
}, 50)
`
  await mkdir(join(dir, 'bin'))
  await writeFile(join(dir, 'bin', 'nvidia-smi'), tool, { mode: 0o755 })
  return { PATH: join(dir, 'bin'), WATTLINE_SYSFS: join(dir, 'sys') }
}

test('run: attributes the sampled power to the spans', async () => {
  const agent = `
    const { WATTLINE_URL: url, WATTLINE_RUN: run } = process.env
    const log = url + '/api/runs/' + run + '/events'
    const post = (event_type) => fetch(log, {
      method: 'POST',
      body: JSON.stringify({ event_type, timestamp: Date.now() / 1000, metadata: { span_id: 's' } }),
    })
    const gpuRows = async () => (await (await fetch(log + '.jsonl')).text()).split('gpu0').length - 1
    ;(async () => {
      await post('tool_call_start')
      while (await gpuRows() < 5) await new Promise((resolve) => setTimeout(resolve, 20))
      await post('tool_call_end')
    })()`
  const at = ['--port', '0', '--dir', 'ran', '--run', 'powered', '--power', '--interval', '50ms']
  const env = await machineWithPower()
  const child = startIn(env, 'run', ...at, '--', process.execPath, '-e', agent)
  const [stderr, end] = await Promise.all([text(child.stderr), exitOf(child)])
  expect(end).toEqual([0, null])
  expect(stderr.match(/power: .*/g)).toEqual([
    'power: nvidia-smi ended (exit code 15) and is started again',
  ])
  expect(stderr).toMatch(/ 1 span, [\d.]+ J \([\d.]+ W on average\)/)
  const energy = start('energy', join('ran', 'powered', 'events.jsonl'), '--json')
  const { total_j, idle_j, spans, sources } = JSON.parse(await text(energy.stdout))
  expect(sources).toHaveLength(2)
  expect(spans).toHaveLength(1)
  expect(spans[0].own_j).toBeGreaterThan(0)
  expect(spans[0].own_j + idle_j).toBeCloseTo(total_j, 9)
})

test('run: reports once that no power meter was found and continues', async () => {
  const env = { PATH: join(dir, 'nowhere'), WATTLINE_SYSFS: join(dir, 'nowhere') }
  const at = ['--port', '0', '--dir', 'ran', '--run', 'unpowered', '--power']
  const child = startIn(env, 'run', ...at, '--', process.execPath, '-e', 'process.exit(3)')
  const [stderr, end] = await Promise.all([text(child.stderr), exitOf(child)])
  expect(end).toEqual([3, null])
  expect(stderr.match(/no power meter found/g)).toHaveLength(1)
  expect(stderr).not.toMatch(/ J /)
  expect((await events('unpowered')).map(({ event_type }) => event_type)).toEqual([
    'agent_start',
    'agent_end',
  ])
})

test('run: passes a signal on and exits with 128 + its number', async () => {
  const child = startRun(
    'killed',
    `process.stdout.write('up'); setInterval(() => {}, 1000)`,
    '--power',
  )
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await exitOf(child)).toEqual([143, null])
  const [end] = (await events('killed')).filter(({ event_type }) => event_type === 'agent_end')
  expect(end.metadata).toMatchObject({ exit_code: 143, error: 'killed by SIGTERM' })
})

test('run: prints a command for a shell that reads the log of the run', async () => {
  const at = ['--port', '0', '--dir', "a 'quoted' folder", '--run', 'shown']
  const child = start('run', ...at, '--', process.execPath, '-e', '')
  const [, command = ''] = await stderrMatch(child, /took .*\n.*show it again with wattline (.*)\n/)
  expect(await exitOf(child)).toEqual([0, null])
  const shown = spawn('sh', ['-c', `cat ${command}`], {
    env: { HOME: dir, PATH: process.env['PATH'] },
  })
  expect(await text(shown.stdout)).toMatch(/^.*agent_start.*\n.*agent_end.*\n$/)
})

test('run: refuses an empty command in one sentence', async () => {
  const child = start('run', '--port', '0', '--dir', 'ran', '--', '')
  expect(await text(child.stderr)).toBe(
    'wattline: Expected a command after --, got an empty text; see wattline run --help.\n',
  )
  expect(child.exitCode ?? (await exitOf(child))[0]).toBe(2)
})

test('run: exits with the code of the command when nothing reads its messages', async () => {
  const code = `process.stdout.write('up')
    process.stdin.on('end', () => process.exit(3)).resume()`
  const child = startRun('unread', code)
  await stderrMatch(child, /http:/)
  await once(child.stdout, 'data')
  child.stdin.end()
  expect(await exitOf(child)).toEqual([3, null])
})

test('serve: continues when nothing reads its messages', async () => {
  const child = start('serve', '--port', '0', '--dir', 'unread')
  const [, url = ''] = await stderrMatch(child, / (http:\S+)\/\n/)
  // The server prints a message about the lines that are missing before each body.
  for (const first of [5, 9]) {
    const query = `writer=w&first=${first}`
    const body = logText([['hello', 1]])
    const { status } = await fetch(`${url}/api/runs/gap/events?${query}`, { method: 'POST', body })
    expect(status).toBe(200)
  }
  child.kill('SIGINT')
  expect(await exitOf(child)).toEqual([0, null])
})

const canUsePython = spawnSync('python3', ['--version']).status === 0

/** Runs argv in a terminal of its own with stdin elsewhere, and presses Ctrl+C once at "ready". */
const IN_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.execvp(sys.argv[1], sys.argv[1:])
out, pressed = b"", False
while True:
    try: part = os.read(fd, 4096)
    except OSError: break
    if not part: break
    out += part
    if b"ready" in out and not pressed:
        pressed = True
        os.write(fd, b"\\x03")
os.waitpid(pid, 0)
print(out.decode())`

test.skipIf(!canUsePython)('run: Ctrl+C in a terminal signals the command once', async () => {
  // The command's SIGTERM is passed back to it after every SIGINT that the key caused.
  const code = `
    let interrupts = 0
    process.on('SIGINT', () => { if (++interrupts === 1) process.kill(process.ppid, 'SIGTERM') })
    process.on('SIGTERM', () => { console.log('interrupts: ' + interrupts); process.exit(0) })
    setInterval(() => {}, 1000)
    console.log('ready')`
  const argv = [cli, 'run', '--port', '0', '--dir', 'keys', '--', process.execPath, '-e', code]
  const terminal = spawn('python3', ['-c', IN_TERMINAL, process.execPath, ...argv], {
    cwd: dir,
    env: { ...process.env, HOME: dir, CI: '1' },
  })
  children.push(terminal)
  expect(await text(terminal.stdout)).toContain('interrupts: 1')
})

test('run: keeps its server until other runs have ended', async () => {
  const wait = 'process.stdout.write(process.env.WATTLINE_URL); process.stdin.resume()'
  const at = ['--port', '0', '--dir', 'shared', '--run', 'first']
  const first = start('run', ...at, '--', process.execPath, '-e', wait)
  const [url] = (await once(first.stdout, 'data')) as [Buffer]
  const joined = { WATTLINE_URL: url.toString() }
  const second = startIn(joined, 'run', '--run', 'second', '--', process.execPath, '-e', wait)
  const stderr = text(second.stderr)
  await once(second.stdout, 'data')
  first.stdin.end()
  await stderrMatch(first, /other runs record to this server/)
  second.stdin.end()
  expect(await exitOf(second)).toEqual([0, null])
  expect(await stderr).toMatch(/took .*, 1 span\n$/)
  expect(await exitOf(first)).toEqual([0, null])
  const log = await readFile(join(dir, 'shared', 'second', 'events.jsonl'), 'utf8')
  expect(log).toMatch(/agent_start.*\n.*agent_end.*\n$/)
})

test('run: exits with 127 if the command does not exist', async () => {
  const child = start('run', '--port', '0', '--dir', 'ran', '--', 'no-such-command-here')
  await stderrMatch(child, /There is no command 'no-such-command-here' on PATH/)
  expect(await exitOf(child)).toEqual([127, null])
  const runs = await readdir(join(dir, 'ran'))
  expect(runs.filter((name) => name.startsWith('no-such-command'))).toEqual([])
})

test('SIGTERM closes cleanly while stdin is relayed', async () => {
  const child = start('-', '--port', '0', '--dir', 'piped')
  await stderrMatch(child, /Ctrl\+C/)
  child.kill('SIGTERM')
  expect(await exitOf(child)).toEqual([0, null])
})

test('a second signal exits without waiting for an open request', async () => {
  const child = start('serve', '--port', '0', '--dir', 'stuck')
  const [, url = ''] = await stderrMatch(child, / (http:\S+)\/\n/)
  const endless = request(`${url}/api/runs/endless/events`, { method: 'POST' })
  endless.on('error', () => {
    // The server cuts the connection, as expected.
  })
  endless.write(logText([['hello', 1]]))
  // The server has the request once it has answered a later one.
  await fetch(`${url}/api/runs`)
  child.kill('SIGINT')
  // The server has started to close when it refuses connections.
  await refused(url)
  child.kill('SIGINT')
  expect(await exitOf(child)).toEqual([130, null])
  endless.destroy()
})

async function refused(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url, { headers: { connection: 'close' } })
    } catch {
      return
    }
  }
}
