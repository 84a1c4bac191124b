import {
  appendFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { LogItem, ReadFrom, RunChange } from '../storage/store.ts'
import { LogFile } from './log-file.ts'
import { LogFiles } from './log-files.ts'

let dir: string
let files: LogFiles

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-files-'))
  files = new LogFiles()
})

afterEach(async () => {
  await files.close()
  await rm(dir, { recursive: true, force: true })
})

const line = (n: number) => `{"event_type":"point","timestamp":${n},"metadata":{}}\n`

/** A reader that stores all items, and waits for a condition. */
class Reader {
  readonly seen: LogItem[] = []
  text = ''
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #wake = () => {}

  constructor(run: string, from: ReadFrom = { cursor: 0, gen: undefined }) {
    this.#done = this.#read(run, from)
  }

  async until(condition: (reader: Reader) => boolean): Promise<void> {
    while (!condition(this)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  get done(): Promise<void> {
    return this.#done
  }

  async #read(run: string, from: ReadFrom): Promise<void> {
    for await (const item of files.read(run, from, this.#stop.signal)) {
      if (item.type === 'reset') this.text = ''
      if (item.type === 'chunk') this.text += Buffer.from(item.bytes).toString()
      this.seen.push(item)
      this.#wake()
    }
    this.#wake()
  }
}

async function openFile(path: string): Promise<string> {
  const { runs } = await files.open(path)
  const [run] = runs
  if (run === undefined) throw new Error('the file did not become a run')
  return run.id
}

function nextChange(
  matches: (change: RunChange) => boolean | Promise<boolean>,
): Promise<RunChange> {
  return new Promise((resolve) => {
    const unsubscribe = files.subscribe((change) => {
      void Promise.resolve(matches(change)).then((yes) => {
        if (!yes) return
        unsubscribe()
        resolve(change)
      })
    })
  })
}

test('a saved file is a read-only run that has ended', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1700000000) + line(1700000001))
  const counted = nextChange(async ({ run }) => (await files.info(run))?.events === 2)
  const { type, runs } = await files.open(path)
  await counted
  expect(type).toBe('file')
  expect(await files.info(runs[0]?.id ?? '')).toMatchObject({
    name: 'run.jsonl',
    state: 'ended',
    readOnly: true,
    startedAt: 1700000000,
    bytes: 2 * line(1700000000).length,
    events: 2,
    writers: [{ state: 'closed' }],
  })
})

test('a file opened twice is one run, with the same id after a restart', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const first = await openFile(path)
  expect(await openFile(path)).toBe(first)
  expect(await files.list()).toHaveLength(1)
  const gen = (await files.info(first))?.gen
  await files.close()
  files = new LogFiles()
  expect(await openFile(path)).toBe(first)
  expect((await files.info(first))?.gen).toBe(gen)
})

test('a growing file is followed and becomes live; a torn line is read when it is complete', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const run = await openFile(path)
  const reader = new Reader(run)
  await reader.until(({ seen }) => seen.some(({ type }) => type === 'caughtUp'))
  await appendFile(path, line(2) + line(3).slice(0, 20))
  await reader.until(({ text }) => text.endsWith(line(2)))
  expect(reader.text).toBe(line(1) + line(2))
  expect((await files.info(run))?.state).toBe('live')
  await appendFile(path, line(3).slice(20))
  await reader.until(({ text }) => text.endsWith(line(3)))
  expect(reader.text).toBe(line(1) + line(2) + line(3))
  await reader.stop()
})

test('the last line of a saved file counts without its newline, and cursors stop before it', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1) + line(2).trimEnd())
  await utimes(path, 1700000000, 1700000000)
  const counted = nextChange(async ({ run }) => (await files.info(run))?.events === 2)
  const run = await openFile(path)
  await counted
  expect(await files.info(run)).toMatchObject({ bytes: line(1).length, state: 'ended' })
  const reader = new Reader(run, { cursor: 0, gen: undefined, follow: false })
  await reader.done
  expect(reader.text).toBe(line(1) + line(2))
  expect(reader.seen.map((item) => 'cursor' in item && item.cursor)).toEqual(
    Array.from({ length: 3 }, () => line(1).length),
  )
})

test('a log of one line without a newline has its time', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(7).trimEnd())
  await utimes(path, 1700000000, 1700000000)
  expect(await files.info(await openFile(path))).toMatchObject({ startedAt: 7, events: 1 })
})

test('an incomplete last line does not count', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1) + line(2).slice(0, -3))
  await utimes(path, 1700000000, 1700000000)
  const reader = new Reader(await openFile(path), { cursor: 0, gen: undefined, follow: false })
  await reader.done
  expect(reader.text).toBe(line(1))
})

test('a last line without a newline counts when the file stops growing, and only once', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const run = await openFile(path)
  const gen = (await files.info(run))?.gen
  const reader = new Reader(run)
  await reader.until(({ seen }) => seen.some(({ type }) => type === 'caughtUp'))
  await appendFile(path, line(2).trimEnd())
  await reader.until(({ text }) => text === line(1) + line(2))
  const resets = () => reader.seen.filter(({ type }) => type === 'reset').length
  await appendFile(path, `\n${line(3)}`)
  await reader.until(({ text }) => text.endsWith(line(3)))
  expect(reader.text).toBe(line(1) + line(2) + line(3))
  expect(resets()).toBe(0)

  await appendFile(path, line(4).trimEnd())
  await reader.until(({ text }) => text.endsWith(line(4)))
  await appendFile(path, ` \n${line(5)}`)
  await reader.until(({ text }) => text.endsWith(line(5)))
  const fourth = `${line(4).trimEnd()} \n`
  expect(reader.text).toBe(line(1) + line(2) + line(3) + fourth + line(5))
  expect(resets()).toBe(1)
  expect((await files.info(run))?.gen).toBe(gen)
  await reader.stop()
})

test('a reader continues from its cursor and stops at the end without follow', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1) + line(2))
  const run = await openFile(path)
  const gen = (await files.info(run))?.gen
  const items: LogItem[] = []
  const from = { cursor: line(1).length, gen, follow: false }
  for await (const item of files.read(run, from, new AbortController().signal)) items.push(item)
  expect(items).toMatchObject([
    { type: 'chunk', cursor: 2 * line(1).length },
    { type: 'caughtUp', cursor: 2 * line(1).length },
  ])
})

test('chunks consist of whole lines, also when a line is larger than one read', async () => {
  const path = join(dir, 'run.jsonl')
  const long = `{"event_type":"point","timestamp":1,"metadata":{"text":"${'é'.repeat(400_000)}"}}\n`
  await writeFile(path, line(1) + long + line(2))
  const run = await openFile(path)
  let text = ''
  const from = { cursor: 0, gen: undefined, follow: false }
  for await (const item of files.read(run, from, new AbortController().signal)) {
    if (item.type !== 'chunk') continue
    expect(item.bytes.at(-1)).toBe(0x0a)
    text += Buffer.from(item.bytes).toString()
    expect(item.cursor).toBe(Buffer.byteLength(text))
  }
  expect(text).toBe(line(1) + long + line(2))
})

test.each([
  ['truncated', async (path: string) => await writeFile(path, line(8))],
  [
    'truncated and written beyond its old end',
    async (path: string) => {
      await truncate(path, 0)
      await appendFile(path, line(8) + line(8) + line(8) + line(8))
    },
  ],
  [
    'rotated by rename',
    async (path: string) => {
      await rename(path, `${path}.1`)
      await writeFile(path, line(8))
    },
  ],
  [
    'replaced by an editor',
    async (path: string) => {
      await writeFile(`${path}.tmp`, line(8) + line(9))
      await rename(`${path}.tmp`, path)
    },
  ],
])('a file that was %s has a new generation and is read from its start', async (_how, change) => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1) + line(2))
  const run = await openFile(path)
  const before = (await files.info(run))?.gen
  const reader = new Reader(run)
  await reader.until(({ text }) => text === line(1) + line(2))
  await change(path)
  await reader.until(
    ({ seen, text }) => seen.some(({ type }) => type === 'reset') && text.startsWith(line(8)),
  )
  const info = await files.info(run)
  expect(info?.gen).not.toBe(before)
  expect(reader.seen.findLast(({ type }) => type === 'reset')).toEqual({
    type: 'reset',
    gen: info?.gen,
  })
  await reader.stop()
})

test('a cursor of another generation or after the end is reset', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const run = await openFile(path)
  const { gen = '' } = (await files.info(run)) ?? {}
  const types = async (from: ReadFrom) => {
    const items: string[] = []
    const signal = new AbortController().signal
    for await (const item of files.read(run, { ...from, follow: false }, signal))
      items.push(item.type)
    return items
  }
  expect(await types({ cursor: 5, gen: 'another' })).toEqual(['reset', 'chunk', 'caughtUp'])
  expect(await types({ cursor: 5000, gen })).toEqual(['reset', 'chunk', 'caughtUp'])
  expect(await types({ cursor: 0, gen })).toEqual(['chunk', 'caughtUp'])
})

test('a deleted file is removed from the runs, and added when it is created again', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const run = await openFile(path)
  const reader = new Reader(run)
  await reader.until(({ text }) => text === line(1))
  const removed = nextChange(({ type }) => type === 'removed')
  await rm(path)
  await reader.done
  expect(reader.seen.at(-1)).toEqual({ type: 'removed' })
  expect((await removed).run).toBe(run)
  expect(await files.list()).toEqual([])
  const back = nextChange(({ type }) => type === 'changed')
  await writeFile(path, line(2))
  await back
  expect(await files.info(run)).toMatchObject({ bytes: line(2).length })
})

test('each log in a watched folder is a run; new ones are live, other files are ignored', async () => {
  await mkdir(join(dir, 'deep'))
  await mkdir(join(dir, 'node_modules'))
  await writeFile(join(dir, 'a.jsonl'), line(1))
  await writeFile(join(dir, 'notes.txt'), 'no log')
  await writeFile(join(dir, 'deep', 'b.ndjson'), line(1))
  await writeFile(join(dir, 'node_modules', 'c.jsonl'), line(1))
  const { type, runs } = await files.open(dir)
  expect(type).toBe('folder')
  expect(runs.map(({ name }) => name).sort()).toEqual(['a.jsonl', join('deep', 'b.ndjson')])
  const added = nextChange(async ({ run }) => (await files.info(run))?.name === 'new.jsonl')
  await writeFile(join(dir, 'new.jsonl'), line(1))
  const { run } = await added
  expect(await files.info(run)).toMatchObject({ state: 'live' })
})

test('FIFOs, sockets, folders and links with the name of a log are skipped', async () => {
  execFileSync('mkfifo', [join(dir, 'fifo.jsonl'), join(dir, 'zipped.jsonl.gz')])
  const socket = createServer().listen(join(dir, 'socket.jsonl'))
  onTestFinished(() => void socket.close())
  await mkdir(join(dir, 'folder.jsonl'))
  await symlink('/dev/zero', join(dir, 'device.jsonl'))
  await symlink('fifo.jsonl', join(dir, 'link.jsonl'))
  await writeFile(join(dir, 'a.jsonl'), line(1))
  expect((await files.open(dir)).runs.map(({ name }) => name)).toEqual(['a.jsonl'])
  await expect(files.open(join(dir, 'fifo.jsonl'))).rejects.toThrow('neither')
})

test.each(['fifo', 'link', 'folder link'])(
  'a log that is replaced by a %s is missing',
  async (by) => {
    const outside = await mkdtemp(join(tmpdir(), 'wattline-outside-'))
    onTestFinished(() => rm(outside, { recursive: true, force: true }))
    const folder = join(dir, 'sub')
    const path = join(folder, 'a.jsonl')
    await mkdir(folder)
    await writeFile(path, line(1))
    await writeFile(join(outside, 'a.jsonl'), line(2))
    const file = new LogFile(path, dir)
    await file.refresh()
    expect((await file.readAt(0, 100)).toString()).toBe(line(1))
    await rm(by === 'folder link' ? folder : path, { recursive: true })
    if (by === 'fifo') execFileSync('mkfifo', [path])
    else if (by === 'link') await symlink(join(outside, 'a.jsonl'), path)
    else await symlink(outside, folder)
    expect((await file.readAt(0, 100)).toString()).toBe('')
    expect(await file.refresh()).toBe('missing')
  },
)

test('a link that is opened by its own name is followed', async () => {
  await writeFile(join(dir, 'a.jsonl'), line(1))
  await symlink('a.jsonl', join(dir, 'latest.jsonl'))
  const { runs } = await files.open(join(dir, 'latest.jsonl'))
  expect(runs).toMatchObject([{ name: 'latest.jsonl', bytes: line(1).length }])
})

test('links in a watched folder are not followed', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'wattline-linked-'))
  onTestFinished(() => rm(outside, { recursive: true, force: true }))
  await mkdir(join(dir, 'sub'))
  await writeFile(join(dir, 'a.jsonl'), line(1))
  await writeFile(join(dir, 'sub', 'b.jsonl'), line(2))
  await writeFile(join(outside, 'c.jsonl'), line(3))
  await symlink('.', join(dir, 'loop'))
  await symlink('..', join(dir, 'up'))
  await symlink('sub', join(dir, 'again'))
  await symlink(outside, join(dir, 'linked'))
  await symlink(join(outside, 'c.jsonl'), join(dir, 'c.jsonl'))
  const { runs } = await files.open(dir)
  const names = ['a.jsonl', join('sub', 'b.jsonl')]
  expect(runs.map(({ name }) => name).sort()).toEqual(names)
})

test('a gzipped log is decompressed', async () => {
  const path = join(dir, 'run.jsonl.gz')
  // Two gzip members, as in a log that was appended to.
  await writeFile(path, Buffer.concat([gzipSync(line(1)), gzipSync(line(2))]))
  const run = await openFile(path)
  const reader = new Reader(run)
  await reader.until(({ text }) => text === line(1) + line(2))
  expect(await files.info(run)).toMatchObject({ name: 'run.jsonl.gz', bytes: 2 * line(1).length })
  await reader.stop()
})

test('a truncated gzipped log is read up to its end and reported', async () => {
  const logged: string[] = []
  await files.close()
  files = new LogFiles({ log: (message) => void logged.push(message) })
  const path = join(dir, 'cut.jsonl.gz')
  const whole = Array.from({ length: 50_000 }, (_, n) => line(n)).join('')
  const zipped = gzipSync(whole)
  await writeFile(path, zipped.subarray(0, zipped.length - 9))
  const reader = new Reader(await openFile(path))
  await reader.until(({ seen }) => seen.at(-1)?.type === 'caughtUp')
  expect(whole.startsWith(reader.text)).toBe(true)
  expect(reader.text.length).toBeGreaterThan(whole.length / 2)
  expect(logged).toEqual([
    `${path} cannot be decompressed to its end (unexpected end of file); the lines before are shown.`,
  ])
  await reader.stop()
})

test('aborting a waiting reader ends it without an error', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, line(1))
  const reader = new Reader(await openFile(path))
  await reader.until(({ seen }) => seen.at(-1)?.type === 'caughtUp')
  await reader.stop()
  expect(reader.seen.map(({ type }) => type)).toEqual(['chunk', 'caughtUp'])
})

test('an empty file is followed from its first line on', async () => {
  const path = join(dir, 'run.jsonl')
  await writeFile(path, '')
  const run = await openFile(path)
  const reader = new Reader(run)
  await reader.until(({ seen }) => seen.length > 0)
  await appendFile(path, line(1))
  await reader.until(({ text }) => text === line(1))
  expect(reader.seen.map(({ type }) => type)).not.toContain('removed')
  await reader.stop()
})

test('reading an unknown run yields removed', async () => {
  const reader = new Reader('nowhere')
  await reader.done
  expect(reader.seen).toEqual([{ type: 'removed' }])
})

test('opening a missing path throws', async () => {
  await expect(files.open(join(dir, 'nowhere.jsonl'))).rejects.toThrow(/ENOENT/)
})
