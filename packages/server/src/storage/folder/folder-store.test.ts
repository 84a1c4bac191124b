import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canMount, mountTmpfs } from '../../testing/disks.ts'
import { line, lines, tempDir } from '../../testing/harness.ts'
import { encodeRecords, RECORD_BYTES } from './append-record.ts'
import { writeCompacted } from './compaction.ts'
import { FolderStore, type FolderStoreOptions } from './folder-store.ts'
import { newRunMeta } from './run-meta.ts'
import type { ReadFrom, RunStore } from '../store.ts'

async function openStore(options: Partial<FolderStoreOptions> = {}): Promise<FolderStore> {
  const store = await FolderStore.open({ dir: options.dir ?? (await tempDir()), ...options })
  onTestFinished(() => store.close())
  return store
}

function append(store: RunStore, run: string, from: number, to: number, writer = 'w') {
  const bytes = Buffer.from(lines(from, to, writer))
  return store.append(run, writer, from, bytes, to - from + 1)
}

/** All committed lines as text, and the types of all other items. */
async function readAll(store: RunStore, run: string, from: Partial<ReadFrom> = {}) {
  let text = ''
  const others: string[] = []
  const { signal } = new AbortController()
  const start = { cursor: 0, gen: undefined, follow: false, ...from }
  for await (const item of store.read(run, start, signal)) {
    if (item.type === 'chunk') text += Buffer.from(item.bytes).toString()
    else others.push(item.type)
  }
  return { text, others }
}

describe('storing runs', () => {
  test('stores lines unchanged and reads them from any chunk on', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    const first = await append(store, 'r', 1, 10)
    await append(store, 'r', 11, 20)
    const { gen } = (await store.info('r')) ?? {}
    expect(await readFile(join(dir, 'r', 'events.jsonl'), 'utf8')).toBe(lines(1, 20))
    expect(await readAll(store, 'r')).toEqual({ text: lines(1, 20), others: ['caughtUp'] })
    const rest = await readAll(store, 'r', { cursor: first.cursor, gen })
    expect(rest).toEqual({ text: lines(11, 20), others: ['caughtUp'] })
  })

  test('creates folders that other users cannot read', async () => {
    const dir = await tempDir()
    await append(await openStore({ dir }), 'r', 1, 1)
    expect((await stat(join(dir, 'r'))).mode & 0o777).toBe(0o700)
  })

  test('takes the start time from the first event', async () => {
    const store = await openStore()
    await append(store, 'r', 7, 9)
    expect(await store.info('r')).toMatchObject({ startedAt: 1_700_000_007, events: 3 })
  })

  test('commits the appends of one tick as one record, in order', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await Promise.all(Array.from({ length: 500 }, (_, i) => append(store, 'r', i + 1, i + 1)))
    expect((await readAll(store, 'r')).text).toBe(lines(1, 500))
    expect((await stat(join(dir, 'r', 'appends'))).size).toBe(RECORD_BYTES)
  })

  test('reads a long log of several writers in chunks with their writer', async () => {
    const store = await openStore()
    for (let round = 0; round < 40; round += 1) {
      const from = round * 100 + 1
      await Promise.all(['a', 'b', 'c'].map((w) => append(store, 'r', from, from + 99, w)))
    }
    const byWriter = new Map<string, string>()
    const { signal } = new AbortController()
    const from = { cursor: 0, gen: undefined, follow: false }
    for await (const item of store.read('r', from, signal)) {
      if (item.type !== 'chunk') continue
      const text = Buffer.from(item.bytes).toString()
      byWriter.set(item.writer, (byWriter.get(item.writer) ?? '') + text)
    }
    for (const writer of ['a', 'b', 'c']) {
      expect(byWriter.get(writer)).toBe(lines(1, 4000, writer))
    }
  })

  test('stores each line once and in order, however appends are split and repeated', async () => {
    const store = await openStore()
    let run = 0
    const batch = fc.record({
      writer: fc.constantFrom('a', 'b'),
      back: fc.nat(5),
      count: fc.integer({ min: 1, max: 8 }),
      awaited: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 30 }), async (batches) => {
        const id = `run-${(run += 1)}`
        const sent: Record<string, number> = { a: 0, b: 0 }
        const pending: Promise<unknown>[] = []
        for (const { writer, back, count, awaited } of batches) {
          const first = Math.max(1, (sent[writer] ?? 0) + 1 - back)
          const last = first + count - 1
          sent[writer] = Math.max(sent[writer] ?? 0, last)
          const appended = append(store, id, first, last, writer)
          pending.push(appended)
          if (awaited) await appended
        }
        await Promise.all(pending)
        const { text } = await readAll(store, id)
        for (const writer of ['a', 'b']) {
          const own = text.split('\n').filter((l) => l.includes(`"writer":"${writer}"`))
          expect(own.map((l) => `${l}\n`).join('')).toBe(lines(1, sent[writer] ?? 0, writer))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('follows later appends until the signal is aborted', async () => {
    const store = await openStore()
    await append(store, 'r', 1, 1)
    const abort = new AbortController()
    const seen: string[] = []
    for await (const item of store.read('r', { cursor: 0, gen: undefined }, abort.signal)) {
      if (item.type === 'chunk') seen.push(Buffer.from(item.bytes).toString())
      if (seen.length === 3) abort.abort()
      else void append(store, 'r', seen.length + 1, seen.length + 1)
    }
    expect(seen).toEqual([line(1), line(2), line(3)])
  })

  test('sends a slow follower the lines from the file', async () => {
    const store = await openStore()
    await append(store, 'r', 1, 1)
    const abort = new AbortController()
    const items = store
      .read('r', { cursor: 0, gen: undefined }, abort.signal)
      [Symbol.asyncIterator]()
    let text = ''
    const take = async () => {
      const { value } = await items.next()
      if (value?.type === 'chunk') text += Buffer.from(value.bytes).toString()
    }
    await take()
    // More than fits in the tail in memory.
    for (let i = 0; i < 200; i += 1) await append(store, 'r', i * 1000 + 2, (i + 1) * 1000 + 1)
    const wanted = lines(1, 200_001)
    while (text.length < wanted.length) await take()
    expect(text).toBe(wanted)
    abort.abort()
    expect((await items.next()).done).toBe(true)
  })

  test('keeps concurrent writers separate', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    const writers = Array.from({ length: 50 }, (_, i) => `w${i}`)
    await Promise.all(
      writers.flatMap((writer) => [
        append(store, 'r', 1, 2, writer),
        store.setWriter('r', writer, { state: 'live', name: writer }),
        append(store, 'r', 3, 4, writer),
      ]),
    )
    await store.close()
    const info = await (await openStore({ dir })).info('r')
    const counts = new Map(info?.writers.map(({ id, name, events }) => [id, { name, events }]))
    expect(counts).toEqual(new Map(writers.map((writer) => [writer, { name: writer, events: 4 }])))
  })

  test('stores the same log with fsync', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir, fsync: true })
    await Promise.all([append(store, 'r', 1, 5), append(store, 'r', 6, 9)])
    await store.close()
    const again = await openStore({ dir, fsync: true })
    expect((await readAll(again, 'r')).text).toBe(lines(1, 9))
  })

  test('keeps names, notes and states over a restart', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 2)
    await store.setWriter('r', 'w', { state: 'closed', name: 'the writer', runName: 'given' })
    await store.rename('r', 'renamed')
    await store.writeNote('r', 'outcome', '{"a":1}', undefined)
    await store.close()
    const again = await openStore({ dir })
    expect(await again.info('r')).toMatchObject({
      name: 'renamed',
      state: 'ended',
      events: 2,
      writers: [{ id: 'w', name: 'the writer', state: 'closed', events: 2 }],
    })
    expect((await again.readNote('r', 'outcome'))?.text).toBe('{"a":1}')
    expect(await again.lastSeq('r', 'w')).toBe(2)
  })
})

test('counts duplicates over a restart; null if an older version did not count them', async () => {
  const dir = await tempDir()
  const first = await FolderStore.open({ dir })
  await append(first, 'r', 1, 4)
  expect(await append(first, 'r', 3, 6)).toMatchObject({ duplicates: 2 })
  await append(first, 'r', 1, 1, 'older')
  await first.close()
  const path = join(dir, 'r', 'run.json')
  const meta = JSON.parse(await readFile(path, 'utf8'))
  delete meta.writers[1].duplicates
  await writeFile(path, JSON.stringify(meta))

  const second = await openStore({ dir })
  await append(second, 'r', 6, 6)
  expect(await append(second, 'r', 1, 2, 'older')).toMatchObject({ duplicates: 1 })
  expect((await second.info('r'))?.writers).toMatchObject([
    { id: 'w', events: 6, duplicates: 3 },
    { id: 'older', events: 2, duplicates: null },
  ])
})

describe('repair', () => {
  /** A closed store with one run of 100 lines in 10 appends. */
  async function closedRun() {
    const dir = await tempDir()
    const store = await FolderStore.open({ dir })
    for (let i = 0; i < 10; i += 1) await append(store, 'r', i * 10 + 1, i * 10 + 10)
    const gen = (await store.info('r'))?.gen
    await store.close()
    const file = (name: string) => join(dir, 'r', name)
    return { dir, gen, log: file('events.jsonl'), appends: file('appends'), meta: file('run.json') }
  }

  test('cuts lines without a record, which were never acknowledged', async () => {
    const { dir, gen, log } = await closedRun()
    await appendFile(log, `${line(101)}${line(102).slice(0, 20)}`)
    const store = await openStore({ dir })
    expect(await readFile(log, 'utf8')).toBe(lines(1, 100))
    expect(await store.info('r')).toMatchObject({ gen, events: 100 })
    expect(await store.lastSeq('r', 'w')).toBe(100)
    await append(store, 'r', 101, 101)
    expect((await readAll(store, 'r')).text).toBe(lines(1, 101))
  })

  test.each([0, 1, 5 * RECORD_BYTES, 10 * RECORD_BYTES - 5])(
    'keeps an intact log whose appends file has only %d bytes',
    async (bytes) => {
      const { dir, gen, log, appends } = await closedRun()
      await truncate(appends, bytes)
      const store = await openStore({ dir })
      expect(await readFile(log, 'utf8')).toBe(lines(1, 100))
      expect(await store.info('r')).toMatchObject({ gen, events: 100, lost: 0 })
      expect(await store.lastSeq('r', 'w')).toBe(100)
      await append(store, 'r', 101, 110)
      expect((await readAll(store, 'r')).text).toBe(lines(1, 110))
    },
  )

  test('gives lines without records a writer of their own when there were several', async () => {
    const dir = await tempDir()
    const first = await FolderStore.open({ dir })
    for (const writer of ['a', 'b']) await append(first, 'r', 1, 1000, writer)
    await first.close()
    await rm(join(dir, 'r', 'appends'))
    for (let start = 0; start < 2; start += 1) {
      const store = await FolderStore.open({ dir })
      const { events, writers = [] } = (await store.info('r')) ?? {}
      expect(events).toBe(2000)
      expect(writers.map(({ id }) => id)).toEqual(['a', 'b', 'unknown'])
      expect(await store.lastSeq('r', 'b')).toBe(1000)
      await store.close()
    }
  })

  test.each([
    ['cut to nothing', (log: string) => truncate(log, 0), 0],
    ['cut inside a line', (log: string) => truncate(log, lines(1, 55).length - 3), 50],
    [
      'replaced by a shorter one',
      async (log: string) => {
        await writeFile(`${log}.x`, lines(1, 20))
        await rename(`${log}.x`, log)
      },
      20,
    ],
  ])('starts a new generation when the log of a live run was %s', async (_, change, kept) => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    for (let i = 0; i < 10; i += 1) await append(store, 'r', i * 10 + 1, i * 10 + 10)
    const gen = (await store.info('r'))?.gen
    const log = join(dir, 'r', 'events.jsonl')
    await change(log)
    await append(store, 'r', 101, 110)
    const text = await readFile(log, 'utf8')
    expect(text).toBe(lines(1, kept) + lines(101, 110))
    const info = await store.info('r')
    expect(info).toMatchObject({ events: kept + 10, bytes: text.length })
    expect(info?.gen).not.toBe(gen)
  })

  test.each([true, false])(
    'keeps the whole lines of an edited copy that replaces the log (live: %s)',
    async (isLive) => {
      const dir = await tempDir()
      let store = await openStore({ dir })
      for (let i = 0; i < 10; i += 1) await append(store, 'r', i * 10 + 1, i * 10 + 10)
      const gen = (await store.info('r'))?.gen
      const log = join(dir, 'r', 'events.jsonl')
      const edited = lines(1, 100).replace(line(5), line(5555)).replace(line(60), '')
      if (!isLive) await store.close()
      await writeFile(`${log}.x`, edited)
      await rename(`${log}.x`, log)
      if (!isLive) store = await openStore({ dir })
      await append(store, 'r', 101, 110)
      const text = await readFile(log, 'utf8')
      expect(text).toBe(edited + lines(101, 110))
      expect(await readAll(store, 'r')).toMatchObject({ text })
      const info = await store.info('r')
      expect(info).toMatchObject({ events: 109, bytes: text.length })
      expect(info?.gen).not.toBe(gen)
    },
  )

  test('removes what another program has appended to the log of a live run', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 10)
    const log = join(dir, 'r', 'events.jsonl')
    await appendFile(log, 'foreign line\nhalf')
    await append(store, 'r', 11, 20)
    expect(await readFile(log, 'utf8')).toBe(lines(1, 20))
  })

  test('counts records that are newer than run.json', async () => {
    const { dir, meta, gen } = await closedRun()
    const old = JSON.parse(await readFile(meta, 'utf8')) as Record<string, unknown>
    const writers = (old['writers'] as object[]).map((w) => ({ ...w, events: 0, lastSeq: 0 }))
    await writeFile(meta, JSON.stringify({ ...old, events: 0, records: 0, end: 0, writers }))
    const store = await openStore({ dir })
    expect(await store.info('r')).toMatchObject({ gen, events: 100, writers: [{ events: 100 }] })
    expect(await store.lastSeq('r', 'w')).toBe(100)
  })

  test('cuts a log that lost acknowledged lines to whole records and starts a new generation', async () => {
    const { dir, gen, log } = await closedRun()
    await truncate(log, lines(1, 55).length)
    const store = await openStore({ dir })
    expect(await readFile(log, 'utf8')).toBe(lines(1, 50))
    const info = await store.info('r')
    expect(info).toMatchObject({ events: 50 })
    expect(info?.gen).not.toBe(gen)
    const cursor = lines(1, 20).length
    const { text, others } = await readAll(store, 'r', { cursor, gen })
    expect(others).toEqual(['reset', 'caughtUp'])
    expect(text).toBe(lines(1, 50))
  })

  test('keeps whole acknowledged appends, wherever the files are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(8000), fc.nat(320), async (logBytes, appendsBytes) => {
        const { dir, log, appends } = await closedRun()
        const size = (await stat(log)).size
        await truncate(log, Math.min(size, logBytes))
        await truncate(appends, appendsBytes)
        const store = await FolderStore.open({ dir })
        const { events = -1 } = (await store.info('r')) ?? {}
        const { text } = await readAll(store, 'r')
        await store.close()
        // A whole log is kept, whatever happened to its records.
        expect(events === 100 || logBytes < size).toBe(true)
        expect(events % 10).toBe(0)
        expect(text).toBe(lines(1, events))
        await rm(dir, { recursive: true })
      }),
      { numRuns: 30 },
    )
  })

  test('repairs a run that could not be repaired at the start when it is used', async () => {
    const { dir, gen, log } = await closedRun()
    await appendFile(log, line(101).slice(0, 20))
    // A folder in place of `appends` makes the repair fail, like a full or broken disk.
    const appends = join(dir, 'r', 'appends')
    const kept = await readFile(appends)
    await rm(appends)
    await mkdir(appends)
    const store = await openStore({ dir })
    await expect(store.lastSeq('r', 'w')).rejects.toMatchObject({ code: 'failed' })
    await expect(append(store, 'r', 101, 101)).rejects.toMatchObject({ code: 'failed' })
    await expect(store.info('r')).rejects.toMatchObject({ code: 'failed' })
    await rm(appends, { recursive: true })
    await writeFile(appends, kept)
    const all = await Promise.all([store.lastSeq('r', 'w'), store.lastSeq('r', 'w')])
    expect(all).toEqual([100, 100])
    await append(store, 'r', 101, 101)
    expect(await store.info('r')).toMatchObject({ gen, events: 101 })
    expect((await readAll(store, 'r')).text).toBe(lines(1, 101))
  })

  test.skipIf(!canMount)('opens a run on a full disk, and goes on when there is room', async () => {
    const disk = await mountTmpfs('256k')
    const dir = join(disk, 'runs')
    const first = await FolderStore.open({ dir })
    await append(first, 'r', 1, 100)
    await first.close()
    await appendFile(join(dir, 'r', 'events.jsonl'), line(101).slice(0, 20))
    // A killed server leaves its lock.
    await writeFile(join(dir, '.lock'), JSON.stringify({ pid: 2 ** 30 }))
    const filler = join(disk, 'filler')
    await writeFile(filler, Buffer.alloc(1 << 20)).catch(() => undefined)
    const store = await openStore({ dir })
    expect(await store.info('r')).toMatchObject({ events: 100 })
    const large = Buffer.from(lines(101, 3000))
    await expect(store.append('r', 'w', 101, large, 2900)).rejects.toMatchObject({ code: 'failed' })
    expect(await store.lastSeq('r', 'w')).toBe(100)
    await rm(filler)
    await append(store, 'r', 101, 110)
    expect((await readAll(store, 'r')).text).toBe(lines(1, 110))
  })

  test('ignores folders of other programs and refuses their names as run ids', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'theirs'))
    await writeFile(join(dir, 'theirs', 'events.jsonl'), 'half a li')
    await mkdir(join(dir, 'alike'))
    await writeFile(join(dir, 'alike', 'run.json'), '{"id":"alike"}')
    const store = await openStore({ dir })
    expect(await store.list()).toEqual([])
    await expect(append(store, 'theirs', 1, 1)).rejects.toThrow(/use another run id/)
    await expect(append(store, 'alike', 1, 1)).rejects.toThrow(/use another run id/)
    expect(await readFile(join(dir, 'theirs', 'events.jsonl'), 'utf8')).toBe('half a li')
    expect((await readdir(dir)).filter((name) => name.startsWith('.new-'))).toEqual([])
  })

  test('deletes partial folders that a kill left behind', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, '.new-abc'))
    await mkdir(join(dir, '.gone-r-1'))
    await openStore({ dir })
    expect((await readdir(dir)).filter((name) => /^\.(new|gone)-/.test(name))).toEqual([])
  })
})

describe('merging records', () => {
  /** A closed store whose run has 200 lines of `w`, 10 of `x` and 200 of `w`, an append each. */
  async function run(compactAboveRecords: number) {
    const dir = await tempDir()
    const store = await FolderStore.open({ dir, compactAboveRecords })
    for (let i = 1; i <= 200; i += 1) await append(store, 'r', i, i)
    const cursor = (await append(store, 'r', 1, 10, 'x')).cursor
    for (let i = 201; i <= 400; i += 1) await append(store, 'r', i, i)
    return { dir, store, cursor, file: (name: string) => join(dir, 'r', name) }
  }
  const whole = lines(1, 200) + lines(1, 10, 'x') + lines(201, 400)

  test('merges adjacent records of one writer without changing the log', async () => {
    const { store, dir, cursor, file } = await run(50)
    const { gen } = (await store.info('r')) ?? {}
    expect((await readAll(store, 'r')).text).toBe(whole)
    for (const from of [line(1).length, cursor, cursor + line(201).length]) {
      const { text, others } = await readAll(store, 'r', { cursor: from, gen })
      expect([text, others]).toEqual([whole.slice(from), ['caughtUp']])
    }
    await store.close()
    expect((await stat(file('appends'))).size).toBeLessThanOrEqual(52 * RECORD_BYTES)
    const again = await openStore({ dir })
    expect(await again.info('r')).toMatchObject({ gen, events: 410, lost: 0 })
    expect(await again.lastSeq('r', 'w')).toBe(400)
    expect(await again.lastSeq('r', 'x')).toBe(10)
    expect((await readAll(again, 'r')).text).toBe(whole)
  })

  test('a kill after a merge leaves the same run', async () => {
    const { store, dir, file } = await run(Infinity)
    const { gen } = (await store.info('r')) ?? {}
    await store.close()
    const before = await readFile(file('run.json'))
    const { records } = JSON.parse(before.toString()) as { records: number }
    expect(await writeCompacted(join(dir, 'r'), records, true)).toBe(3)
    await rename(file('appends.new'), file('appends'))
    await writeFile(file('appends.new'), 'half of another merge')
    const killed = await FolderStore.open({ dir })
    expect(await killed.info('r')).toMatchObject({ gen, events: 410, lost: 0 })
    await append(killed, 'r', 401, 402)
    await killed.close()
    await writeFile(file('run.json'), before)
    const again = await openStore({ dir })
    expect(await again.info('r')).toMatchObject({ gen, events: 412, lost: 0 })
    expect(await again.lastSeq('r', 'w')).toBe(402)
    expect((await readAll(again, 'r')).text).toBe(whole + lines(401, 402))
  })

  test('does not disturb readers that follow or lag', async () => {
    const store = await openStore({ compactAboveRecords: 10 })
    await append(store, 'r', 1, 1)
    const abort = new AbortController()
    let text = ''
    let appended = 1
    for await (const item of store.read('r', { cursor: 0, gen: undefined }, abort.signal)) {
      if (item.type === 'chunk') text += Buffer.from(item.bytes).toString()
      // Between two reads there are none, one, or many appends and merges.
      for (let i = appended % 30; i > 0 && appended < 1000; i -= 1) {
        appended += 1
        await append(store, 'r', appended, appended)
      }
      if (appended < 1000) void append(store, 'r', appended + 1, (appended += 1))
      if (text.length === lines(1, 1000).length) abort.abort()
    }
    expect(text).toBe(lines(1, 1000))
  })
})

describe('when the log cannot be written', () => {
  test('removes the lines of a failed write, because their sender sends them again', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    // Records cannot be written, so the write fails after the lines.
    await store.setWriter('r', 'w', { state: 'closed' })
    const file = (name: string) => join(dir, 'r', name)
    const kept = await readFile(file('appends'))
    await rm(file('appends'))
    await mkdir(file('appends'))
    await expect(append(store, 'r', 6, 9)).rejects.toMatchObject({ code: 'failed' })
    await rm(file('appends'), { recursive: true })
    // Lines and record are whole, as if only the result of the write had been lost.
    const end = lines(1, 9).length
    const whole = encodeRecords([{ writer: 0, lastSeq: 9, end, count: 4, lost: 0 }])
    await writeFile(file('appends'), Buffer.concat([kept, whole]))
    await writeFile(file('events.jsonl'), lines(1, 9))
    await append(store, 'r', 6, 9)
    expect((await readAll(store, 'r')).text).toBe(lines(1, 9))
    expect(await store.info('r')).toMatchObject({ events: 9, lost: 0 })
  })

  test('acknowledges nothing, resets line numbers and recovers', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    await store.setWriter('r', 'w', { state: 'closed' })
    // The files are closed by now. A folder in place of `appends` makes opening it fail.
    const appends = join(dir, 'r', 'appends')
    const kept = await readFile(appends)
    await rm(appends)
    await mkdir(appends)
    const refused = await Promise.allSettled([append(store, 'r', 6, 7), append(store, 'r', 8, 9)])
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await store.info('r')).toMatchObject({ events: 5 })
    await append(store, 'other', 1, 1)
    await rm(appends, { recursive: true })
    await writeFile(appends, kept)
    expect(await store.lastSeq('r', 'w')).toBe(5)
    await append(store, 'r', 6, 9)
    expect((await readAll(store, 'r')).text).toBe(lines(1, 9))
    expect(await store.info('r')).toMatchObject({ events: 9, lost: 0 })
  })
})

describe('when files are deleted', () => {
  test('readers of a deleted folder get removed, and its run can still be removed', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    await append(store, 'other', 1, 5)
    await rm(join(dir, 'r'), { recursive: true })
    await rm(join(dir, 'other'), { recursive: true })
    expect((await readAll(store, 'r')).others).toEqual(['removed'])
    expect((await store.list()).map(({ id }) => id)).toEqual(['other'])
    await store.remove('other')
    expect(await store.list()).toEqual([])
  })

  test('a deleted folder ends the run for its readers and writers', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    const abort = new AbortController()
    const items: string[] = []
    let refused: Promise<unknown> | undefined
    for await (const item of store.read('r', { cursor: 0, gen: undefined }, abort.signal)) {
      items.push(item.type)
      if (item.type !== 'caughtUp') continue
      await rm(join(dir, 'r'), { recursive: true })
      refused = append(store, 'r', 6, 6).catch((error: unknown) => error)
    }
    expect(items).toEqual(['chunk', 'caughtUp', 'removed'])
    expect(await refused).toMatchObject({ code: 'removed' })
    expect(await store.list()).toEqual([])
    await append(store, 'r', 1, 1, 'new')
    expect((await readAll(store, 'r')).text).toBe(line(1, 'new'))
  })

  test('a deleted log is replaced by one of a new generation, and readers are reset', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    const abort = new AbortController()
    let text = ''
    const items: string[] = []
    for await (const item of store.read('r', { cursor: 0, gen: undefined }, abort.signal)) {
      items.push(item.type)
      if (item.type === 'reset') text = ''
      if (item.type === 'chunk') text += Buffer.from(item.bytes).toString()
      if (item.type !== 'caughtUp') continue
      if (text === line(6)) break
      await rm(join(dir, 'r', 'events.jsonl'))
      void append(store, 'r', 6, 6)
    }
    expect(items).toEqual(['chunk', 'caughtUp', 'reset', 'chunk', 'caughtUp'])
    expect(await readFile(join(dir, 'r', 'events.jsonl'), 'utf8')).toBe(line(6))
  })
})

const filesIn = (folder: string) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

test('creates folders and files that other users cannot read', async () => {
  const dir = join(await tempDir(), 'new', 'runs')
  const store = await openStore({ dir })
  await append(store, 'r', 1, 1)
  await store.writeNote('r', 'outcome', '{}', undefined)
  for (const folder of [dir, join(dir, 'r'), join(dir, 'r', 'notes')]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  }
  for (const file of [...filesIn(join(dir, 'r')), 'notes/outcome.note']) {
    expect([file, (await stat(join(dir, 'r', file))).mode & 0o777]).toEqual([file, 0o600])
  }
})

describe('the journal of writers', () => {
  async function killedRun() {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5, 'a')
    await append(store, 'r', 1, 5, 'b')
    await store.setWriter('r', 'a', { state: 'closed' })
    const copy = join(await tempDir(), 'runs')
    await cp(dir, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
    return { copy, journal: join(copy, 'r', 'writers') }
  }

  test('has the writers of acknowledged lines that run.json does not have', async () => {
    const { copy, journal } = await killedRun()
    expect(await readFile(join(copy, 'r', 'run.json'), 'utf8')).not.toContain('"b"')
    expect((await readFile(journal, 'utf8')).split('\n').filter(Boolean)).toHaveLength(2)
    const store = await openStore({ dir: copy })
    const writers = [
      { id: 'a', state: 'closed', events: 5 },
      { id: 'b', state: 'live', events: 5 },
    ]
    expect(await store.info('r')).toMatchObject({ events: 10, writers })
    // A second kill, after a change of one more writer.
    await append(store, 'r', 1, 1, 'c')
    const again = join(await tempDir(), 'runs')
    await cp(copy, again, { recursive: true, filter: (path) => !path.endsWith('.lock') })
    const ids = ['a', 'b', 'c'].map((id) => ({ id }))
    expect(await (await openStore({ dir: again })).info('r')).toMatchObject({ writers: ids })
    await store.close()
    expect(readdirSync(join(copy, 'r'))).not.toContain('writers')
    expect(await (await openStore({ dir: copy })).info('r')).toMatchObject({ writers: ids })
  })

  test.each([
    '',
    '{"at":1',
    'null\n',
    '{"at":9,"id":"x","name":"","state":"live","lastSeenAt":1}\n',
  ])('ends at a line that cannot be one: %j', async (end) => {
    const { copy, journal } = await killedRun()
    await appendFile(journal, end)
    const store = await openStore({ dir: copy })
    expect(await store.info('r')).toMatchObject({ events: 10, writers: [{ id: 'a' }, { id: 'b' }] })
    await append(store, 'r', 1, 1, 'c')
    expect(await store.info('r')).toMatchObject({ events: 11 })
  })

  test('may be deleted by another program', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 1, 'a')
    await append(store, 'r', 1, 1, 'b')
    await rm(join(dir, 'r', 'writers'))
    await append(store, 'r', 1, 1, 'c')
    expect(await store.info('r')).toMatchObject({ events: 3 })
    expect(await readFile(join(dir, 'r', 'run.json'), 'utf8')).toContain('"c"')
  })
})

test.skipIf(process.platform !== 'linux')(
  'closes the files of runs that others need descriptors for (needs /proc)',
  async () => {
    const dir = await tempDir()
    const store = await openStore({ dir, maxOpenRuns: 3 })
    const open = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dir)
        } catch {
          // It was closed meanwhile.
          return false
        }
      }).length
    for (let at = 0; at < 20; at += 1) await append(store, `r${at}`, 1, 1)
    expect(open()).toBeLessThanOrEqual(2 * 4)
    const all = Array.from({ length: 20 }, (_, at) => append(store, `r${at}`, 2, 9))
    await Promise.all(all)
    await append(store, 'r0', 10, 10)
    expect(open()).toBeLessThanOrEqual(2 * 4)
    for (let at = 1; at < 20; at += 1)
      expect((await readAll(store, `r${at}`)).text).toBe(lines(1, 9))
  },
)

describe('run ids', () => {
  test.each(['../up', '...', 'a/b', 'a\\b', '/etc/passwd', 'con', 'NUL.txt', 'käse', 'a b', 'x.'])(
    '%j stays inside the folder and is listed unchanged',
    async (id) => {
      const outer = await tempDir()
      const dir = join(outer, 'store')
      const store = await openStore({ dir })
      await append(store, id, 1, 1)
      expect(await readdir(outer)).toEqual(['store'])
      await store.close()
      const again = await openStore({ dir })
      expect((await again.list()).map((run) => run.id)).toEqual([id])
      await again.remove(id)
      expect((await readdir(dir)).filter((name) => !name.startsWith('.'))).toEqual([])
    },
  )

  test.each(['', 'a\0b', 'a\nb', 'x'.repeat(201), '/'.repeat(201), '\ud800'])(
    'refuses %j',
    async (id) => {
      const store = await openStore()
      await expect(append(store, id, 1, 1)).rejects.toMatchObject({ code: 'refused' })
    },
  )

  test('different ids have different folders', async () => {
    const store = await openStore()
    await Promise.all([append(store, 'a/b', 1, 1, 'x'), append(store, '_a=2Fb', 1, 1, 'y')])
    expect(await store.list()).toHaveLength(2)
  })
})

describe('removal and retention', () => {
  test('removing a run ends its readers and refuses its writers; its id can be reused', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    await append(store, 'r', 1, 5)
    const abort = new AbortController()
    const items: string[] = []
    for await (const item of store.read('r', { cursor: 0, gen: undefined }, abort.signal)) {
      items.push(item.type)
      if (item.type === 'caughtUp') void store.remove('r')
    }
    expect(items).toEqual(['chunk', 'caughtUp', 'removed'])
    await expect(append(store, 'r', 6, 6)).rejects.toMatchObject({ code: 'removed' })
    await append(store, 'r', 1, 1, 'new')
    await store.close()
    const again = await openStore({ dir })
    expect(await again.info('r')).toMatchObject({ events: 1, writers: [{ id: 'new' }] })
    await again.remove('r')
    await expect(append(again, 'r', 6, 6)).rejects.toMatchObject({ code: 'removed' })
  })

  test('keep deletes the oldest runs that are not live', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir, keep: 2 })
    for (const run of ['a', 'b', 'c', 'd']) {
      await append(store, run, 1, 1)
      if (run !== 'a') await store.setWriter(run, 'w', { state: 'closed' })
    }
    await store.close()
    const again = await openStore({ dir, keep: 2 })
    expect((await again.list()).map((run) => run.id).toSorted()).toEqual(['a', 'd'])
  })

  test('maxDiskBytes limits the size of all logs', async () => {
    const dir = await tempDir()
    const store = await openStore({ dir })
    for (const run of ['a', 'b', 'c']) {
      await append(store, run, 1, 100)
      await store.setWriter(run, 'w', { state: 'closed' })
    }
    await store.close()
    const again = await openStore({ dir, maxDiskBytes: lines(1, 100).length * 2 })
    expect((await again.list()).map((run) => run.id).toSorted()).toEqual(['b', 'c'])
  })
})

test('lists ten thousand runs without opening their logs', async () => {
  const dir = await tempDir()
  for (let i = 0; i < 10_000; i += 1) {
    const folder = join(dir, `run-${i}`)
    mkdirSync(folder)
    // There is no other file, so opening a log would fail.
    const meta = { wattline: 1, ...newRunMeta(`run-${i}`), events: 3 }
    writeFileSync(join(folder, 'run.json'), JSON.stringify(meta))
  }
  const store = await openStore({ dir })
  expect(await store.list()).toHaveLength(10_000)
}, 120_000)
