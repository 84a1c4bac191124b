import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tempDir } from '../../testing/harness.ts'
import { lockFolder } from './folder-lock.ts'

/** What `/proc` tells of a process: its state first. */
function statOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
}

test.runIf(process.platform === 'linux')(
  'a killed holder lets go, even while its parent has not asked for its end',
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
    await expect.poll(() => statOf(pid)[0]).toBe('Z')
    lockFolder(dir)()
  },
)

test('a lock that its holder has not written yet is respected, one that stayed so is not', async () => {
  const dir = await tempDir()
  const path = join(dir, '.lock')
  writeFileSync(path, '')
  expect(() => lockFolder(dir)).toThrow(/just starting is using it/)
  utimesSync(path, 0, 0)
  lockFolder(dir)()
})
