import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tempDir } from '../../testing/harness.ts'
import { lockFolder } from './folder-lock.ts'

/** Fields of `/proc/PID/stat` from the process state on. */
function statOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
}

test.runIf(process.platform === 'linux')(
  'replaces the lock of a killed process, also while it is a zombie',
  async () => {
    const dir = await tempDir()
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    onTestFinished(() => void parent.kill())
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(printed)
    onTestFinished(() => expect(() => statOf(pid)).not.toThrow())
    writeFileSync(join(dir, '.lock'), JSON.stringify({ pid, started: statOf(pid)[19] }))
    await expect(lockFolder(dir)).rejects.toThrow(`process ${pid}) is using it`)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => statOf(pid)[0], { timeout: 20_000 }).toBe('Z')
    ;(await lockFolder(dir)).release()
  },
)

test('respects an empty lock only while it is new', async () => {
  const dir = await tempDir()
  const path = join(dir, '.lock')
  writeFileSync(path, '')
  await expect(lockFolder(dir)).rejects.toThrow(/just starting is using it/)
  utimesSync(path, 0, 0)
  ;(await lockFolder(dir)).release()
})

/** Makes the pid of the namespace and the pid outside differ, as in a container. */
const UNSHARE = ['--pid', '--fork', '--mount-proc', '--kill-child']
const canUnshare = spawnSync('unshare', [...UNSHARE, 'true']).status === 0

test.skipIf(!canUnshare)(
  'respects the lock of a live process in another pid namespace, and replaces that of a dead one',
  async () => {
    const dir = await tempDir()
    const script = `
      import { lockFolder } from ${JSON.stringify(new URL('folder-lock.ts', import.meta.url).href)}
      await lockFolder(process.argv[2])
      console.log('locked', process.pid)
      setInterval(() => {}, 1000)`
    const path = join(dir, 'hold.mjs')
    writeFileSync(path, script)
    const loader = fileURLToPath(new URL('../../../../../scripts/run-ts.mjs', import.meta.url))
    const holder = spawn('unshare', [...UNSHARE, process.execPath, loader, path, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void holder.kill('SIGKILL'))
    const [printed] = (await once(holder.stdout, 'data')) as [Buffer]
    expect(printed.toString()).toContain('locked')
    await expect(lockFolder(dir)).rejects.toThrow(/is using it/)
    const ended = once(holder, 'exit')
    holder.kill('SIGKILL')
    await ended
    const lock = await lockFolder(dir)
    lock.assertHeld()
    lock.release()
  },
  60_000,
)

test('a holder that was suspended finds that another server has taken the folder', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const dir = await tempDir()
  const lock = await lockFolder(dir)
  writeFileSync(join(dir, '.lock'), JSON.stringify({ pid: 1, place: 'elsewhere', instance: 'x' }))
  vi.setSystemTime(Date.now() + 60_000)
  vi.advanceTimersByTime(6000)
  expect(() => lock.assertHeld()).toThrow(/another Wattline server has taken/)
  lock.release()
  expect(readFileSync(join(dir, '.lock'), 'utf8')).toContain('elsewhere')
})
