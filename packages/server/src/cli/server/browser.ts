/** Opens a URL in the person's browser, where there is one; never a reason to fail. */
import { spawn } from 'node:child_process'
import type { CliIo } from '../base/io.ts'

/** The program that opens a URL here, or undefined where no one would see a browser. */
export function browserCommand(io: Pick<CliIo, 'env' | 'platform'>): readonly string[] | undefined {
  const { env, platform } = io
  if ((env['CI'] ?? '') !== '' && env['CI'] !== 'false') return undefined
  if ((env['BROWSER'] ?? '') === 'none') return undefined
  if (platform === 'darwin') return ['open']
  // `start` takes its first quoted argument for a window title, hence the empty one.
  if (platform === 'win32') return ['cmd', '/c', 'start', '""']
  const display = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== ''
  return display ? ['xdg-open'] : undefined
}

/** Resolves with whether a browser was asked to open `url`. */
export function openBrowser(url: string, io: Pick<CliIo, 'env' | 'platform'>): Promise<boolean> {
  const command = browserCommand(io)
  const [program, ...args] = command ?? []
  if (program === undefined) return Promise.resolve(false)
  return new Promise((resolve) => {
    const child = spawn(
      program,
      [...args, io.platform === 'win32' ? url.replaceAll('&', '^&') : url],
      {
        stdio: 'ignore',
        detached: true,
        windowsHide: true,
      },
    )
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
