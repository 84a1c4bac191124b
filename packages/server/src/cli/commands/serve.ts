/** `wattline [FILE|DIR|-]…` and `wattline serve`. */
import { showHidden } from '@wattline/trace'
import type { CliIo } from '../base/io.ts'
import { openBrowser } from '../server/browser.ts'
import { usageError } from '../base/errors.ts'
import { RunWriter } from '../record/run-writer.ts'
import { findServer, localUrl, type RunningServer, viewOf } from '../server/running-server.ts'
import { announce, runUntilStopped, startSession } from '../server/server-session.ts'
import { type ServerFlags, serverSettings, wantsOwnServer } from '../input/settings.ts'
import { showTarget } from '../record/show-target.ts'
import { relayToStore, relayTo, streamOf, streamRunId } from '../record/stream-run.ts'
import { type Target, targetsOf } from '../input/targets.ts'

/** `wattline`: shows its paths in the running server, or starts a server if none is running. */
export async function serveAndOpen(
  paths: readonly string[],
  flags: ServerFlags,
  io: CliIo,
  commands: readonly string[],
): Promise<void> {
  const settings = serverSettings(flags, io)
  const targets = await targetsOf(paths, io, commands)
  const url = flags.port === undefined ? localUrl(io.env['WATTLINE_URL']) : undefined
  const running = wantsOwnServer(flags) ? undefined : await findServer(url, settings, io)
  if (running === undefined) await serveTargets(targets, flags, flags.open ?? true, io)
  else await join(running, targets, flags.open ?? true, io)
}

/** `wattline serve`: always starts a server. */
export async function serve(
  paths: readonly string[],
  flags: ServerFlags & { readonly demo?: boolean },
  io: CliIo,
): Promise<void> {
  const targets = await targetsOf(paths, io)
  if (flags.demo === true) {
    const { serveDemo } = await import('./demo-server.ts')
    await serveDemo(targets, flags, io)
  } else {
    await serveTargets(targets, flags, flags.open ?? false, io)
  }
}

async function serveTargets(
  targets: readonly Target[],
  flags: ServerFlags,
  open: boolean,
  io: CliIo,
): Promise<void> {
  const stop = io.stopSignal()
  const session = await startSession(serverSettings(flags, io), targets, io)
  const streams = targets.filter(({ type }) => type === 'stream')
  const relayed = streams.map((target) => ({ target, run: streamRunId(target, io) }))
  const only = targets.length === 1 ? (session.opened[0]?.id ?? relayed[0]?.run) : undefined
  await announce(session, targets, { run: only, open })
  for (const { target, run } of relayed) {
    void relayToStore(streamOf(target, io), session.server.store, run, target, stop, session.say)
  }
  await runUntilStopped(session)
}

/** Hands the targets to the running server, prints its URL and ends after a relayed stream. */
async function join(
  running: RunningServer,
  targets: readonly Target[],
  open: boolean,
  io: CliIo,
): Promise<void> {
  const [stream, ...more] = targets.filter(({ type }) => type === 'stream')
  if (more.length > 0) throw usageError('Only one stream can be sent to a running server.')
  const streamRun = stream && streamRunId(stream, io)
  let run: string | undefined
  for (const target of targets) {
    if (target.hint !== undefined) io.stderr.write(`${showHidden(target.hint)}\n`)
    run = target === stream ? streamRun : await showTarget(running, target, io)
  }
  const { url, browserUrl } = await viewOf(running, targets.length === 1 ? run : undefined)
  io.stderr.write(`Wattline is already running${targets.length === 0 ? '' : '; shown'} at\n`)
  io.stdout.write(`${url}\n`)
  if (open) await openBrowser(browserUrl, io)
  if (stream === undefined || streamRun === undefined) return
  const name = stream.given === '-' ? 'stdin' : stream.given
  const client = new RunWriter({ ...running, run: streamRun, name })
  await relayTo(client, streamOf(stream, io), name, io.stopSignal())
}
