/** `wattline open [FILE|DIR]…`: shows the dashboard, a log or a folder in the running server. */
import { openBrowser } from '../server/browser.ts'
import { CliError, usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { showTarget } from '../record/show-target.ts'
import { baseUrl, findServer, viewOf } from '../server/running-server.ts'
import { type ServerFlags, serverSettings } from '../input/settings.ts'
import { targetsOf } from '../input/targets.ts'

export async function open(paths: readonly string[], flags: ServerFlags, io: CliIo): Promise<void> {
  const settings = serverSettings(flags, io)
  const isAddressGiven = flags.port !== undefined || flags.host !== undefined
  const url = isAddressGiven ? undefined : io.env['WATTLINE_URL'] || undefined
  const targets = await targetsOf(paths, io)
  if (targets.some(({ type }) => type === 'stream')) {
    throw usageError('wattline open expects files and folders; use wattline - to read a stream.')
  }
  const running = await findServer(url, settings, io)
  if (running === undefined) {
    throw new CliError(
      `No Wattline server answers at ${url ?? baseUrl(settings)}; start one with wattline serve.`,
    )
  }
  let run: string | undefined
  for (const target of targets) run = await showTarget(running, target, io)
  const view = await viewOf(running, targets.length === 1 ? run : undefined)
  io.stdout.write(`${view.url}\n`)
  if (flags.open !== false) await openBrowser(view.browserUrl, io)
}
