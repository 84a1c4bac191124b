/** Tests the parts of the bootstrap: the content hash, the lock and the search for Chromium. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from './chromium.mjs'
import { withLock } from './lock.mjs'
import { contentHash } from './workspace.mjs'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wattline-lib-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

describe('contentHash', () => {
  const write = (name: string, text: string): void => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const hash = (): string => contentHash([path.relative(process.cwd(), folder)], process.cwd())

  it('changes with the contents and names of files, and with nothing else', () => {
    write('a/x.ts', 'one')
    const before = hash()
    write('a/x.ts', 'one')
    expect(hash()).toBe(before)
    write('a/x.ts', 'two')
    expect(hash()).not.toBe(before)
    write('a/x.ts', 'one')
    write('a/y.ts', '')
    expect(hash()).not.toBe(before)
    rmSync(path.join(folder, 'a/y.ts'))
    expect(hash()).toBe(before)
  })

  it('ignores tests and build outputs', () => {
    write('x.ts', 'one')
    const before = hash()
    write('x.test.ts', 'test')
    write('dist/x.js', 'built')
    write('node_modules/y/index.js', 'installed')
    expect(hash()).toBe(before)
  })

  it('treats a path that does not exist as empty', () => {
    expect(() => contentHash(['no-such-folder'], folder)).not.toThrow()
  })
})

describe('withLock', () => {
  it('runs one task at a time', async () => {
    const lock = path.join(folder, 'lock')
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise(setImmediate)
      inside--
    }
    await Promise.all([withLock(work, lock), withLock(work, lock), withLock(work, lock)])
    expect(most).toBe(1)
  })

  it('takes over the lock of a process that has died', async () => {
    const lock = path.join(folder, 'lock')
    // Higher than the highest process id of any platform.
    writeFileSync(lock, '999999999')
    let worked = false
    await withLock(async () => void (worked = true), lock)
    expect(worked).toBe(true)
  })

  it('releases the lock after a failure', async () => {
    const lock = path.join(folder, 'lock')
    const failing = withLock(() => Promise.reject(new Error('no')), lock)
    await expect(failing).rejects.toThrow('no')
    await expect(withLock(() => Promise.resolve(), lock)).resolves.toBeUndefined()
  })
})

describe('findChromium', () => {
  it('returns the path in WATTLINE_CHROMIUM', async () => {
    const file = path.join(folder, 'chromium')
    writeFileSync(file, '')
    await chmod(file, 0o755)
    vi.stubEnv('WATTLINE_CHROMIUM', file)
    expect(findChromium()).toBe(file)
  })

  it('throws when WATTLINE_CHROMIUM is not executable', () => {
    vi.stubEnv('WATTLINE_CHROMIUM', path.join(folder, 'absent'))
    expect(findChromium).toThrow(/WATTLINE_CHROMIUM is .*absent, which cannot be run/)
  })
})
