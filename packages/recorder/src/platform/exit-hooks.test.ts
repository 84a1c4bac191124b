import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { buildRecorder, type BuiltRecorder } from '../testing/build.ts'
import { slowLine } from '../testing/slow-line.ts'
import { RecordPeer } from '../testing/record-peer.ts'

let built: BuiltRecorder
beforeAll(async () => {
  built = await buildRecorder()
}, 60_000)
afterAll(() => built.remove())

let peer: RecordPeer | undefined
afterEach(async () => {
  await peer?.kill()
  peer = undefined
})

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** Runs a script in a new process, and sends it the signal `kill` when it prints something. */
async function run(
  name: string,
  code: string,
  env: object = {},
  kill?: NodeJS.Signals,
): Promise<Ended> {
  const child = spawn(process.execPath, [built.script(name, code)], {
    cwd: built.folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stderr = text(child.stderr)
  if (kill !== undefined) child.stdout.once('data', () => child.kill(kill))
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code: exitCode, signal, stderr: await stderr }
}

function numbersIn(name: string): number[] {
  const path = resolve(built.folder, name)
  const numbers = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).metadata.i)
  rmSync(path)
  return numbers
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Records events before and after the first write has started. */
const RECORD = `
const recorder = new EventRecorder({ file: 'out.jsonl', env: {} })
for (let i = 0; i < 30_000; i++) recorder.record('n', { i })
await new Promise((resolve) => setImmediate(resolve))
for (let i = 30_000; i < 30_700; i++) recorder.record('n', { i })
`

describe('a file', () => {
  it.each([
    ['running out of work', '', 0],
    ['process.exit()', 'process.exit(3)', 3],
    [
      'process.exit() during a write',
      `
      for (let i = 30_700; i < 31_400; i++) recorder.record('n', { i })
      process.exit(4)`,
      4,
    ],
    ['an uncaught exception', `throw new Error('agent failed')`, 1],
    [
      'an unhandled rejection',
      `Promise.reject(new Error('agent failed')); await new Promise(() => setTimeout(() => {}, 10_000))`,
      1,
    ],
  ])('has everything after %s', async (_, ending, code) => {
    const ended = await run('end.js', RECORD + ending)
    expect(ended.code).toBe(code)
    const numbers = numbersIn('out.jsonl')
    expect(numbers).toEqual(upTo(numbers.length))
    expect(numbers.length).toBe(ending.includes('31_400') ? 31_400 : 30_700)
  })

  it('has the event that the last exit handler records', async () => {
    const last = `process.on('exit', () => recorder.record('n', { i: 30_700 }))`
    await run('late.js', `${RECORD}\n${last}\nprocess.exit(0)`)
    expect(numbersIn('out.jsonl')).toEqual(upTo(30_701))
  })

  it.each([
    ['running out of work', ''],
    ['process.exit()', 'process.exit(0)'],
    ['an uncaught exception', "throw new Error('uncaught')"],
  ])('has the events of handlers of the program after %s', async (how, ending) => {
    await run(
      'handlers.js',
      `
      let i = 0
      const recorder = new EventRecorder({ file: 'out.jsonl', env: {} })
      process.on('beforeExit', () => recorder.record('n', { i: i++ }))
      process.on('exit', () => recorder.record('n', { i: i++ }))
      recorder.record('n', { i: i++ })
      ${ending}`,
    )
    const numbers = numbersIn('out.jsonl')
    expect(numbers).toEqual(upTo(numbers.length))
    expect(numbers.length).toBeGreaterThanOrEqual(how === 'running out of work' ? 3 : 2)
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'has everything after %s, which still ends the process',
    async (signal) => {
      const ended = await run(
        'signal.js',
        `${RECORD}
      process.stdout.write('ready')
      setInterval(() => {}, 1_000)`,
        {},
        signal,
      )
      expect(ended).toMatchObject({ code: null, signal })
      expect(numbersIn('out.jsonl')).toEqual(upTo(30_700))
    },
  )

  it('leaves a signal to a program that handles it', async () => {
    const ended = await run(
      'handled.js',
      `${RECORD}
      process.on('SIGTERM', () => { recorder.record('n', { i: 30_700 }); process.exit(7) })
      process.stdout.write('ready')
      setInterval(() => {}, 1_000)`,
      {},
      'SIGTERM',
    )
    expect(ended.code).toBe(7)
    expect(numbersIn('out.jsonl')).toEqual(upTo(30_701))
  })

  it('leaves a signal to a `once` handler that was added before', async () => {
    const ended = await run(
      'once.js',
      `
      process.once('SIGTERM', async () => {
        await new Promise((resolve) => setImmediate(resolve))
        recorder.record('n', { i: 30_700 })
        await recorder.close()
        process.exit(7)
      })
      ${RECORD}
      process.stdout.write('ready')
      setInterval(() => {}, 1_000)`,
      {},
      'SIGTERM',
    )
    expect(ended.code).toBe(7)
    expect(numbersIn('out.jsonl')).toEqual(upTo(30_701))
  })

  it('has everything after a second signal, if the program survived the first', async () => {
    const ended = await run(
      'survived.js',
      `
      process.once('SIGTERM', () => setImmediate(() => {
        recorder.record('n', { i: 30_700 })
        process.kill(process.pid, 'SIGTERM')
      }))
      ${RECORD}
      process.stdout.write('ready')
      setInterval(() => {}, 1_000)`,
      {},
      'SIGTERM',
    )
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(numbersIn('out.jsonl')).toEqual(upTo(30_701))
  })

  // Like signal-exit, which ends the process only if it is the only listener.
  const ENDS_IF_ALONE = `
    const endIfAlone = () => {
      if (process.listeners('SIGTERM').length > 1) return
      process.off('SIGTERM', endIfAlone)
      recorder.record('n', { i: 30_700 })
      process.kill(process.pid, 'SIGTERM')
    }
    process.on('SIGTERM', endIfAlone)`
  const COPY = `
    const copy = await import('./recorder.js?copy')
    const other = new copy.EventRecorder({ file: 'other.jsonl', env: {} })
    other.record('n', { i: 0 })`

  it.each([
    ['a listener that acts only if it is alone, added first', ENDS_IF_ALONE, '', { out: 30_701 }],
    ['a listener that acts only if it is alone, added last', '', ENDS_IF_ALONE, { out: 30_701 }],
    ['a second copy of this package', '', COPY, { out: 30_700, other: 1 }],
    ['both', COPY, ENDS_IF_ALONE, { out: 30_701, other: 1 }],
  ])(
    'has everything after SIGTERM, which still ends the process, with %s',
    async (_, first, last, counts) => {
      const ended = await run(
        'beside.js',
        `${first}
      ${RECORD}
      ${last}
      process.stdout.write('ready')
      setInterval(() => {}, 1_000)`,
        {},
        'SIGTERM',
      )
      expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' })
      for (const [name, count] of Object.entries(counts)) {
        expect(numbersIn(`${name}.jsonl`)).toEqual(upTo(count))
      }
    },
  )
})

test('writes to the path that was meant when the recorder was made', async () => {
  await run(
    'chdir.js',
    `
    import { mkdirSync } from 'node:fs'
    mkdirSync('elsewhere')
    const recorder = new EventRecorder({ file: 'moved.jsonl', env: {} })
    process.chdir('elsewhere')
    recorder.record('n', { i: 0 })`,
  )
  expect(numbersIn('moved.jsonl')).toEqual([0])
})

test('uses one set of listeners for all copies of the module', async () => {
  const { stderr } = await run(
    'copies.js',
    `
    import { copyFileSync } from 'node:fs'
    const recorders = []
    for (let i = 0; i < 20; i++) {
      const copy = './copy' + i + '.js'
      copyFileSync('recorder.js', copy)
      const { EventRecorder: Copy } = await import(copy)
      recorders.push(new Copy({ file: 'copies.jsonl', env: {} }))
    }
    await recorders[0].close()
    for (const [i, recorder] of recorders.slice(1).entries()) recorder.record('n', { i })
    process.exit(0)`,
  )
  expect(stderr).toBe('')
  expect(numbersIn('copies.jsonl').toSorted((a, b) => a - b)).toEqual(upTo(19))
})

describe('a disk that fills up', () => {
  it.runIf(process.platform === 'linux')('is reported once, at exit', async () => {
    const { code, stderr } = await run(
      'full.js',
      `
      const recorder = new EventRecorder({ file: '/dev/full', env: {} })
      for (let i = 0; i < 100; i++) recorder.record('n', { i })
      await recorder.flush(20)
      process.on('exit', () => recorder.record('n', { i: 100 }))
      process.exit(3)`,
    )
    expect(code).toBe(3)
    expect(stderr).toMatch(/^Wattline: cannot write .*\nWattline: 100 events could not .*full\n$/)
  })

  const canLimit = spawnSync('prlimit', ['--version']).status === 0

  it.skipIf(!canLimit)('during a write leaves every event in the file once', async () => {
    // A limit on the file size cuts a write short, like a full disk. Then the limit is removed.
    const script = built.script(
      'limit.js',
      `
      import { execFileSync } from 'node:child_process'
      const recorder = new EventRecorder({ file: 'limited.jsonl', env: {} })
      for (let i = 0; i < 3_000; i++) recorder.record('n', { i, pad: 'x'.repeat(i % 97) })
      const early = await recorder.flush(20)
      execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(process.pid)])
      console.log(early, await recorder.flush(20_000))
      await recorder.close()`,
    )
    const command = `trap '' XFSZ; ulimit -S -f 100; exec "$0" "$1"`
    const child = spawn('sh', ['-c', command, process.execPath, script], {
      cwd: built.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(await text(child.stdout)).toBe('false true\n')
    expect(numbersIn('limited.jsonl')).toEqual(upTo(3_000))
  })
})

describe('a server', () => {
  const upload = (ending: string) => `
    const recorder = new EventRecorder()
    for (let i = 0; i < 500; i++) recorder.record('n', { i })
    ${ending}`

  it('gets everything when the process runs out of work, and its URL is printed once', async () => {
    peer = new RecordPeer()
    await peer.listen()
    const ended = await run('idle.js', upload(''), { WATTLINE_URL: peer.url, WATTLINE_RUN: 'r' })
    expect(peer.events('r').map(({ metadata }) => metadata['i'])).toEqual(upTo(500))
    expect(peer.writers('r')).toMatchObject([{ ended: true }])
    expect(ended).toEqual({ code: 0, signal: null, stderr: `Wattline: ${peer.url}/#run=r\n` })
  })

  it('gets what was recorded right before process.exit()', async () => {
    const here = new RecordPeer()
    peer = here
    await here.listen()
    await run(
      'exit.js',
      upload(`
      await recorder.flush()
      for (let i = 500; i < 900; i++) recorder.record('n', { i })
      process.on('exit', () => recorder.record('n', { i: 900 }))
      process.exit(0)`),
      { WATTLINE_URL: here.url, WATTLINE_RUN: 'r' },
    )
    await here.until(() => here.events('r').length === 901)
    expect(here.events('r').map(({ metadata }) => metadata['i'])).toEqual(upTo(901))
    expect(here.writers('r')).toMatchObject([{ ended: true }])
  })

  it('gets the events of handlers of the program that runs out of work', async () => {
    const here = new RecordPeer()
    peer = here
    await here.listen()
    const { stderr } = await run(
      'handlers.js',
      upload(`
      let i = 500
      process.on('beforeExit', () => recorder.record('n', { i: i++ }))
      process.on('exit', () => recorder.record('n', { i: i++ }))`),
      { WATTLINE_URL: here.url, WATTLINE_RUN: 'r' },
    )
    const numbers = here.events('r').map(({ metadata }) => metadata['i'])
    expect(numbers).toEqual(upTo(numbers.length))
    expect(numbers.length).toBeGreaterThanOrEqual(502)
    expect(here.writers('r')).toMatchObject([{ ended: true, lost: 0 }])
    expect(stderr).toBe(`Wattline: ${here.url}/#run=r\n`)
  })

  it('gets what a program records that continues after it has run out of work', async () => {
    const here = new RecordPeer()
    peer = here
    await here.listen()
    await run(
      'again.js',
      upload(`
      let rounds = 0
      process.on('beforeExit', async () => {
        if (++rounds > 3) return
        await new Promise((resolve) => setTimeout(resolve, 20))
        for (let i = 0; i < 100; i++) recorder.record('n', { i: 400 + rounds * 100 + i })
      })`),
      { WATTLINE_URL: here.url, WATTLINE_RUN: 'r' },
    )
    expect(here.events('r').map(({ metadata }) => metadata['i'])).toEqual(upTo(800))
    expect(here.writers('r')).toMatchObject([{ ended: true, lost: 0 }])
  })

  it('that is away leaves a file with the undelivered events', async () => {
    const { stderr } = await run('away.js', upload('process.exit(0)'), {
      WATTLINE_URL: 'http://127.0.0.1:9',
      WATTLINE_RUN: 'r',
    })
    const [, path = ''] =
      /500 events were not acknowledged .*; they are in (.*)\n/.exec(stderr) ?? []
    expect(existsSync(path)).toBe(true)
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(500)
    rmSync(path)
  })
})

describe('a server behind a slow line', () => {
  const ENDINGS = {
    'process.exit()': 'process.exit(0)',
    'an uncaught exception': "throw new Error('uncaught')",
    'a rejection': "Promise.reject(new Error('rejected'))",
    SIGTERM: "process.kill(process.pid, 'SIGTERM')",
    SIGINT: "process.kill(process.pid, 'SIGINT')",
    SIGHUP: "process.kill(process.pid, 'SIGHUP')",
  }

  // 1 MB takes 0.3 s at the first rate: the process can wait. At the second rate it cannot.
  it.each(Object.keys(ENDINGS).flatMap((how) => [3_000_000, 300_000].map((rate) => [how, rate])))(
    'gets, or the process saves, every event before %s (%d bytes a second)',
    async (how, rate) => {
      const here = new RecordPeer()
      peer = here
      await here.listen()
      const line = await slowLine(here.url, rate as number)
      const { stderr } = await run(
        'slow.js',
        `
        const recorder = new EventRecorder()
        const pad = 'x'.repeat(2000)
        let i = 0
        const record = (count) => { for (let n = 0; n < count; n++) recorder.record('n', { i: i++, pad }) }
        record(10)
        await recorder.flush(3000)
        for (let n = 0; n < 15; n++) { record(25); await new Promise(setImmediate) }
        record(115)
        ${ENDINGS[how as keyof typeof ENDINGS]}
        setInterval(() => {}, 1000)`,
        { WATTLINE_URL: line.url, WATTLINE_RUN: 'r' },
      )
      await line.ended
      const [, path = ''] = /were not acknowledged .*; they are in (.*)\n/.exec(stderr) ?? []
      const saved = path === '' ? [] : numbersIn(path)
      const delivered = here.events('r').map(({ metadata }) => metadata['i'] as number)
      expect(delivered).toEqual(upTo(delivered.length))
      expect([...new Set([...delivered, ...saved])]).toEqual(upTo(500))
    },
  )
})

const canUnshare = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0

describe.skipIf(!canUnshare)('process 1 of a container', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'keeps recording after %s, which the kernel ignores',
    async (signal) => {
      const here = new RecordPeer()
      peer = here
      await here.listen()
      const script = built.script(
        'init.js',
        `
        const recorder = new EventRecorder()
        recorder.record('n', { i: 0 })
        await recorder.flush()
        console.log(process.pid)
        let i = 1
        process.stdin.on('data', () => recorder.record('n', { i: i++ }))
        process.stdin.on('end', async () => console.log(JSON.stringify((await recorder.close()).sinks)))`,
      )
      const child = spawn(
        'unshare',
        ['--pid', '--fork', '--kill-child', process.execPath, script],
        {
          env: { PATH: process.env['PATH'], WATTLINE_URL: here.url, WATTLINE_RUN: 'r' },
        },
      )
      onTestFinished(() => void child.kill('SIGKILL'))
      expect(String(await once(child.stdout, 'data'))).toBe('1\n')
      const init = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
      await here.kill()
      process.kill(Number(init), signal)
      child.stdin.write('.')
      await here.listen()
      await here.until(() => here.events('r').length === 2)
      child.stdin.end('.')
      expect(await text(child.stdout)).toMatch(/"delivered":3,"dropped":0,"undelivered":0/)
      expect(here.events('r').map(({ metadata }) => metadata['i'])).toEqual(upTo(3))
    },
  )
})

describe('a child process', () => {
  it('nests under the span that started it', async () => {
    peer = new RecordPeer()
    await peer.listen()
    const child = built.script(
      'child.js',
      `
      const recorder = new EventRecorder({ name: 'child' })
      recorder.span('agent', { agent_name: 'sub' }, () => recorder.span('tool_call', () => {}))`,
    )
    const { stderr } = await run(
      'parent.js',
      `
      import { spawnSync } from 'node:child_process'
      const recorder = new EventRecorder()
      await recorder.span('tool_call', { tool: 'spawn' }, async () => {
        const env = { ...process.env, ...recorder.env() }
        spawnSync(process.execPath, [${JSON.stringify(child)}], { env, stdio: 'inherit' })
      })`,
      { WATTLINE_URL: peer.url },
    )
    const [run1 = ''] = peer.runs.keys()
    expect([...peer.runs.keys()]).toHaveLength(1)
    const starts = peer.events(run1).filter(({ event_type }) => event_type.endsWith('_start'))
    const parent = starts.find(({ metadata }) => metadata['tool'] === 'spawn')
    const sub = starts.find(({ metadata }) => metadata['agent_name'] === 'sub')
    expect(sub?.metadata['parent_id']).toBe(parent?.metadata['span_id'])
    expect(stderr.match(/#run=/g)).toHaveLength(1)
  })
})
