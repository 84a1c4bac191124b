/** Runs a server in this process: store, watched files, messages to the user and stop signals. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { lstat } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { stateDir } from '../../default-dir.ts'
import { agentSessionTest } from '../../files/agent-folders.ts'
import { kindOfLog } from '../../files/converted.ts'
import { LogFiles } from '../../files/log-files.ts'
import { binaryReason, isContainer, isLog, readHead, sniff } from '../../files/sniff.ts'
import type { ServerOptions, WattlineServer } from '../../options.ts'
import type { Logger, LogSubject } from '../../runs/context.ts'
import { type RunInfo, showHidden } from '@wattline/trace'
import { createServer } from '../../server.ts'
import { openBrowser } from './browser.ts'
import { codeOf, messageOf } from '../../base/errors.ts'
import { FolderInUseError } from '../../storage/folder/folder-lock.ts'
import { CliError, fileError, orFileError } from '../base/errors.ts'
import type { CliIo, Output } from '../base/io.ts'
import { viewUrl, WATCHED_EMPTY } from './running-server.ts'
import { type ServerSettings, tildePath } from '../input/settings.ts'
import { serverBanner } from './banner.ts'
import { saveKeys } from './keys.ts'
import { describeTarget, type Target } from '../input/targets.ts'
import { styleFor } from '../base/terminal.ts'

/** How many numbered default folders are tried while other servers use them. */
const MAX_DEFAULT_DIRS = 20
/** Codes of errors about the address to listen on. */
const HOST_CODES: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'])

export interface ServerSession {
  readonly server: WattlineServer
  readonly files: LogFiles
  readonly settings: ServerSettings
  readonly io: CliIo
  /** Differs from that of the settings if another server uses the default folder. */
  readonly dir: string
  /** Closes the server. */
  readonly close: () => Promise<void>
  /** Prints a line for the user. */
  readonly say: (line: string) => void
}

/** Starts the server and follows the files and folders of `targets`. */
export async function startSession(
  settings: ServerSettings,
  targets: readonly Target[],
  io: CliIo,
): Promise<ServerSession & { readonly opened: readonly RunInfo[] }> {
  const style = styleFor(io.stderr, io.env)
  const isJson = settings.logFormat === 'json'
  const logger = isJson ? jsonLogger(io.stderr) : textLogger(io.stderr, style.dim)
  const say = isJson ? logger : textLogger(io.stderr, (line) => line)
  const files = new LogFiles({
    log: logger,
    notesDir: join(stateDir(io), 'notes'),
    isSecret: agentSessionTest(io.env),
  })
  const opened: RunInfo[] = []
  try {
    for (const target of targets) {
      if (target.hint !== undefined) say(`! ${target.hint}`)
      if (target.type === 'stream') continue
      opened.push(...(await openTarget(files, target, say)))
    }
    return { ...(await listen(settings, files, logger, io)), files, settings, io, say, opened }
  } catch (error) {
    await files.close()
    throw error
  }
}

/** Prints the banner and opens a browser if `view.open` is set. */
export async function announce(
  { server, dir, say, settings, io }: ServerSession,
  targets: readonly Target[],
  view: { readonly run: string | undefined; readonly open: boolean },
): Promise<void> {
  const { port } = settings
  const url = viewUrl(server.openUrl, view.run)
  // JSON logs are often collected, so they contain the URL without the token.
  if (settings.logFormat === 'json') say(`listening on ${server.url}`)
  else {
    const banner = {
      url,
      apiUrl: server.url,
      token: server.token,
      busyPort: port !== 0 && server.port !== port ? port : undefined,
      dir: tildePath(dir, io),
      shown: targets.map((target) => describeTarget(target, io)),
    }
    io.stderr.write(`${serverBanner(banner, styleFor(io.stderr, io.env))}\n`)
  }
  if (view.open) await openBrowser(viewUrl(server.browserUrl(), view.run), io)
}

/**
 * Waits for a stop signal, then closes the server.
 *
 * @param playing awaited before the server closes
 */
export async function runUntilStopped(
  { close, say, io }: ServerSession,
  playing?: Promise<void>,
): Promise<void> {
  const signal = io.stopSignal()
  if (!signal.aborted) await once(signal, 'abort')
  io.stdin.destroy()
  await playing
  await close()
  say('Stopped. All received events are stored.')
}

/** The runs of a folder with thousands of logs appear while the server runs already. */
const FOLDER_SCAN_MS = 400

/** Returns the runs of a file; none for a folder, of whose runs none is shown first. */
async function openTarget(
  files: LogFiles,
  { path, given, type }: Target,
  say: (line: string) => void,
): Promise<readonly RunInfo[]> {
  const opening = orFileError('open', given, files.open(path))
  if (type === 'file') return (await opening).runs
  const waiting = new AbortController()
  const deadline = setTimeout(FOLDER_SCAN_MS, undefined, { signal: waiting.signal, ref: false })
  try {
    await Promise.race([opening, deadline])
  } finally {
    waiting.abort()
    deadline.catch(() => undefined)
  }
  // Only an error after the deadline has no other way to the user.
  opening.catch((error: unknown) => say(messageOf(error)))
  return []
}

async function listen(
  settings: ServerSettings,
  files: LogFiles,
  logger: Logger,
  io: CliIo,
): Promise<Pick<ServerSession, 'server' | 'dir' | 'close'>> {
  const secret = randomBytes(32).toString('base64url')
  for (let attempt = 1; ; attempt++) {
    const dir = attempt === 1 ? settings.dir : `${settings.dir}-${attempt}`
    const options: ServerOptions = {
      ...settings,
      dir,
      log: logger,
      sources: [files],
      opening: { secret, openFile: (path) => handleOpen(files, path) },
      isPrivate: () => files.isPrivate,
    }
    try {
      const server = await createServer(options)
      return { server, dir, close: await withKeys(server, secret, logger, io) }
    } catch (error) {
      const mayTryNext = !settings.dirIsGiven && attempt < MAX_DEFAULT_DIRS
      if (error instanceof FolderInUseError && mayTryNext) continue
      throw startError(error, settings, dir)
    }
  }
}

/** Saves the keys of the server. Returns a function that closes it and removes them. */
async function withKeys(
  server: WattlineServer,
  secret: string,
  logger: Logger,
  io: CliIo,
): Promise<() => Promise<void>> {
  try {
    const remove = await saveKeys(server.port, { secret, token: server.ownerToken }, io)
    return async () => {
      await remove()
      await server.close()
    }
  } catch (error) {
    logger(`Commands cannot open files in this server: ${messageOf(error)}`)
    return () => server.close()
  }
}

/** Handles `POST /api/open`, which a second `wattline FILE` sends. The path contains no links. */
async function handleOpen(files: LogFiles, path: string): Promise<RunInfo> {
  if (!(await lstat(path)).isDirectory()) {
    const root = parse(path).root
    const head = await readHead(path, root)
    if (sniff(head) === 'binary' && !isContainer(head)) {
      throw new CliError(binaryReason(path, head))
    }
    if (!isLog(head) && typeof (await kindOfLog(path, root)) === 'string')
      throw new CliError(`${path} is not a log: no line at its start is an event`)
  }
  const { type, runs } = await files.open(path)
  const [latest] = runs
  if (latest !== undefined) return latest
  throw new CliError(type === 'folder' ? `${path} ${WATCHED_EMPTY}` : `${path} cannot be read`)
}

/** Why the server did not start, as one sentence. */
function startError(error: unknown, { host, port }: ServerSettings, dir: string): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = codeOf(cause)
  const isListening = (cause as NodeJS.ErrnoException).syscall === 'listen'
  const failed = (message: string) => new CliError(message, { cause: error })
  if (HOST_CODES.has(code)) return failed(`--host ${host} is not an address of this machine.`)
  if (code === 'EACCES' && isListening) {
    return failed(`No permission to listen on port ${port}; choose one above 1023 with --port.`)
  }
  if (code === 'EADDRINUSE') {
    return failed(`Port ${port} and the next ones are busy; choose another with --port.`)
  }
  if (code !== '' && !isListening) return fileError('store runs in', dir, cause)
  const message = messageOf(error)
  return failed(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`)
}

/** Logs one JSON object per line: `time` (ISO 8601), `message`, `run` and `writer`. */
function jsonLogger(out: Output): Logger {
  return (message, { run, writer } = {}) => {
    const time = new Date().toISOString()
    // Only ASCII: JSON escapes neither C1 controls nor marks that change the direction of writing.
    const json = JSON.stringify({ time, message, run, writer }).replace(
      /[\u007f-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    out.write(`${json}\n`)
  }
}

/** Lines contain addresses and names from others. Each line feed is indented, so none forges a line. */
function textLogger(out: Output, paint: (text: string) => string): Logger {
  return (line, about) => {
    const text = showHidden(`${subjectText(about)}${line}`).replaceAll('\n', '\n    ')
    out.write(`${paint(text)}\n`)
  }
}

function subjectText({ run, writer }: LogSubject = {}): string {
  if (run === undefined) return ''
  return writer === undefined ? `run ${run}: ` : `run ${run}, writer ${writer}: `
}
