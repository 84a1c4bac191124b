import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { browserCommand, openBrowser } from './browser.ts'

test.each([
  ['linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
  ['linux', {}, undefined],
  ['linux', { DISPLAY: ':0', CI: 'true' }, undefined],
  ['linux', { DISPLAY: ':0', CI: 'false' }, ['xdg-open']],
  ['linux', { DISPLAY: ':0', BROWSER: 'none' }, undefined],
  ['darwin', {}, ['open']],
  ['win32', {}, ['cmd', '/c', 'start', '""']],
] as const)('chooses the program on %s with %j', (platform, env, command) => {
  expect(browserCommand({ platform, env })).toEqual(command)
})

test.runIf(process.platform === 'linux')(
  'starts the program of the desktop, and does not fail without it',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wattline-browser-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    onTestFinished(() => void vi.unstubAllEnvs())
    const io = { platform: 'linux', env: { DISPLAY: ':0' } } as const
    vi.stubEnv('PATH', dir)
    expect(await openBrowser('http://127.0.0.1:9288/', io)).toBe(false)

    const opened = join(dir, 'opened')
    await writeFile(
      join(dir, 'xdg-open'),
      `#!/bin/sh\necho "$1" > ${opened}.part && /bin/mv ${opened}.part ${opened}\n`,
    )
    await chmod(join(dir, 'xdg-open'), 0o755)
    const written = new Promise<void>((resolve) => {
      const watcher = watch(dir, (_event, name) => {
        if (name !== 'opened') return
        watcher.close()
        resolve()
      })
    })
    expect(await openBrowser('http://127.0.0.1:9288/#run=a&t0=1', io)).toBe(true)
    await written
    expect(await readFile(opened, 'utf8')).toBe('http://127.0.0.1:9288/#run=a&t0=1\n')
  },
)
