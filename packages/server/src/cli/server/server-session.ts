/** Runs a server in this process: store, watched files, messages to the user and stop signals. */
import { once } from 'node:events'
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

/** How many numbered default folders are tried while other servers use them. */
const MAX_DEFAULT_DIRS = 20

export interface ServerSession {
  readonly server: WattlineServer
  readonly files: LogFiles
  readonly dir: string
  /** Prints a line for the user. */
  readonly say: (line: string) => void
}

/** The address of the server of this process. */
export function runningOf({ server }: ServerSession): RunningServer {
  return { url: server.url, token: server.token }
}

/** Starts the server and follows the files and folders of `targets`. */
export async function startSession(
  settings: ServerSettings,
  targets: readonly Target[],
  io: CliIo,
): Promise<ServerSession & { readonly opened: readonly RunInfo[] }> {
  const style = styleFor(io.stderr, io.env)
  const isJson = settings.logFormat === 'json'
  const logger = isJson ? jsonLogger(io.stderr) : textLogger(io.stderr, style)
  const say = isJson ? logger : (line: string) => void io.stderr.write(`${line}\n`)
  const files = new LogFiles({ log: logger })
  const opened: RunInfo[] = []
  try {
    for (const target of targets) {
      if (target.hint !== undefined) say(`${style.yellow('!')} ${target.hint}`)
      if (target.type === 'stream') continue
      opened.push(...(await openTarget(files, target)))
    }
    const { server, dir } = await listen(settings, files, logger)
    return { server, files, dir, say, opened }
  } catch (error) {
    await files.close()
    throw error
  }
}

/** Prints the banner and opens a browser if `view.open` is set. */
export async function announce(
  session: ServerSession,
  settings: ServerSettings,
  targets: readonly Target[],
  view: { readonly run: string | undefined; readonly open: boolean },
  io: CliIo,
): Promise<void> {
  const { server, dir, say } = session
  const { port } = settings
  const url = viewUrl(server.openUrl, view.run)
  // JSON logs are often collected, so they contain the URL without the token.
  if (settings.logFormat === 'json') say(`listening on ${server.url}`)
  else {
    const banner: BannerInfo = {
      url,
      apiUrl: server.url,
      token: server.token,
      busyPort: port !== 0 && server.port !== port ? port : undefined,
      dir: tildePath(dir, io),
      shown: targets.map((target) => describeTarget(target, io)),
    }
    say(serverBanner(banner, styleFor(io.stderr, io.env)))
  }
  if (view.open) await openBrowser(url, io)
}

/**
 * Waits for a stop signal, then closes the server.
 *
 * @param beforeClose awaited before the server closes
 */
export async function runUntilStopped(
  session: ServerSession,
  io: CliIo,
  beforeClose: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const signal = io.stopSignal()
  if (!signal.aborted) await once(signal, 'abort')
  io.stdin.destroy()
  await beforeClose()
  await session.server.close()
  session.say('Stopped. All received events are stored.')
}

/** Returns the runs of a file; none for a folder, of whose runs none is shown first. */
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
  logger: Logger,
): Promise<{ server: WattlineServer; dir: string }> {
  for (let attempt = 1; ; attempt++) {
    const dir = attempt === 1 ? settings.dir : `${settings.dir}-${attempt}`
    try {
      return { server: await createServer(serverOptions(settings, dir, files, logger)), dir }
    } catch (error) {
      // Another server uses the folder. If it is the default one, the next is tried.
      const isTaken = error instanceof Error && error.message.includes('is using it')
      if (isTaken && !settings.dirIsGiven && attempt < MAX_DEFAULT_DIRS) continue
      throw startError(error, settings, dir)
    }
  }
}

function serverOptions(
  settings: ServerSettings,
  dir: string,
  files: LogFiles,
  logger: Logger,
): ServerOptions {
  const { host, port, token, fsync, keepRuns, maxDiskBytes } = settings
  return {
    dir,
    host,
    port,
    fsync,
    log: logger,
    sources: [files],
    openFile: (path) => handleOpen(files, path),
    ...(token === undefined ? {} : { token }),
    ...(keepRuns === undefined ? {} : { keep: keepRuns }),
    ...(maxDiskBytes === undefined ? {} : { maxDiskBytes }),
  }
}

/** Handles `POST /api/open`, which a second `wattline FILE` sends. */
async function handleOpen(files: LogFiles, path: string): Promise<RunInfo> {
  const { type, runs } = await files.open(path)
  const [latest] = runs
  if (latest !== undefined) return latest
  throw new CliError(type === 'folder' ? `${path} ${WATCHED_EMPTY}` : `${path} cannot be read`)
}

/** Why the server did not start, as one sentence. */
function startError(error: unknown, { host, port }: ServerSettings, dir: string): Error {
  if (!(error instanceof Error)) return new CliError(String(error))
  const cause = error.cause instanceof Error ? error.cause : error
  const code = 'code' in cause ? String(cause.code) : ''
  const call = 'syscall' in cause ? String(cause.syscall) : ''
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new CliError(`--host ${host} is not an address of this machine.`, { cause: error })
  }
  if (code === 'EACCES' && call === 'listen') {
    return new CliError(
      `No permission to listen on port ${port}; choose one above 1023 with --port.`,
      {
        cause: error,
      },
    )
  }
  if (code === 'EADDRINUSE') {
    return new CliError(`Port ${port} and the next ones are busy; choose another with --port.`, {
      cause: error,
    })
  }
  if (code !== '' && call !== 'listen') return fileError('store runs in', dir, cause)
  return new CliError(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, {
    cause: error,
  })
}

/** Logs one JSON object per line: `time` (ISO 8601), `message`, `run` and `writer`. */
function jsonLogger(out: Output): Logger {
  return (message, { run, writer } = {}) => {
    const time = new Date().toISOString()
    out.write(`${JSON.stringify({ time, message, run, writer })}\n`)
  }
}

function textLogger(out: Output, style: Style): Logger {
  return (line, about) => {
    out.write(`${style.dim(`${subjectText(about)}${line}`)}\n`)
  }
}

function subjectText({ run, writer }: LogSubject = {}): string {
  if (run === undefined) return ''
  return writer === undefined ? `run ${run}: ` : `run ${run}, writer ${writer}: `
}
