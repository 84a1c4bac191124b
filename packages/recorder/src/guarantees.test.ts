/** The guarantees of README.md that no other test file covers, and its examples. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { EventRecorder, type Sink } from './index.ts'
import { buildRecorder, type BuiltRecorder } from './testing/build.ts'
import { RecordPeer } from './testing/record-peer.ts'

const root = new URL('../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

let built: BuiltRecorder
beforeAll(async () => {
  built = await buildRecorder()
}, 60_000)
afterAll(() => built.remove())

let folder: string
let peer: RecordPeer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wattline-guarantees-'))
  // Undelivered events are saved to the temporary folder.
  vi.stubEnv('TMPDIR', folder)
  peer = new RecordPeer()
  await peer.listen()
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await peer.kill()
  rmSync(folder, { recursive: true, force: true })
})

const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event_type: string; metadata: Record<string, unknown> })

describe('README.md', () => {
  test('has a first example that records what it describes', async () => {
    const [, example = ''] = /```js\nimport \{ EventRecorder \}.*\n([\s\S]*?)```/.exec(readme) ?? []
    const script = built.script('example.js', example.replace('http://127.0.0.1:9288', peer.url))
    const child = spawn(process.execPath, [script], {
      cwd: folder,
      env: { WATTLINE_RUN: 'readme' },
    })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(stderr).toBe(`Wattline: ${peer.url}/#run=readme\n`)
    const inFile = linesOf(join(folder, 'run.jsonl'))
    expect(peer.events('readme')).toEqual(inFile)
    expect(inFile.map(({ event_type }) => event_type)).toEqual([
      'agent_start',
      'tool_call_start',
      'tool_call_end',
      'retry_attempt',
      'agent_end',
      'tool_call_start',
      'tool_call_end',
    ])
    expect(inFile[2]?.metadata).toMatchObject({ hits: 2 })
    expect(inFile[3]?.metadata).toMatchObject({
      reason: 'demo',
      hits: ['joules', 'tokens'],
      parent_id: inFile[0]?.metadata['span_id'],
    })
    expect(stdout).toContain('recorded: 7')
    expect(stdout.match(/delivered: 7/g)).toHaveLength(2)
  })

  test('describes the defaults of the options', () => {
    expect(readme).toContain('8 MiB of lines wait in memory')
    expect(readme).toContain('beyond 262,144 characters')
  })

  test('lists every source folder', () => {
    const folders = readdirSync(new URL('src/', root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
      .map(({ parentPath, name }) => join(parentPath, name).split(/[\\/]src[\\/]/)[1] ?? '')
    for (const name of folders) expect(readme).toContain(`\`${name.replaceAll('\\', '/')}/\``)
  })
})

test('the package publishes one entry, without dependencies', () => {
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly dependencies?: object
    readonly publishConfig: { readonly exports: object }
  }
  expect(Object.keys(manifest.publishConfig.exports)).toEqual(['.', './package.json'])
  expect(manifest.dependencies).toBeUndefined()
})

describe('record() never throws', () => {
  const hostileSink: Sink = {
    name: 'hostile',
    get counts(): Sink['counts'] {
      return { accepted: 0, delivered: 0, dropped: 0 }
    },
    write() {
      throw new Error('write')
    },
    flush: () => Promise.reject(new Error('flush')),
    close: () => Promise.reject(new Error('close')),
  }
  const hostile = (): object =>
    new Proxy(
      {},
      {
        get() {
          throw new Error('get')
        },
        ownKeys() {
          throw new Error('ownKeys')
        },
        getPrototypeOf() {
          throw new Error('getPrototypeOf')
        },
      },
    )

  test.each([
    ['in memory', { env: {} }],
    ['with a sink that fails', { sinks: [hostileSink] }],
    [
      'with a redact rule that fails',
      {
        env: {},
        redact: () => {
          throw new Error('redact')
        },
      },
    ],
  ])('for any type and metadata, %s', async (_, options) => {
    const recorder = new EventRecorder(options)
    recorder.subscribe(undefined, () => {
      throw new Error('subscriber')
    })
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true })
    const metadata = fc.oneof(anything, fc.constant(undefined).map(hostile))
    let count = 0
    fc.assert(
      fc.property(anything, metadata, (type, value) => {
        recorder.record(type as string, value as object)
        recorder.point(type as string, value as object)
        recorder.start(type as string, value as object).end(value as object)
        recorder.sample(value as never, value as never)
        count += 4
      }),
      { numRuns: 200 },
    )
    expect(recorder.length).toBe(count)
    await recorder.flush(10)
    expect((await recorder.close()).recorded).toBe(count)
  })

  test('with an invalid WATTLINE_URL', () => {
    const recorder = new EventRecorder({ env: { WATTLINE_URL: 'nonsense' } })
    recorder.record('a')
    expect([recorder.length, recorder.url]).toEqual([1, undefined])
  })
})

describe('record() never waits', () => {
  test('a burst is in the file while it is recorded, without a turn of the event loop', () => {
    const path = join(folder, 'burst.jsonl')
    const recorder = new EventRecorder({ file: path, env: {} })
    const pad = 'x'.repeat(100)
    for (let i = 0; i < 50_000; i++) recorder.record('n', { i, pad })
    expect(statSync(path).size).toBeGreaterThan(4_000_000)
    void recorder.close()
  })

  test('a server that accepts nothing does not slow it down or fill the memory', async () => {
    const silent = new RecordPeer({ acknowledge: () => false })
    await silent.listen()
    const options = { url: silent.url, run: 'r', env: {}, silent: true, outboxBytes: 65_536 }
    const recorder = new EventRecorder({ ...options, retain: 0, closeTimeoutMs: 0 })
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 50_000; i++) recorder.record('n', { i, pad: 'x'.repeat(100) })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
    expect(await recorder.flush(10)).toBe(false)
    const report = await recorder.close()
    expect(report.sinks).toMatchObject([{ delivered: 0, dropped: 0, undelivered: 50_000 }])
    await silent.kill()
  })
})

describe('close()', () => {
  test('saves what a server did not acknowledge, and reports how many events', async () => {
    await peer.kill()
    const recorder = new EventRecorder({
      url: peer.url,
      run: 'a run/1',
      env: {},
      closeTimeoutMs: 20,
    })
    for (let i = 0; i < 300; i++) recorder.record('n', { i })
    const { recorded, sinks } = await recorder.close()
    expect(recorded).toBe(300)
    expect(sinks).toEqual([{ name: `${peer.url}/`, delivered: 0, dropped: 0, undelivered: 300 }])
    const [saved = ''] = readdirSync(folder)
    const path = join(folder, saved, 'a_run_1.jsonl')
    expect(linesOf(path).map(({ metadata }) => metadata['i'])).toEqual(upTo(300))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('delivers to a file and a server, and counts for each', async () => {
    const path = join(folder, 'both.jsonl')
    const recorder = new EventRecorder({
      file: path,
      url: peer.url,
      run: 'r',
      env: {},
      silent: true,
    })
    for (let i = 0; i < 100; i++) recorder.record('n', { i })
    recorder.sample({ power_watts: 1 })
    const report = await recorder.close()
    expect(report).toEqual({
      recorded: 100,
      sinks: [
        { name: `file ${path}`, delivered: 101, dropped: 0, undelivered: 0 },
        { name: `${peer.url}/`, delivered: 101, dropped: 0, undelivered: 0 },
      ],
    })
    expect(linesOf(path)).toEqual(peer.events('r'))
  })

  test('ends delivery: events recorded after it are only kept in memory', async () => {
    const path = join(folder, 'late.jsonl')
    const recorder = new EventRecorder({ file: path, env: {} })
    recorder.record('early')
    await recorder.close()
    recorder.record('late')
    expect(await recorder.flush(10)).toBe(true)
    expect(linesOf(path).map(({ event_type }) => event_type)).toEqual(['early'])
    expect(recorder.getEvents().map(({ event_type }) => event_type)).toEqual(['early', 'late'])
  })
})

describe('time', () => {
  /** Moves both clocks of the platform. */
  function clocks() {
    const at = { monoMs: 1_000_000, wallMs: 1_800_000_000_000 }
    vi.spyOn(performance, 'now').mockImplementation(() => at.monoMs)
    vi.spyOn(Date, 'now').mockImplementation(() => at.wallMs)
    return (monoMs: number, wallMs: number) => {
      at.monoMs += monoMs
      at.wallMs += wallMs
    }
  }

  test('records a step of the wall clock, forward with the new time', () => {
    const pass = clocks()
    const recorder = new EventRecorder({ env: {} })
    recorder.record('before')
    pass(2_000, 2_000 + 60_000)
    recorder.record('after')
    const [before, step, after] = recorder.getEvents()
    expect(step).toMatchObject({
      event_type: 'clock_step',
      metadata: { step_ms: 60_000, followed: true },
    })
    expect((after?.timestamp ?? 0) - (before?.timestamp ?? 0)).toBeCloseTo(62, 3)
  })

  test('records a step back, and keeps durations correct', () => {
    const pass = clocks()
    const recorder = new EventRecorder({ env: {} })
    recorder.record('before')
    pass(2_000, 2_000 - 60_000)
    recorder.record('after')
    const [before, step, after] = recorder.getEvents()
    expect(step?.event_type).toBe('clock_step')
    expect(step?.metadata['followed']).toBe(false)
    expect(Number(step?.metadata['step_ms'])).toBeCloseTo(-60_000, -1)
    expect((after?.timestamp ?? 0) - (before?.timestamp ?? 0)).toBeCloseTo(2, 3)
  })
})

test('url is the page of the run at its server', async () => {
  const recorder = new EventRecorder({ url: peer.url, run: 'a run', env: {}, silent: true })
  expect(recorder.url).toBe(`${peer.url}/#run=a%20run`)
  await recorder.close()
  expect(new EventRecorder({ url: peer.url, sinks: [], env: {} }).url).toBeUndefined()
  expect(new EventRecorder({ env: {} }).url).toBeUndefined()
})

test('problems are printed once, to stderr, and the process ends normally', () => {
  const script = built.script(
    'problems.js',
    `
    const recorder = new EventRecorder({ file: '.', env: {} })
    recorder.subscribe(undefined, () => { throw new Error('bad subscriber') })
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1_000; i++) recorder.record('n', { i })
      await recorder.flush(10)
    }
    await recorder.close()
    recorder.record('late')
    recorder.record('later')
    await recorder.flush(10)`,
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([0, ''])
  expect(stderr.trimEnd().split('\n')).toEqual([
    'Wattline: a subscriber failed: bad subscriber',
    expect.stringMatching(
      /^Wattline: cannot write file \.: EISDIR.*Events are kept; trying again$/,
    ),
    'Wattline: 3000 events could not be written to file .',
    'Wattline: events recorded after close() are only kept in memory',
  ])
})
