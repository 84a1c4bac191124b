/** Opens a URL in the user's browser. A missing browser is not an error. */
import { spawn } from 'node:child_process'
import type { CliIo } from '../base/io.ts'

/** The program that opens a URL on this platform; undefined without a display or in CI. */
export function browserCommand(io: Pick<CliIo, 'env' | 'platform'>): readonly string[] | undefined {
  const { env, platform } = io
  if ((env['CI'] ?? '') !== '' && env['CI'] !== 'false') return undefined
  if ((env['BROWSER'] ?? '') === 'none') return undefined
  if (platform === 'darwin') return ['open']
  // The first quoted argument of `start` is the title of a window.
  if (platform === 'win32') return ['cmd', '/c', 'start', '""']
  const display = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== ''
  return display ? ['xdg-open'] : undefined
}

/** Resolves with true if a browser was started. */
export function openBrowser(url: string, io: Pick<CliIo, 'env' | 'platform'>): Promise<boolean> {
  const command = browserCommand(io)
  const [program, ...args] = command ?? []
  if (program === undefined) return Promise.resolve(false)
  // `cmd` would end the command at an unescaped `&`.
  const target = io.platform === 'win32' ? url.replaceAll('&', '^&') : url
  return new Promise((resolve) => {
    const options = { stdio: 'ignore', detached: true, windowsHide: true } as const
    const child = spawn(program, [...args, target], options)
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
