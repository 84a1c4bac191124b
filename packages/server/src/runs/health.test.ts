import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FolderStore } from '../storage/folder/folder-store.ts'
import { StoreError } from '../storage/store.ts'
import { canMount, mountTmpfs } from '../testing/disks.ts'
import { tempDir } from '../testing/harness.ts'
import { Health } from './health.ts'

async function openStore(dir: string): Promise<FolderStore> {
  const store = await FolderStore.open({ dir })
  onTestFinished(() => store.close())
  return store
}

test('is tried, and follows the folder without any event', async () => {
  const dir = join(await tempDir(), 'runs')
  const health = new Health(await openStore(dir), 0)
  expect((await health.state()).problem).toBeUndefined()
  await rm(dir, { recursive: true })
  expect((await health.state()).problem).toContain('the data folder is missing')
  await mkdir(dir)
  expect((await health.state()).problem).toBeUndefined()
  expect(await readdir(dir)).not.toContain('.probe')
})

test.skipIf(!canMount)('sees a full and a read-only disk (needs the right to mount)', async () => {
  const mount = await mountTmpfs('1m')
  const dir = join(mount, 'runs')
  const health = new Health(await openStore(dir), 0)
  await writeFile(join(mount, 'fill'), Buffer.alloc(4 * 1024 * 1024)).catch(() => undefined)
  expect((await health.state()).problem).toContain('the disk is full')
  await rm(join(mount, 'fill'))
  expect((await health.state()).problem).toBeUndefined()
  spawnSync('mount', ['-o', 'remount,ro', mount])
  expect((await health.state()).problem).toContain('the disk is read-only')
  spawnSync('mount', ['-o', 'remount,rw', mount])
  expect((await health.state()).problem).toBeUndefined()
})

test.skipIf(process.getuid?.() === 0)(
  'sees a folder without the right to write (needs a user other than root)',
  async () => {
    const dir = await tempDir()
    const health = new Health(await openStore(dir), 0)
    await chmod(dir, 0o500)
    onTestFinished(() => chmod(dir, 0o700))
    expect((await health.state()).problem).toContain('the data folder is not writable')
  },
)

test('tries at most once in the interval, for any number of callers', async () => {
  const dir = join(await tempDir(), 'runs')
  const health = new Health(await openStore(dir), 60_000)
  const [first, second] = await Promise.all([health.state(), health.state()])
  await rm(dir, { recursive: true })
  expect(second).toBe(first)
  expect(await health.state()).toBe(first)
})

test('counts a disk that does not answer as failing, until it answers', async () => {
  const dir = await tempDir()
  const health = new Health(await openStore(dir), 0, 20)
  const probe = join(dir, '.probe')
  // Writing to a FIFO waits for a reader.
  spawnSync('mkfifo', [probe])
  expect((await health.state()).problem).toContain('did not answer')
  await readFile(probe)
  await expect.poll(async () => (await health.state()).problem).toBeUndefined()
})

test('knows of failed writes between two tries, and recovers with the next one', async () => {
  const dir = await tempDir()
  const store = await openStore(dir)
  const health = new Health(store, 100)
  expect((await health.state()).problem).toBeUndefined()
  health.writeFailed(new StoreError('failed', 'expected at most 1 runs'))
  expect((await health.state()).problem).toBeUndefined()
  await rm(dir, { recursive: true })
  const failure = await store.setWriter('new', 'w', {}).catch((error: unknown) => error)
  health.writeFailed(failure)
  expect((await health.state()).problem).toBe('the last events could not be written')
  await mkdir(dir)
  await expect.poll(async () => (await health.state()).problem).toBeUndefined()
})
