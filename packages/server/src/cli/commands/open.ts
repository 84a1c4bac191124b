/** `wattline open [FILE|DIR]…`: shows the dashboard, a log or a folder in the running server. */
import { openBrowser } from '../server/browser.ts'
import { CliError, usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { baseUrl, findServer, handOver, viewUrlOf } from '../server/running-server.ts'
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
  const running = await findServer(url, settings)
  if (running === undefined) {
    throw new CliError(
      `No Wattline server answers at ${url ?? baseUrl(settings)}; start one with wattline serve.`,
    )
  }
  let run: string | undefined
  for (const { path } of targets) run = await handOver(running, path)
  const view = viewUrlOf(running, targets.length === 1 ? run : undefined)
  io.stdout.write(`${view}\n`)
  if (flags.open !== false) await openBrowser(view, io)
}
