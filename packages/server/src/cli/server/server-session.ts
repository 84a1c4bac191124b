/**
 * One server of this process from its start to its clean end: the store, the files shown besides,
 * what the person is told, and the signals that stop it.
 */
import { LogFiles } from '../../files/log-files.ts'
import type { ServerOptions, WattlineServer } from '../../options.ts'
import type { Logger, LogSubject } from '../../runs/context.ts'
import type { RunInfo } from '@wattline/trace'
import { createServer } from '../../server.ts'
import { openBrowser } from './browser.ts'
import { CliError, fileError } from '../base/errors.ts'
import type { CliIo, Output } from '../base/io.ts'
import { type RunningServer, viewUrl, WATCHED_EMPTY } from './running-server.ts'
import { type ServerSettings, tildePath } from '../input/settings.ts'
import { serverBanner, type BannerInfo } from './banner.ts'
import { describeTarget, type Target } from '../input/targets.ts'
import { type Style, styleFor } from '../base/terminal.ts'

/** How many folders beside the default one are tried when other servers use them. */
const MAX_DEFAULT_DIRS = 20

export interface ServerSession {
  readonly server: WattlineServer
  readonly files: LogFiles
  readonly dir: string
  /** Tells the person something beside the data. */
  readonly say: (line: string) => void
}

/** This process's own server, seen as any other. */
export function runningOf({ server }: ServerSession): RunningServer {
  return { url: server.url, token: server.token }
}

/** Starts the server; files and folders among `targets` are followed from the start. */
export async function startSession(
  settings: ServerSettings,
  targets: readonly Target[],
  io: CliIo,
): Promise<ServerSession & { readonly opened: readonly RunInfo[] }> {
  const style = styleFor(io.stderr, io.env)
  const log = settings.logForm === 'json' ? jsonLog(io.stderr) : textLog(io.stderr, style)
  const say =
    settings.logForm === 'json' ? log : (line: string) => void io.stderr.write(`${line}\n`)
  const files = new LogFiles({ log })
  const opened: RunInfo[] = []
  try {
    for (const target of targets) {
      if (target.note !== undefined) say(`${style.yellow('!')} ${target.note}`)
      if (target.type === 'stream') continue
      opened.push(...(await openTarget(files, target)))
    }
    const { server, dir } = await listen(settings, files, log)
    return { server, files, dir, say, opened }
  } catch (error) {
    await files.close()
    throw error
  }
}

/** Prints where the server is and how to use it, and opens a browser if that is wanted. */
export async function announce(
  session: ServerSession,
  settings: ServerSettings,
  targets: readonly Target[],
  view: { readonly run: string | undefined; readonly open: boolean },
  io: CliIo,
): Promise<void> {
  const { server } = session
  const url = viewUrl(server.openUrl, view.run)
  // Collected logs are read by many, so they get the address without the token.
  if (settings.logForm === 'json') session.say(`listening on ${server.url}`)
  else
    session.say(
      serverBanner(bannerInfo(session, settings, targets, url, io), styleFor(io.stderr, io.env)),
    )
  if (view.open) await openBrowser(url, io)
}

function bannerInfo(
  { server, dir }: ServerSession,
  { port }: ServerSettings,
  targets: readonly Target[],
  url: string,
  io: CliIo,
): BannerInfo {
  return {
    url,
    apiUrl: server.url,
    token: server.token,
    busyPort: port !== 0 && server.port !== port ? port : undefined,
    dir: tildePath(dir, io),
    shown: targets.map((target) => describeTarget(target, io)),
  }
}

/**
 * Resolves when a signal has come and everything is closed in order.
 *
 * @param beforeClose what has to end before the server does.
 */
export async function runUntilStopped(
  session: ServerSession,
  io: CliIo,
  beforeClose: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const signal = io.stopSignal()
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
  io.stdin.destroy()
  await beforeClose()
  await session.server.close()
  session.say('Stopped; everything received is kept.')
}

/** Runs of a file; a folder's are many and none is the one to show. */
async function openTarget(files: LogFiles, { path, given }: Target): Promise<readonly RunInfo[]> {
  try {
    const { type, runs } = await files.open(path)
    return type === 'file' ? runs : []
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!code.startsWith('Z_')) throw fileError('open', given, error)
    const reason = error instanceof Error ? error.message : code
    throw new CliError(`Cannot unzip ${given}: ${reason}.`, { cause: error })
  }
}

async function listen(
  settings: ServerSettings,
  files: LogFiles,
  log: Logger,
): Promise<{ server: WattlineServer; dir: string }> {
  for (let attempt = 1; ; attempt++) {
    const dir = attempt === 1 ? settings.dir : `${settings.dir}-${attempt}`
    try {
      return { server: await createServer(serverOptions(settings, dir, files, log)), dir }
    } catch (error) {
      // Another server has the folder. One that nobody asked for gives way to the next.
      const isTaken = error instanceof Error && error.message.includes('is using it')
      if (isTaken && !settings.dirIsGiven && attempt < MAX_DEFAULT_DIRS) continue
      throw readable(error, settings, dir)
    }
  }
}

function serverOptions(
  settings: ServerSettings,
  dir: string,
  files: LogFiles,
  log: Logger,
): ServerOptions {
  const { host, port, token, fsync, keepRuns, maxDiskBytes } = settings
  return {
    dir,
    host,
    port,
    fsync,
    log,
    sources: [files],
    openFile: (path) => openForOthers(files, path),
    ...(token === undefined ? {} : { token }),
    ...(keepRuns === undefined ? {} : { keep: keepRuns }),
    ...(maxDiskBytes === undefined ? {} : { maxDiskBytes }),
  }
}

/** `POST /api/open`: a second `wattline FILE` hands its file over. */
async function openForOthers(files: LogFiles, path: string): Promise<RunInfo> {
  const { type, runs } = await files.open(path)
  const [latest] = runs
  if (latest !== undefined) return latest
  throw new CliError(type === 'folder' ? `${path} ${WATCHED_EMPTY}` : `${path} cannot be read`)
}

/** Why the server did not start, as one sentence. */
function readable(error: unknown, { host, port }: ServerSettings, dir: string): Error {
  if (!(error instanceof Error)) return new CliError(String(error))
  const cause = error.cause instanceof Error ? error.cause : error
  const code = 'code' in cause ? String(cause.code) : ''
  const call = 'syscall' in cause ? String(cause.syscall) : ''
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new CliError(`--host ${host} is no address of this machine.`, { cause: error })
  }
  if (code === 'EACCES' && call === 'listen') {
    return new CliError(`You may not listen on port ${port}; choose one above 1023 with --port.`, {
      cause: error,
    })
  }
  if (code === 'EADDRINUSE') {
    return new CliError(`Port ${port} and those behind it are busy; choose another with --port.`, {
      cause: error,
    })
  }
  if (code !== '' && call !== 'listen') return fileError('keep runs in', dir, cause)
  return new CliError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, {
    cause: error,
  })
}

/** One JSON object a line: `time` (ISO 8601), `message`, and what it is about. */
function jsonLog(out: Output): Logger {
  return (message, { run, writer } = {}) => {
    const time = new Date().toISOString()
    out.write(`${JSON.stringify({ time, message, run, writer })}\n`)
  }
}

function textLog(out: Output, style: Style): Logger {
  return (line, about) => {
    out.write(`${style.dim(`${subjectText(about)}${line}`)}\n`)
  }
}

function subjectText({ run, writer }: LogSubject = {}): string {
  if (run === undefined) return ''
  return writer === undefined ? `run ${run}: ` : `run ${run}, writer ${writer}: `
}
