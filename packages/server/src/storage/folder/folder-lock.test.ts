import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
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
    expect(() => lockFolder(dir)).toThrow(`process ${pid}) is using it`)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => statOf(pid)[0], { timeout: 20_000 }).toBe('Z')
    lockFolder(dir)()
  },
)

test('respects an empty lock only while it is new', async () => {
  const dir = await tempDir()
  const path = join(dir, '.lock')
  writeFileSync(path, '')
  expect(() => lockFolder(dir)).toThrow(/just starting is using it/)
  utimesSync(path, 0, 0)
  lockFolder(dir)()
})
