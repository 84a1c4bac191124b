import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { appendFile, chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { codeOf } from '../../base/errors.ts'
import { runCommand, RunningCommand } from '../testing/command.ts'
import { logText } from '../testing/logs.ts'

let dir: string
let running: RunningCommand[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-serve-'))
  running = []
})

afterEach(async () => {
  await Promise.all(running.map((command) => command.stop()))
  await rm(dir, { recursive: true, force: true })
})

const LOG = logText([
  ['tool_call_start', 1_700_000_000, { tool: 'grep', span_id: 'a' }],
  ['tool_call_end', 1_700_000_001, { tool: 'grep', span_id: 'a' }],
])

interface Started {
  readonly command: RunningCommand
  /** The printed URL; its hash names the shown run. */
  readonly view: URL
  readonly url: string
  readonly port: string
}

async function start(
  argv: readonly string[],
  options: { stdin?: PassThrough } = {},
): Promise<Started> {
  const command = new RunningCommand(argv, { cwd: dir, env: { HOME: dir }, ...options })
  running.push(command)
  const [, address = ''] = await command.stderrMatch(/ (http:\/\/\S+)\n[^]*Ctrl\+C/)
  const view = new URL(address)
  return { command, view, url: view.origin, port: view.port }
}

/** Options of a command of the same user as the servers. */
function own(env: Record<string, string> = {}) {
  return { cwd: dir, env: { HOME: dir, ...env } }
}

async function runsAt(
  url: string,
  { search }: Pick<URL, 'search'> = { search: '' },
): Promise<RunInfo[]> {
  return (await (await fetch(`${url}/api/runs${search}`)).json()) as RunInfo[]
}

async function eventsAt(url: string, run: string): Promise<string> {
  return await (await fetch(`${url}/api/runs/${run}/events.jsonl?raw=1`)).text()
}

/** Repeats `ask` until the answer is right, or until the test times out. */
async function until<T>(ask: () => Promise<T>, right: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (right(answer)) return answer
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('wattline without a command', () => {
  test('shows a file, prints how to use the server and closes cleanly', async () => {
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const { command, view, url } = await start(['run.jsonl', '--port', '0', '--dir', 'runs'])
    const [info] = await runsAt(url)
    expect(info).toMatchObject({ name: 'run.jsonl', readOnly: true, state: 'ended' })
    expect(view.hash).toBe(`#run=${info?.id}`)
    expect(await eventsAt(url, info?.id ?? '')).toBe(LOG)
    const { code, stdout, stderr } = await command.stop()
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/stored in ~\/runs\n/)
    expect(stderr).toMatch(/curl 127\.0\.0\.1:\d+\/api\/runs\/first\/events -d /)
  })

  test('stores runs in the state folder by default', async () => {
    const { command } = await start(['--port', '0'])
    const { stderr } = await command.stop()
    expect(stderr).toContain('stored in ~/.local/state/wattline/runs\n')
  })

  test('watches a folder and follows its growing logs', async () => {
    await mkdir(join(dir, 'logs'))
    await writeFile(join(dir, 'logs', 'a.jsonl'), LOG)
    const { view, url } = await start(['logs', '--port', '0', '--dir', 'runs'])
    expect(view.hash).toBe('')
    const [first] = await until(
      () => runsAt(url),
      (infos) => infos.length === 1,
    )
    expect(first?.name).toBe('a.jsonl')
    await writeFile(join(dir, 'logs', 'b.jsonl'), LOG)
    const runs = await until(
      () => runsAt(url),
      (infos) => infos.length === 2,
    )
    const live = runs.find(({ name }) => name === 'b.jsonl')
    expect(live).toMatchObject({ state: 'live', readOnly: true })
    await appendFile(join(dir, 'logs', 'b.jsonl'), LOG)
    await until(
      () => eventsAt(url, live?.id ?? ''),
      (text) => text === LOG + LOG,
    )
  })

  test('converts a log of another tool from stdin as it arrives', async () => {
    const stdin = new PassThrough()
    const { command, view, url } = await start(['-', '--port', '0', '--dir', 'runs'], { stdin })
    const run = new URLSearchParams(view.hash.slice(1)).get('run') ?? ''
    stdin.write('{"type":"inference_start","timestamp":1800000000,"data":{"model":"m"}}\n')
    const text = await until(
      () => eventsAt(url, run),
      (lines) => lines.includes('\n'),
    )
    expect(JSON.parse(text)).toMatchObject({
      event_type: 'lm_inference_start',
      source: { file: 'stdin', line: 1 },
    })
    stdin.end('{"type":"inference_end","timestamp":1800000001,"data":{}}\n')
    await command.stderrMatch(/stdin has ended: 2 lines\./)
  })

  test('notes that an empty file or a folder without logs is followed', async () => {
    await mkdir(join(dir, 'logs'))
    await writeFile(join(dir, 'new.jsonl'), '')
    const { command } = await start(['logs', 'new.jsonl', '--port', '0', '--dir', 'runs'])
    const { stderr } = await command.stop()
    expect(stderr).toContain('! logs has no .jsonl file yet; each new one is shown.\n')
    expect(stderr).toContain('! new.jsonl is empty; its events are shown as they are written.\n')
  })

  test('relays stdin into a run, including a last line without a line end', async () => {
    const stdin = new PassThrough()
    const { command, view, url } = await start(['-', '--port', '0', '--dir', 'runs'], { stdin })
    const run = view.hash.replace('#run=', '')
    const [first = '', second = ''] = LOG.trimEnd().split('\n')
    stdin.write(`${first}\n${second.slice(0, 10)}`)
    await until(
      () => eventsAt(url, run),
      (text) => text === `${first}\n`,
    )
    expect((await runsAt(url))[0]).toMatchObject({ id: run, name: 'stdin', state: 'live' })
    stdin.end(second.slice(10))
    await command.stderrMatch(/stdin has ended: 2 lines\./)
    expect(await eventsAt(url, run)).toBe(LOG)
    expect((await runsAt(url))[0]).toMatchObject({ state: 'ended', events: 2 })
  })

  test('uses the next free port if the requested one is busy, and reports it', async () => {
    const other = await otherProgram()
    const busy = (other.address() as AddressInfo).port
    const { command, port } = await start(['serve', '--port', String(busy), '--dir', 'runs'])
    expect(Number(port)).toBeGreaterThan(busy)
    const { stderr } = await command.stop()
    expect(stderr).toContain(`port ${busy} is busy, using the next free one`)
    other.close()
  })

  test('requires a token when it listens on other addresses than loopback', async () => {
    const { url, view } = await start([
      'serve',
      '--port',
      '0',
      '--host',
      '0.0.0.0',
      '--dir',
      'runs',
    ])
    const token = view.searchParams.get('token') ?? ''
    expect(token.length).toBeGreaterThanOrEqual(16)
    expect((await fetch(`${url}/api/runs`)).status).toBe(401)
    const allowed = await fetch(`${url}/api/runs`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(allowed.status).toBe(200)
  })
})

describe('with a running server', () => {
  test('a second wattline FILE hands over its file, prints the URL and ends', async () => {
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    const { code, stdout, stderr } = await runCommand(['run.jsonl', '--port', first.port], own())
    expect(code).toBe(0)
    expect(stderr).toBe('Wattline is already running; shown at\n')
    const [info] = await runsAt(first.url)
    expect(stdout).toBe(`${first.url}/#run=${info?.id}\n`)
    expect(await eventsAt(first.url, info?.id ?? '')).toBe(LOG)
  })

  test('hands over a folder with or without logs', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    await mkdir(join(dir, 'logs'))
    const empty = await runCommand(['open', 'logs', '--port', first.port], own())
    expect({ code: empty.code, stdout: empty.stdout }).toEqual({
      code: 0,
      stdout: `${first.url}/\n`,
    })
    await writeFile(join(dir, 'logs', 'a.jsonl'), LOG)
    await until(
      () => runsAt(first.url),
      (runs) => runs.length === 1,
    )
  })

  test('relays stdin to it', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    const { code, stdout } = await runCommand(['-', '--port', first.port], { stdin: LOG })
    expect(code).toBe(0)
    const [info] = await runsAt(first.url)
    expect(stdout).toBe(`${first.url}/#run=${info?.id}\n`)
    expect(info).toMatchObject({ name: 'stdin', state: 'ended', events: 2, readOnly: false })
    expect(await eventsAt(first.url, info?.id ?? '')).toBe(LOG)
  })

  test('appends to the run when stdin is relayed to it again', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    const lines = LOG.trimEnd().split('\n')
    for (const line of lines) {
      const options = { stdin: `${line}\n`, env: { WATTLINE_RUN: 'piped' } }
      expect((await runCommand(['-', '--port', first.port], options)).code).toBe(0)
    }
    const log = (await eventsAt(first.url, 'piped')).split('\n')
    // Each relay is a writer of its own.
    expect(log.filter((line) => !line.startsWith('{"wattline"')).join('\n')).toBe(LOG)
  })

  test('rejects an invalid run id with the reason', async () => {
    const run = '%'.repeat(201)
    const { code, stderr } = await runCommand(['-'], { stdin: LOG, env: { WATTLINE_RUN: run } })
    expect([code, stderr]).toEqual([
      2,
      'wattline: WATTLINE_RUN: a run id has at most 200 characters, this one has 201.\n',
    ])
  })

  test('finds the server behind a busy port, and by WATTLINE_URL', async () => {
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const other = await otherProgram()
    const busy = String((other.address() as AddressInfo).port)
    const first = await start(['serve', '--port', busy, '--dir', 'runs'])
    const byPort = await runCommand(['run.jsonl', '--port', busy], own())
    expect(byPort.stdout).toMatch(new RegExp(`^${first.url}/#run=run-\\w+\n$`))
    const byUrl = await runCommand(['run.jsonl'], own({ WATTLINE_URL: first.url }))
    expect(byUrl.stdout).toBe(byPort.stdout)
    other.close()
  })

  test('gets the token of a server of the same user from its keys', async () => {
    const token = 'a-token-of-24-characters'
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const first = await start(['serve', '--port', '0', '--dir', 'runs', '--token', token])
    const opened = await runCommand(['open', 'run.jsonl', '--port', first.port], own())
    expect(opened.code).toBe(0)
    expect(opened.stdout).toMatch(new RegExp(`^${first.url}/\\?token=${token}#run=run-\\w+\\n$`))
  })

  test('reports a wrong token and does not send it, unless the server needs none', async () => {
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const token = 'a-token-of-24-characters'
    const locked = await start(['serve', '--port', '0', '--dir', 'runs', '--token', token])
    const env = { WATTLINE_TOKEN: 'another-token-of-30-characters' }
    for (const argv of [
      ['open', 'run.jsonl', '--port', locked.port],
      ['run.jsonl', '--port', locked.port],
      ['-', '--port', locked.port],
      ['demo', '--no-open', '--port', locked.port],
      ['run', '--url', locked.url, '--', 'true'],
      ['power', '--url', locked.url, '--run', 'r'],
    ]) {
      const { code, stderr } = await runCommand(argv, own(env))
      expect([code, stderr], argv.join(' ')).toEqual([
        1,
        expect.stringContaining('set the token that this server was started with'),
      ])
    }
    const open = await start(['serve', '--port', '0', '--dir', 'others'])
    expect((await runCommand(['open', 'run.jsonl', '--port', open.port], own(env))).code).toBe(0)
  })

  test('keeps its keys in a file that only its user can read, until it stops', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    const folder = join(dir, '.local/state/wattline/servers')
    const file = join(folder, `${first.port}.json`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(await readdir(folder)).toEqual([`${first.port}.json`])
    await first.command.stop()
    expect(await readdir(folder)).toEqual([])
  })

  test('sends a copy of a file to a server of another user, and no folders', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    await writeFile(join(dir, 'run.jsonl'), LOG)
    await writeFile(join(dir, 'old.jsonl.gz'), gzipSync(LOG))
    // Without the home folder of the server's user, the command finds no keys.
    const other = { cwd: dir, env: { HOME: join(dir, 'other') } }
    for (const file of ['run.jsonl', 'old.jsonl.gz']) {
      const sent = await runCommand(['open', file, '--port', first.port], other)
      expect([sent.code, sent.stderr]).toEqual([
        0,
        `Sent a copy of ${file} to ${first.url}, which does not follow the file.\n`,
      ])
      const run = decodeURIComponent(new URL(sent.stdout).hash.slice('#run='.length))
      expect(await eventsAt(first.url, run)).toBe(LOG)
    }
    await writeFile(join(dir, '\u001b[2Jevil\n.jsonl'), LOG)
    const evil = await runCommand(['open', '\u001b[2Jevil\n.jsonl', '--port', first.port], other)
    expect(evil.stderr.trimEnd()).not.toMatch(/[\u0000-\u001f]/)
    const folder = await runCommand(['open', '.', '--port', first.port], other)
    expect(folder.code).toBe(1)
    expect(folder.stderr).toContain('was not started by you on this machine')
  })

  test('does not send its token to a program that does not know it', async () => {
    const received: string[] = []
    const other: Server = createServer((request, response) => {
      const { authorization = '' } = request.headers
      received.push(`${request.method} ${request.url} ${authorization}`)
      request.resume()
      response.setHeader('content-type', 'application/json')
      response.end('{"name":"wattline","ok":true,"nonce":"n","tokenProof":"p","secretProof":"p"}')
    })
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const port = String((other.address() as AddressInfo).port)
    await writeFile(join(dir, 'run.jsonl'), LOG)
    const env = { WATTLINE_TOKEN: 'a-token-of-24-characters' }
    const { code, stderr } = await runCommand(['open', 'run.jsonl', '--port', port], own(env))
    expect(code).toBe(1)
    expect(stderr).toContain(
      'does not know the token of --token or WATTLINE_TOKEN, which was not sent',
    )
    expect(received).toEqual(['GET /healthz ', 'POST /api/open '])
    other.close()
  })

  test.each([301, 302, 308])(
    'a redirect (%d) is not a server, and no token follows it',
    async (status) => {
      const token = 'a-token-of-24-characters'
      const real = await start(['serve', '--port', '0', '--dir', 'runs', '--token', token])
      const received: string[] = []
      const front: Server = createServer((request, response) => {
        received.push(request.headers.authorization ?? '')
        response.writeHead(status, { location: `${real.url}${request.url}` }).end()
      })
      front.listen(0, '127.0.0.1')
      await once(front, 'listening')
      const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
      const env = { WATTLINE_URL: url, WATTLINE_TOKEN: token }
      for (const argv of [['open'], ['run', '--', 'true'], ['power', '--run', 'r']]) {
        const { code, stderr } = await runCommand(argv, own(env))
        expect([code, stderr], argv[0]).toEqual([1, expect.stringContaining(`No Wattline server`)])
      }
      expect(received.join('')).toBe('')
      front.close()
    },
  )

  test('a private file makes the server ask for a token for reading', async () => {
    await writeFile(join(dir, 'public.jsonl'), LOG)
    await chmod(join(dir, 'public.jsonl'), 0o644)
    await writeFile(join(dir, 'private.jsonl'), LOG, { mode: 0o600 })
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    const open = (file: string) => runCommand(['open', file, '--port', first.port], own())
    const before = await open('public.jsonl')
    expect(before.stdout).toMatch(new RegExp(`^${first.url}/#run=`))
    expect((await fetch(`${first.url}/api/runs`)).status).toBe(200)
    const { code, stdout } = await open('private.jsonl')
    expect(code).toBe(0)
    expect((await fetch(`${first.url}/api/runs`)).status).toBe(401)
    const token = new URL(stdout).searchParams.get('token')
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${first.url}/api/runs`, { headers })).status).toBe(200)
    expect(
      (await fetch(`${first.url}/api/runs/r/events`, { method: 'POST', body: LOG })).status,
    ).toBe(200)
  })

  test.runIf(process.getuid?.() === 0)('another user opens and reads no private file', async () => {
    const path = join(dir, 'private.jsonl')
    await writeFile(path, LOG, { mode: 0o600 })
    const first = await start(['serve', 'private.jsonl', '--port', '0', '--dir', 'runs'])
    const keys = join(dir, '.local/state/wattline/servers', `${first.port}.json`)
    const [info] = await runsAt(first.url, first.view)
    const script = `
      const [url, path, keys, id] = process.argv.slice(1)
      const post = (body) => fetch(url + '/api/open', { method: 'POST', body: JSON.stringify(body) })
      const statuses = [(await post({ path })).status]
      const { nonce } = await (await post({ nonce: 'n'.repeat(16) })).json()
      statuses.push((await post({ path, nonce, proof: 'x' })).status)
      statuses.push((await fetch(url + '/api/runs/' + id + '/events.jsonl')).status)
      statuses.push((await fetch(url + '/api/runs/theirs/events', { method: 'POST', body: '' })).status)
      const { readFile } = await import('node:fs/promises')
      const files = [path, keys].map((file) => readFile(file).then(() => 'read', (error) => error.code))
      console.log(JSON.stringify([...statuses, ...(await Promise.all(files))]))`
    const argv = ['--input-type=module', '-e', script, first.url, path, keys, info?.id ?? '']
    const options = { uid: 65_534, gid: 65_534, cwd: '/' }
    const { stdout } = await promisify(execFile)(process.execPath, argv, options)
    expect(JSON.parse(stdout)).toEqual([400, 403, 401, 200, 'EACCES', 'EACCES'])
  })

  test('opens no file that is not a log', async () => {
    const first = await start(['serve', '--port', '0', '--dir', 'runs'])
    await writeFile(join(dir, 'key'), 'TOP SECRET\nline 2\n')
    await writeFile(join(dir, 'config.json'), '{"auths":{"registry":{"auth":"c2VjcmV0"}}}\n')
    for (const file of ['key', 'config.json']) {
      const { code, stderr } = await runCommand(['open', file, '--port', first.port], own())
      expect([code, stderr]).toEqual([1, expect.stringContaining('is not a log')])
    }
    expect(await runsAt(first.url)).toEqual([])
  })

  test('rejects a second server with the same folder', async () => {
    await start(['serve', '--port', '0', '--dir', 'runs'])
    const { code, stderr } = await runCommand(['serve', '--port', '0', '--dir', 'runs'], {
      cwd: dir,
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/is using it; stop that one, or choose another folder with --dir\.\n$/)
  })

  test('uses a numbered folder for a second server without --dir', async () => {
    const first = await start(['serve', '--port', '0'])
    const second = await start(['serve', '--port', '0'])
    expect(second.port).not.toBe(first.port)
    expect((await second.command.stop()).stderr).toContain(
      'stored in ~/.local/state/wattline/runs-2\n',
    )
  })

  test('open without a server says how to start one', async () => {
    const env = { WATTLINE_URL: 'http://127.0.0.1:1' }
    expect(await runCommand(['open'], { env })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'wattline: No Wattline server answers at http://127.0.0.1:1; start one with wattline serve.\n',
    })
  })
})

describe('--log json', () => {
  test('writes one object per line, without the token', async () => {
    const token = 'abcdefghijklmnopqrst'
    const argv = ['serve', '--port', '0', '--dir', join(dir, 'runs'), '--log', 'json']
    const command = new RunningCommand([...argv, '--token', token], { cwd: dir })
    running.push(command)
    const [, url = ''] = await command.stderrMatch(/listening on (http:[^"]+)/)
    const posted = await fetch(`${url}/api/runs/r/events?first=5`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: LOG,
    })
    expect(posted.status).toBe(200)
    const { stderr } = await command.stop()
    const rows = stderr
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row) as object)
    expect(rows).toContainEqual({
      time: expect.stringMatching(/^\d{4}-/),
      message: '4 lines never arrived',
      run: 'r',
      writer: 'http',
    })
    expect(stderr).not.toContain(token)
  })

  test('requires a given token if one would be generated', async () => {
    const argv = ['serve', '--host', '0.0.0.0', '--port', '0', '--log', 'json']
    const { code, stderr } = await runCommand(argv, { cwd: dir, env: { HOME: dir } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('WATTLINE_TOKEN')])
  })
})

test.each(['text', 'json'])('%s logs print no control characters of others', async (format) => {
  const evil = '\u001b[31mname\u001b]0;t\u0007\u009b2J\u202e\r\nforged'
  await mkdir(join(dir, `${evil}dir`))
  await writeFile(join(dir, `${evil}dir`, `${evil}.jsonl.gz`), Buffer.from([0x1f, 0x8b, 8, 0, 1]))
  const command = new RunningCommand(
    ['serve', join(dir, `${evil}dir`), '--no-open', '--port', '0', '--log', format],
    { cwd: dir, env: { HOME: dir } },
  )
  running.push(command)
  const [, url = ''] = await command.stderrMatch(/ (http:\/\/[\d.:]+)/)
  const events = `${url}/api/runs/${encodeURIComponent('r\u009b\u202e')}/events?first=5`
  await fetch(events, { method: 'POST', body: LOG })
  const { stderr } = await command.stop()
  expect(stderr).toContain('Cannot follow')
  expect(stderr).toContain('never arrived')
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|^forged/m)
  const wrong = await runCommand(['stats', `${evil}.jsonl`], { cwd: dir })
  expect(wrong.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
})

/**
 * Another program that listens. Its port is below those that the system gives to servers on port 0, so
 * that the ports after it are not those of servers of other tests.
 */
async function otherProgram(): Promise<Server> {
  const answer = (_request: unknown, response: ServerResponse): void =>
    void response.end('another program')
  for (;;) {
    const other = createServer(answer)
    other.listen(randomInt(20_000, 32_000), '127.0.0.1')
    try {
      await once(other, 'listening')
      return other
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error
    }
  }
}
