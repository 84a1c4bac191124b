/** Small file systems for tests of full and read-only disks. They need the right to mount. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempDir } from './harness.ts'

export const canMount = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-mount-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0
  if (isMounted) spawnSync('umount', ['-l', folder])
  rmdirSync(folder)
  return isMounted
})()

/** A folder with an empty file system of this size, unmounted after the test. */
export async function mountTmpfs(size: string): Promise<string> {
  const disk = await tempDir()
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk])
  onTestFinished(() => void spawnSync('umount', ['-l', disk]))
  return disk
}
