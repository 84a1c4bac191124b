import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { playDemo } from '../record/demo-stream.ts'
import { runCommand, RunningCommand } from '../testing/command.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-demo-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const SHORT = ['--agents', '2', '--duration', '20s', '--seed', '5']

test('--out writes the same run for the same seed', async () => {
  const write = async (name: string, more: readonly string[] = []) => {
    const argv = ['demo', ...SHORT, '--start', '2026-01-01T00:00:00Z', '--out', name, ...more]
    const { code, stdout, stderr } = await runCommand(argv, { cwd: dir })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^Wrote \d+ lines \(seed 5\) to \S+; show it with wattline \S+\.\n$/)
    return await readFile(join(dir, name), 'utf8')
  }
  const first = await write('a.jsonl')
  expect(await write('b.jsonl')).toBe(first)
  expect(first).toContain('"span_id"')
  expect(await write('c.jsonl', ['--no-ids'])).not.toContain('"span_id"')
  const spans = await runCommand(['spans', 'a.jsonl', '--json'], { cwd: dir })
  const [line = ''] = spans.stdout.split('\n')
  expect((JSON.parse(line) as { start: number }).start).toBeGreaterThanOrEqual(1_767_225_600)
})

test('--out - writes only the run to stdout', async () => {
  const { stdout } = await runCommand(['demo', '--spans', '200', '--seed', '5', '--out', '-'])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(400)
  const kinds = lines.map((line) =>
    'reading' in (JSON.parse(line) as object) ? 'sample' : 'event',
  )
  expect(new Set(kinds)).toEqual(new Set(['event', 'sample']))
  for (const line of lines) expect(line).toMatch(/^\{"(event_type|timestamp)":/)
})

test('streams to the running server and ends', async () => {
  const server = new RunningCommand(['serve', '--port', '0', '--dir', dir], {})
  const [, url = ''] = await server.stderrMatch(/ (http:\S+)\/\n/)
  const argv = ['demo', ...SHORT, '--speed', '100', '--url', url, '--run', 'my-demo']
  const { code, stdout, stderr } = await runCommand(argv)
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${url}/#run=my-demo\n` })
  const sent = Number(/ended: (\d+) events/.exec(stderr)?.[1])
  const [info] = (await (await fetch(`${url}/api/runs`)).json()) as RunInfo[]
  expect(info).toMatchObject({ id: 'my-demo', state: 'ended', events: sent, lost: 0 })
  const text = await (await fetch(`${url}/api/runs/my-demo/events.jsonl`)).text()
  expect(text.trimEnd().split('\n')).toHaveLength(sent)
  await server.stop()
})

test('starts a server if none is running and keeps it until stopped', async () => {
  const command = new RunningCommand(
    ['demo', ...SHORT, '--port', '0', '--dir', dir, '--speed', '100'],
    {},
  )
  const [, view = ''] = await command.stderrMatch(/ (http:\S+)\n/)
  await command.stderrMatch(/The demo has ended: \d+ events/)
  const url = new URL(view)
  const run = url.hash.replace('#run=', '')
  const response = await fetch(`${url.origin}/api/runs/${run}`)
  expect(await response.json()).toMatchObject({ id: run, state: 'ended' })
  expect((await command.stop()).code).toBe(0)
})

test('fails if the server of --url does not answer', async () => {
  const { code, stderr } = await runCommand(['demo', '--url', 'http://127.0.0.1:1'])
  expect(code).toBe(1)
  expect(stderr).toBe(
    'wattline: No Wattline server answers at http://127.0.0.1:1; start one with wattline serve.\n',
  )
})

/** Starts `serve --demo` and waits for the first event of the live run. */
async function serveDemo(): Promise<{ command: RunningCommand; shown: string; runs: RunInfo[] }> {
  const command = new RunningCommand(['serve', '--demo', '--port', '0', '--dir', dir], {})
  const [, view = ''] = await command.stderrMatch(/ (http:\S+)\n/)
  const url = new URL(view)
  const shown = url.hash.replace('#run=', '')
  let runs: RunInfo[] = []
  while (!runs.some(({ id, events }) => id === shown && events > 0)) {
    runs = (await (await fetch(`${url.origin}/api/runs`)).json()) as RunInfo[]
  }
  return { command, shown, runs }
}

test('serve --demo shows the sample runs and a live run', async () => {
  const { command, shown, runs } = await serveDemo()
  const live = runs.find(({ id }) => id === shown)
  expect(live).toMatchObject({ name: 'Live demo', state: 'live' })
  expect(
    runs
      .filter(({ readOnly }) => readOnly)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['one-agent.jsonl', 'three-agents.jsonl', 'without-ids.jsonl'])
  expect((await command.stop()).code).toBe(0)
})

test('serve --demo removes the demo runs of earlier starts', async () => {
  const first = await serveDemo()
  await first.command.stop()
  const second = await serveDemo()
  expect(second.shown).not.toBe(first.shown)
  expect(second.runs.filter(({ readOnly }) => !readOnly).map(({ id }) => id)).toEqual([
    second.shown,
  ])
  await second.command.stop()
})

test('at speed 2 sends every event after half the time, with the time of sending', async () => {
  const sent: { timestamp: number }[] = []
  const client = {
    send: (lines: Uint8Array) => {
      for (const line of Buffer.from(lines).toString().trimEnd().split('\n')) {
        sent.push(JSON.parse(line) as { timestamp: number })
      }
      return Promise.resolve()
    },
  }
  const events = [0, 0.02, 0.1].map((timestamp) => ({ event_type: 'x', timestamp, metadata: {} }))
  const before = Date.now() / 1000
  const count = await playDemo(events, { client, speed: 2, stop: new AbortController().signal })
  const [first, second, third] = sent.map(({ timestamp }) => timestamp)
  expect(count).toBe(3)
  expect(first).toBeGreaterThanOrEqual(before)
  expect((second ?? 0) - (first ?? 0)).toBeCloseTo(0.01, 5)
  expect((third ?? 0) - (first ?? 0)).toBeCloseTo(0.05, 5)
  // No event is sent long before its time.
  expect(Date.now() / 1000).toBeGreaterThanOrEqual((third ?? 0) - 0.02)
})
