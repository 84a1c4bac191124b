/**
 * The system refuses disk space, file descriptors or permission. The sender gets the reason, only
 * lines in the log are acknowledged, other runs are not affected, and the server recovers without a
 * restart.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { RunInfo } from '@wattline/trace'
import { getJson, lines, record, tempDir, watch, type Client } from './testing/harness.ts'
import { buildServerProcess, launch, type Launched } from './testing/launch.ts'

/** `prlimit` changes the limits of a running process, on Linux. */
const canLimit = spawnSync('prlimit', ['--version']).status === 0

let script: string
beforeAll(async () => {
  script = await buildServerProcess('failures-test')
}, 60_000)

function limit(server: Launched, what: string): void {
  execFileSync('prlimit', [`--${what}`, '--pid', String(server.process.pid)])
}

/** The number of its next file descriptor. Inherited ones may have far larger numbers. */
function firstFree(server: Launched): number {
  const open = new Set(readdirSync(`/proc/${server.process.pid}/fd`).map(Number))
  let free = 0
  while (open.has(free)) free += 1
  return free
}

function post(server: Launched, run: string, body: string, query = '') {
  return fetch(`${server.url}/api/runs/${run}/events${query}`, { method: 'POST', body })
}

/** Sends batches until the server refuses. Returns the last ack and the reason. */
async function fill(recorder: Client): Promise<{ acked: number; reason: unknown }> {
  let acked = (await recorder.control('ack')) as number
  for (;;) {
    recorder.send(acked + 1, lines(acked + 1, acked + 500))
    const answer = JSON.parse((await recorder.next()).toString()) as Record<string, unknown>
    if ('error' in answer) return { acked, reason: answer['error'] }
    acked = answer['ack'] as number
  }
}

async function logOf(dir: string, run: string): Promise<string> {
  return readFile(join(dir, run, 'events.jsonl'), 'utf8')
}

/** Expects that the run continues after the last ack, without missing or duplicate lines. */
async function expectContinues(server: Launched, dir: string, run: string, acked: number) {
  const recorder = record(server, run, 'w')
  expect(await recorder.control('ack')).toBe(acked)
  recorder.send(acked + 1, lines(acked + 1, acked + 100))
  await recorder.acked(acked + 100)
  expect((await logOf(dir, run)) === lines(1, acked + 100)).toBe(true)
  expect(await getJson<RunInfo>(`${server.url}/api/runs/${run}`)).toMatchObject({
    events: acked + 100,
    lost: 0,
  })
  const viewer = watch(server, run)
  await viewer.caughtUp()
  expect(viewer.text === lines(1, acked + 100)).toBe(true)
}

describe.runIf(canLimit)('system limits', () => {
  test('a log that cannot grow is refused, and continues when it can', async () => {
    const dir = await tempDir()
    const server = await launch(script, dir)
    limit(server, 'fsize=200000:')
    const full = record(server, 'full', 'w')
    const { acked, reason } = await fill(full)
    expect(reason).toMatch(/cannot write run full: .*EFBIG/)
    expect((await full.closed).code).toBe(1013)
    expect(acked).toBeGreaterThan(0)
    const refused = await post(server, 'full', lines(1, 2000), '?writer=py&first=1')
    expect(refused.status).toBe(507)
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('EFBIG') })
    expect((await post(server, 'other', lines(1, 10))).status).toBe(200)
    limit(server, 'fsize=unlimited:')
    await expectContinues(server, dir, 'full', acked)
  })

  test('new runs are refused without file descriptors, and accepted when there are some', async () => {
    const dir = await tempDir()
    const server = await launch(script, dir)
    const known = record(server, 'known', 'w')
    known.send(1, lines(1, 10))
    await known.acked(10)
    const other = record(server, 'other', 'w')
    await other.control('ack')
    limit(server, `nofile=${firstFree(server)}:`)
    other.send(1, lines(1, 10))
    expect(await other.control('error')).toMatch(/EMFILE/)
    expect((await other.closed).code).toBe(1013)
    // Its files are open already.
    known.send(11, lines(11, 20))
    await known.acked(20)
    limit(server, 'nofile=1024:')
    await expectContinues(server, dir, 'other', 0)
    await expectContinues(server, dir, 'known', 20)
  })
})

/** A file system of one megabyte; undefined where it cannot be mounted. */
async function tinyDisk(): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'wattline-disk-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir])
  if (mounted.status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', dir]))
  return dir
}

test('a full disk is reported, runs can be deleted, and the server continues', async ({ skip }) => {
  const dir = await tinyDisk()
  if (dir === undefined) return skip('a file system cannot be mounted here')
  const server = await launch(script, dir)
  expect((await post(server, 'old', lines(1, 2000))).status).toBe(200)
  const full = record(server, 'full', 'w')
  const { acked, reason } = await fill(full)
  expect(reason).toMatch(/ENOSPC/)
  expect((await full.closed).code).toBe(1013)
  const another = await post(server, 'new', lines(1, 3000))
  expect(another.status).toBe(507)
  expect((await fetch(`${server.url}/api/runs/old`, { method: 'DELETE' })).status).toBe(204)
  await expectContinues(server, dir, 'full', acked)
})

/** File modes do not restrict root, but a read-only file system does. */
function setReadOnly(dir: string, on: boolean): void {
  if (process.getuid?.() !== 0) chmodSync(dir, on ? 0o555 : 0o755)
  else execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, dir])
}

test('a read-only folder is reported until it can be written', async ({ skip }) => {
  const dir = process.getuid?.() === 0 ? await tinyDisk() : await tempDir()
  if (dir === undefined) return skip('a file system cannot be mounted here')
  const server = await launch(script, dir)
  setReadOnly(dir, true)
  onTestFinished(() => setReadOnly(dir, false))
  const refused = await post(server, 'r', lines(1, 10))
  expect(refused.status).toBe(507)
  expect(await refused.json()).toMatchObject({
    error: expect.stringMatching(/cannot create run r: .*(EACCES|EROFS)/),
  })
  expect(await getJson(`${server.url}/api/runs`)).toEqual([])
  setReadOnly(dir, false)
  expect((await post(server, 'r', lines(1, 10))).status).toBe(200)
})
