/** A run with as many writers as the limit allows: posted, restarted after a kill, and lost. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Liveness } from './runs/liveness.ts'
import { Runs } from './runs/runs.ts'
import { FolderStore } from './storage/folder/folder-store.ts'
import { countSteps } from './testing/count-steps.ts'
import { line, startServer, tempDir } from './testing/harness.ts'

const SIZE = 150

async function openStore(dir: string): Promise<FolderStore> {
  const store = await FolderStore.open({ dir })
  onTestFinished(() => store.close())
  return store
}

/** Each writer registers, sends one line and goes, as with `POST ?writer=`. */
async function post(store: FolderStore, writers: number): Promise<void> {
  const runs = new Runs(store, [])
  for (let at = 0; at < writers; at += 1) {
    const writer = `w${at}`
    await runs.isReadOnly('r')
    await store.setWriter('r', writer, { state: 'live', name: writer })
    await store.append('r', writer, 1, Buffer.from(line(1, writer)), 1)
    await store.lastSeq('r', writer)
  }
}

/** The folder as a kill would leave it now. */
async function killed(dir: string): Promise<string> {
  const copy = join(await tempDir(), 'runs')
  await cp(dir, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
  return copy
}

function newLiveness(store: FolderStore, lostAfterMs: number): Liveness {
  const liveness = new Liveness(store, {
    lostAfterMs,
    heartbeatMs: 60_000,
    endAfterMs: 1_800_000,
    hasOpenCall: () => Promise.resolve(false),
    logger: () => undefined,
  })
  onTestFinished(() => liveness.stop())
  return liveness
}

describe('the steps for twice the writers are at most 2.3 times as many', () => {
  async function stepsOf(work: (writers: number) => Promise<() => Promise<void>>) {
    const one = await countSteps(await work(SIZE))
    const two = await countSteps(await work(2 * SIZE))
    return two / one
  }

  test('when they post', async () => {
    const growth = await stepsOf(async (writers) => {
      const store = await openStore(await tempDir())
      return () => post(store, writers)
    })
    expect(growth).toBeLessThanOrEqual(2.3)
  })

  test('when a server starts after a kill and all of them are lost', async () => {
    const growth = await stepsOf(async (writers) => {
      const dir = await tempDir()
      await post(await openStore(dir), writers)
      const copy = await killed(dir)
      return async () => {
        const store = await openStore(copy)
        await newLiveness(store, 0).adopt()
        expect(await store.info('r')).toMatchObject({ events: writers, state: 'lost' })
      }
    })
    expect(growth).toBeLessThanOrEqual(2.3)
  })

  test('when they are closed', async () => {
    const growth = await stepsOf(async (writers) => {
      const store = await openStore(await tempDir())
      await post(store, writers)
      return async () => {
        for (let at = 0; at < writers; at += 1)
          await store.setWriter('r', `w${at}`, { state: 'closed' })
        expect((await store.info('r'))?.state).toBe('ended')
      }
    })
    expect(growth).toBeLessThanOrEqual(2.3)
  })
})

test('a run of 10,000 writers is whole after a kill, and refuses one more', async () => {
  const dir = await tempDir()
  const store = await openStore(dir)
  const ids = Array.from({ length: 10_000 }, (_, at) => `w${at}`)
  await Promise.all(ids.map((id) => store.append('r', id, 1, Buffer.from(line(1, id)), 1)))
  await store.setWriter('r', 'w7', { state: 'closed', name: 'seven' })
  await expect(store.setWriter('r', 'more', {})).rejects.toMatchObject({ code: 'refused' })
  const server = await startServer({ dir: await killed(dir), lostAfterMs: 1 })
  const info = await server.store.info('r')
  expect(info).toMatchObject({ events: 10_000, state: 'lost' })
  expect(info?.writers.map(({ id }) => id)).toEqual(ids)
  expect(info?.writers[7]).toMatchObject({ state: 'closed', name: 'seven' })
})

test('a writer that has ended is not lost later', async () => {
  const store = await openStore(await tempDir())
  await store.setWriter('r', 'w', { state: 'closed' })
  await store.setWriter('r', 'w', { state: 'lost', isForLive: true })
  await store.setWriter('r', 'other', { state: 'lost', isForLive: true })
  await store.setWriter('none', 'w', { state: 'lost', isForLive: true })
  expect(await store.info('r')).toMatchObject({ state: 'ended', writers: [{ id: 'w' }] })
  expect(await store.has('none')).toBe(false)
})
