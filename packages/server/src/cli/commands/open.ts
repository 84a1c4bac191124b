/** `wattline open [FILE|DIR]…`: shows something in the server that runs already. */
import { openBrowser } from '../server/browser.ts'
import { CliError, usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { baseUrl, findServer, handOver, viewUrlOf } from '../server/running-server.ts'
import { type ServerFlags, serverSettings } from '../input/settings.ts'
import { targetsOf } from '../input/targets.ts'

export async function open(paths: readonly string[], flags: ServerFlags, io: CliIo): Promise<void> {
  const settings = serverSettings(flags, io)
  const told =
    flags.port === undefined && flags.host === undefined ? io.env['WATTLINE_URL'] : undefined
  const url = told === '' ? undefined : told
  const targets = await targetsOf(paths, io)
  if (targets.some(({ type }) => type === 'stream')) {
    throw usageError('wattline open takes files and folders; for a stream use wattline -.')
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
