import fc from 'fast-check'
import { appendFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { formatPosition, type LinePosition } from '@wattline/trace'
import { LogFiles } from '../files/log-files.ts'
import { getJson, line, startServer, tempDir } from '../testing/harness.ts'
import { FolderStore } from './folder/folder-store.ts'
import { readLines } from './lines.ts'
import type { RunSource } from './store.ts'

const { signal } = new AbortController()

interface Found {
  readonly text: string
  readonly position: LinePosition
}

/** All lines of a run with their positions, as a viewer gets them that starts at `from`. */
async function allLines(source: RunSource, run: string, from = 0): Promise<Found[]> {
  const { gen } = (await source.info(run))!
  const found: Found[] = []
  let cursor = from
  for await (const item of source.read(run, { cursor, gen, follow: false }, signal)) {
    if (item.type !== 'chunk') continue
    let offset = 0
    for (const text of Buffer.from(item.bytes).toString().split('\n').slice(0, -1)) {
      found.push({ text, position: { cursor, offset } })
      offset += Buffer.byteLength(text) + 1
    }
    cursor = item.cursor
  }
  return found
}

async function linesAt(source: RunSource, run: string, position: LinePosition, count = 1) {
  const { gen } = (await source.info(run))!
  const parts: Uint8Array[] = []
  for await (const part of readLines(source, run, { position, gen, count }, signal)) {
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

test('every line of several writers is found by its positions, also after restarts', async () => {
  const dir = await tempDir()
  let store = await FolderStore.open({ dir, compactAboveRecords: 8 })
  onTestFinished(() => store.close())
  let runs = 0
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        writer: fc.constantFrom('a', 'b', 'c'),
        texts: fc.array(fc.stringMatching(/^[a-zé]{0,9}$/), { minLength: 1, maxLength: 4 }),
        isAwaited: fc.boolean(),
      }),
    },
    fc.constantFrom<'restart' | 'delete'>('restart', 'delete'),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      async (steps, at) => {
        const run = `run-${(runs += 1)}`
        let pending: Promise<unknown>[] = []
        let sent: string[] = []
        let writers = 0
        for (const one of steps) {
          if (typeof one !== 'string') {
            const lines = Buffer.from(one.texts.map((text) => `${text}\n`).join(''))
            const writer = `${one.writer}${writers}`
            pending.push(store.append(run, writer, undefined, lines, one.texts.length))
            sent.push(...one.texts)
            if (one.isAwaited) await Promise.all(pending)
            continue
          }
          await Promise.all(pending)
          pending = []
          if (one === 'restart') {
            await store.close()
            store = await FolderStore.open({ dir, compactAboveRecords: 8 })
          } else if (sent.length > 0) {
            await store.remove(run)
            sent = []
            // The writers of a deleted run are refused.
            writers++
          }
        }
        await Promise.all(pending)
        if (sent.length === 0) return
        const all = await allLines(store, run)
        // Lines of one writer keep their order; those of one tick are grouped by writer.
        expect(all.map(({ text }) => text).toSorted()).toEqual(sent.toSorted())
        for (const { text, position } of all) {
          expect(await linesAt(store, run, position)).toBe(`${text}\n`)
        }
        // The same lines from the cursor of an earlier frame, as a page addresses them that joins frames.
        const { text, position } = all[at % all.length]!
        for (const { position: earlier } of all.slice(0, (at % all.length) + 1)) {
          const offset = position.cursor + position.offset - earlier.cursor
          expect(await linesAt(store, run, { cursor: earlier.cursor, offset })).toBe(`${text}\n`)
        }
        const rest = all.slice(at % all.length).map((one) => `${one.text}\n`)
        expect(await linesAt(store, run, position, 1000)).toBe(rest.join(''))
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

test('a position of another generation finds nothing', async () => {
  const dir = await tempDir()
  const path = join(dir, 'a.jsonl')
  await writeFile(path, line(1) + line(2))
  const files = new LogFiles()
  onTestFinished(() => files.close())
  const { id, gen } = (await files.open(path)).runs[0]!
  const [, second] = await allLines(files, id)
  expect(await linesAt(files, id, second!.position)).toBe(line(2))
  await appendFile(path, line(3))
  expect(await linesAt(files, id, second!.position, 5)).toBe(line(2) + line(3))
  await truncate(path)
  await writeFile(path, line(7) + line(8) + line(9))
  const old = readLines(files, id, { position: second!.position, gen, count: 1 }, signal)
  await expect(old.next()).rejects.toMatchObject({ code: 'conflict' })
  for (const { text, position } of await allLines(files, id)) {
    expect(await linesAt(files, id, position)).toBe(`${text}\n`)
  }
})

test('lines over HTTP', async () => {
  const server = await startServer()
  const run = `${server.url}/api/runs/a`
  await fetch(`${run}/events`, { method: 'POST', body: line(1) + line(2) + line(3) })
  const { gen, bytes } = await getJson<{ gen: string; bytes: number }>(run)
  const get = (query: Record<string, string>) =>
    fetch(`${run}/lines?${String(new URLSearchParams(query))}`)
  const at = (offset: number) => formatPosition({ cursor: 0, offset })
  const position = at(Buffer.byteLength(line(1)))
  expect(await (await get({ position, gen })).text()).toBe(line(2))
  expect(await (await get({ position, count: '9' })).text()).toBe(line(2) + line(3))
  const statuses = [
    [{ position: at(1) }, 400],
    [{ position: at(bytes) }, 400],
    [{ position: 'x' }, 400],
    [{}, 400],
    [{ position, count: '0' }, 400],
    [{ position, count: '1001' }, 400],
    [{ position, gen: 'another' }, 409],
  ] as const
  for (const [query, status] of statuses) {
    expect([query, (await get(query as Record<string, string>)).status]).toEqual([query, status])
  }
  expect((await fetch(`${server.url}/api/runs/none/lines?position=${position}`)).status).toBe(404)
})
