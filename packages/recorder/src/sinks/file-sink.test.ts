import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeBatch } from './batch.ts'
import { FileSink } from './file-sink.ts'
import { EventRecorder } from '../index.ts'
import { buildRecorder, type BuiltRecorder } from '../testing/build.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wattline-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const numbersIn = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).metadata.i)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

function sinkOn(path: string) {
  const said: string[] = []
  const sink = new FileSink({
    path,
    nowS: () => 1,
    maxMemoryBytes: 1_000,
    warn: (message) => said.push(message),
  })
  return { sink, said }
}

describe('FileSink', () => {
  it('has written the file when flush() resolves', async () => {
    const path = join(folder, 'new', 'run.jsonl')
    const recorder = new EventRecorder({ file: path, env: {} })
    recorder.record('a', { i: 0 })
    expect(await recorder.flush()).toBe(true)
    expect(numbersIn(path)).toEqual([0])
    await recorder.close()
  })

  it('keeps every event of a burst that never yields, in order', async () => {
    const path = join(folder, 'burst.jsonl')
    const recorder = new EventRecorder({ file: path, env: {} })
    for (let i = 0; i < 60_000; i++) recorder.record('tool_call_start', { i, tool: 'search' })
    await turn()
    for (let i = 60_000; i < 61_000; i++) recorder.record('tool_call_start', { i })
    const report = await recorder.close()
    expect(report.sinks[0]).toMatchObject({ delivered: 61_000, dropped: 0, undelivered: 0 })
    expect(numbersIn(path)).toEqual(upTo(61_000))
  })

  it('appends after a torn last line, which gets its newline', async () => {
    const path = join(folder, 'torn.jsonl')
    writeFileSync(path, '{"event_type":"old","timestamp":1,"metadata":{"i":-1}}\n{"event_ty')
    const recorder = new EventRecorder({ file: path, env: {} })
    recorder.record('a', { i: 0 })
    await recorder.close()
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toBe('{"event_ty')
    expect(JSON.parse(lines[2] ?? '').metadata).toEqual({ i: 0 })
  })

  it('shares a file with another recorder of the process without torn lines', async () => {
    const path = join(folder, 'shared.jsonl')
    const recorders = [0, 1].map(() => new EventRecorder({ file: path, env: {} }))
    for (let i = 0; i < 20_000; i++) {
      for (const [who, recorder] of recorders.entries()) recorder.record('n', { i, who })
      if (i % 1_000 === 0) await turn()
    }
    await Promise.all(recorders.map((recorder) => recorder.close()))
    const events = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).metadata)
    for (const who of [0, 1]) {
      expect(events.filter((event) => event.who === who).map(({ i }) => i)).toEqual(upTo(20_000))
    }
  })

  it('creates the file again after it was deleted', async () => {
    const path = join(folder, 'removed.jsonl')
    const recorder = new EventRecorder({ file: path, env: {} })
    recorder.record('a', { i: 0 })
    await recorder.flush()
    rmSync(path)
    recorder.record('a', { i: 1 })
    await recorder.close()
    expect(numbersIn(path)).toEqual([1])
  })

  it('keeps events while the path cannot be written, warns once, and continues by itself', async () => {
    const path = join(folder, 'late.jsonl')
    mkdirSync(path)
    const { sink, said } = sinkOn(path)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    sink.write(makeBatch('{"metadata":{"i":1}}\n', 1))
    expect(await sink.flush(10)).toBe(false)
    rmSync(path, { recursive: true })
    expect(await sink.flush(5_000)).toBe(true)
    expect(numbersIn(path)).toEqual([0, 1])
    expect(said).toEqual([
      expect.stringMatching(/^cannot write file .*late\.jsonl: EISDIR/),
      expect.stringContaining('again'),
    ])
    await sink.close(0)
  })

  it.skipIf(!existsSync('/dev/full'))(
    'keeps events within its memory limit while the disk is full, and counts dropped ones',
    async () => {
      const path = join(folder, 'full.jsonl')
      symlinkSync('/dev/full', path)
      const { sink, said } = sinkOn(path)
      for (let i = 0; i < 100; i++)
        sink.write(makeBatch(`{"metadata":{"i":${i},"pad":"${'x'.repeat(90)}"}}\n`, 1))
      expect(await sink.flush(10)).toBe(false)
      for (let i = 100; i < 3_000; i++)
        sink.write(makeBatch(`{"metadata":{"i":${i},"pad":"${'x'.repeat(90)}"}}\n`, 1))
      rmSync(path)
      expect(await sink.flush(5_000)).toBe(true)
      expect(said[0]).toMatch(/ENOSPC/)
      const lines = readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const dropped = lines
        .filter(({ event_type }) => event_type === 'recorder_dropped')
        .reduce((sum, { metadata }) => sum + metadata.count, 0)
      expect(dropped).toBe(sink.counts.dropped)
      expect(lines.filter(({ event_type }) => event_type === undefined)).toHaveLength(
        3_000 - dropped,
      )
      expect(lines.at(-1).metadata.i).toBe(2_999)
      await sink.close(0)
    },
  )
})

const canMakePipes = spawnSync('mkfifo', ['--version']).error === undefined

describe.skipIf(!canMakePipes)('a named pipe', () => {
  let built: BuiltRecorder
  beforeAll(async () => {
    built = await buildRecorder()
  }, 60_000)
  afterAll(() => built.remove())

  function makePipe(): string {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    return path
  }

  /** Records to the pipe in a process, with one reader; returns what both print. */
  async function recordTo(path: string, code: string) {
    // The pipe always has a reader, whichever process opens it first.
    const held = openSync(path, 'r+')
    const reader = spawn('cat', [path])
    reader.stdout.once('data', () => closeSync(held))
    const script = built.script(
      'pipe.js',
      `const recorder = new EventRecorder({ file: ${JSON.stringify(path)}, env: {} })\n${code}`,
    )
    const writer = spawn(process.execPath, [script])
    const printed = Promise.all([text(reader.stdout), text(writer.stderr), text(writer.stdout)])
    await once(writer, 'close')
    const [lines, stderr, stdout] = await printed
    const numbers = lines
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).metadata.i)
    return { numbers, stderr, stdout }
  }

  it.each([
    ['running out of work', ''],
    ['process.exit()', 'process.exit(0)'],
    ['an uncaught exception', "process.on('uncaughtException', () => process.exit(1)); throw 1"],
    ['close()', 'await recorder.close()'],
  ])('gets everything before %s, without a warning', async (_, ending) => {
    const code = `
      for (let i = 0; i < 5_000; i++) recorder.record('n', { i })
      await new Promise((resolve) => setImmediate(resolve))
      for (let i = 5_000; i < 9_000; i++) recorder.record('n', { i })
      ${ending}`
    const { numbers, stderr } = await recordTo(makePipe(), code)
    expect(numbers).toEqual(upTo(9_000))
    expect(stderr).toBe('')
  })

  it('delays neither record() nor the event loop while its reader does not read', async () => {
    const path = makePipe()
    // Opened for reading and writing, so that the pipe has a reader that reads nothing yet.
    const held = openSync(path, 'r+')
    const recorder = new EventRecorder({ file: path, env: {} })
    const pad = 'x'.repeat(1_000)
    for (let i = 0; i < 500; i++) recorder.record('n', { i, pad })
    expect(await recorder.flush(0)).toBe(false)
    const reader = spawn('cat', [path])
    const lines = text(reader.stdout)
    expect(await recorder.flush(20_000)).toBe(true)
    closeSync(held)
    await recorder.close()
    expect(
      (await lines)
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).metadata.i),
    ).toEqual(upTo(500))
  })

  it('reports a pipe that nothing reads, and keeps the events until something does', async () => {
    const path = makePipe()
    const { sink, said } = sinkOn(path)
    sink.write(makeBatch('{"metadata":{"i":0}}\n', 1))
    expect(said).toEqual([expect.stringMatching(/^cannot write .*ENXIO.*Events are kept/)])
    const reader = spawn('cat', [path])
    const lines = text(reader.stdout)
    expect(await sink.flush(20_000)).toBe(true)
    await sink.close(0)
    expect(await lines).toBe('{"metadata":{"i":0}}\n')
  })
})

describe('a file shared by several processes', () => {
  let built: BuiltRecorder
  beforeAll(async () => {
    built = await buildRecorder()
  }, 60_000)
  afterAll(() => built.remove())

  const PROCESSES = 4
  const EVENTS = 20_000

  /**
   * Records in processes that start together; returns the lines of the file. Each process opens
   * the file again after `eventsPerRecorder` events.
   */
  async function recordTogether(path: string, eventsPerRecorder: number): Promise<string[]> {
    const script = built.script(
      'share.js',
      `
      const [path, who] = process.argv.slice(2)
      const pad = 'x'.repeat(100)
      let i = 0
      while (i < ${EVENTS}) {
        const recorder = new EventRecorder({ file: path, env: {} })
        const end = Math.min(${EVENTS}, i + ${eventsPerRecorder})
        for (; i < end; i++) {
          recorder.record('n', { who: Number(who), i, pad })
          if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
        const { sinks } = await recorder.close()
        process.exitCode ||= sinks[0].undelivered + sinks[0].dropped
      }`,
    )
    const children = Array.from({ length: PROCESSES }, (_, who) =>
      spawn(process.execPath, [script, path, String(who)], { stdio: 'inherit' }),
    )
    const codes = await Promise.all(children.map((child) => once(child, 'close')))
    expect(codes.map(([code]) => code as number)).toEqual(Array(PROCESSES).fill(0))
    const text = readFileSync(path, 'utf8')
    expect(text.endsWith('\n')).toBe(true)
    return text.slice(0, -1).split('\n')
  }

  /** The numbers of the events of each process, in the order of the file. */
  function numbersByProcess(lines: readonly string[]): number[][] {
    const numbers: number[][] = Array.from({ length: PROCESSES }, () => [])
    for (const line of lines) {
      const { who, i } = (JSON.parse(line) as { metadata: { who: number; i: number } }).metadata
      numbers[who]?.push(i)
    }
    return numbers
  }

  const ALL = Array.from({ length: PROCESSES }, () => upTo(EVENTS))

  it('has every event of each, in order, and no torn or empty line', async () => {
    const path = join(folder, 'shared.jsonl')
    expect(numbersByProcess(await recordTogether(path, EVENTS))).toEqual(ALL)
  }, 60_000)

  it('has no empty line when a recorder opens it during a write of another', async () => {
    const path = join(folder, 'reopened.jsonl')
    expect(numbersByProcess(await recordTogether(path, 100))).toEqual(ALL)
  }, 60_000)

  it('gets one newline after a torn last line, whichever process opens it first', async () => {
    const path = join(folder, 'torn.jsonl')
    writeFileSync(path, '{"event_type":"torn')
    const [torn, ...lines] = await recordTogether(path, EVENTS)
    expect(torn).toBe('{"event_type":"torn')
    expect(numbersByProcess(lines)).toEqual(ALL)
  }, 60_000)
})
