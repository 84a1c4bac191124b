/** Finds a running server and sends it requests. */
import type { RunInfo, RunSummary } from '@wattline/trace'
import { CliError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import type { ServerFlags, ServerSettings } from '../input/settings.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
}

/** A Wattline server that answers. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string | undefined
}

/** End of the server's answer when it watches a folder that has no log yet. */
export const WATCHED_EMPTY = 'is watched, but contains no .jsonl file yet'

const ANSWER_WITHIN_MS = 1500
const OPEN_WITHIN_MS = 60_000
const PORTS_TO_ASK = 5

/** `http://127.0.0.1:9288`. A host that means all addresses of this machine becomes 127.0.0.1. */
export function baseUrl({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  const name = host === '0.0.0.0' || host === '::' || host === '' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/**
 * Finds the Wattline server at `url` or, without a URL, at the port of `address`. If another program
 * uses that port, the next ones are tried, as a server does that starts.
 */
export async function findServer(
  url: string | undefined,
  address: ServerAddress,
): Promise<RunningServer | undefined> {
  if (url !== undefined) return found(await probe(url, address.token))
  for (let tried = 0; tried < PORTS_TO_ASK; tried++) {
    const answer = await probe(baseUrl({ ...address, port: address.port + tried }), address.token)
    if (answer !== 'another program') return found(answer)
  }
  return undefined
}

/**
 * Finds the server that `--url` or WATTLINE_URL names, or else a running one. Returns undefined if
 * none is running, or if the flags ask for a server with a folder or address of its own.
 *
 * @throws {CliError} when the named server does not answer.
 */
export async function namedServer(
  flags: ServerFlags & { readonly url?: string },
  settings: ServerSettings,
  io: Pick<CliIo, 'env'>,
): Promise<RunningServer | undefined> {
  const named = flags.url ?? (io.env['WATTLINE_URL'] || undefined)
  const mayJoin = settings.port !== 0 && flags.dir === undefined && flags.host === undefined
  if (named === undefined && !mayJoin) return undefined
  const running = await findServer(named, settings)
  if (running !== undefined || named === undefined) return running
  throw new CliError(`No Wattline server answers at ${named}; start one with wattline serve.`)
}

/** The writers of a run; none if the run does not exist. */
export async function writersOf(server: RunningServer, run: string): Promise<RunInfo['writers']> {
  const info = await ask<RunInfo>(server, `/api/runs/${encodeURIComponent(run)}`)
  return info?.writers ?? []
}

/** Number of spans of a run; undefined if the server does not answer. */
export async function spansOf(server: RunningServer, run: string): Promise<number | undefined> {
  const path = `/api/runs/${encodeURIComponent(run)}/summary`
  return (await ask<RunSummary>(server, path))?.spans
}

/** Deletes a run. Does nothing if the server does not answer. */
export async function removeRun(server: RunningServer, run: string): Promise<void> {
  await ask(server, `/api/runs/${encodeURIComponent(run)}`, 'DELETE')
}

async function ask<T>(server: RunningServer, path: string, method = 'GET'): Promise<T | undefined> {
  try {
    const response = await fetch(server.url + path, {
      method,
      headers: authorization(server.token),
      signal: AbortSignal.timeout(OPEN_WITHIN_MS),
    })
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    // The server does not answer. Callers treat the result as unknown.
    return undefined
  }
}

/** Returns `url` if it names a server on this machine, which sees the same files. */
export function localUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname) ? url : undefined
}

type Answer = RunningServer | 'no answer' | 'another program'

function found(answer: Answer): RunningServer | undefined {
  return typeof answer === 'string' ? undefined : answer
}

async function probe(url: string, token: string | undefined): Promise<Answer> {
  const base = url.replace(/\/+$/, '')
  try {
    const response = await fetch(`${base}/healthz`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const health: unknown = await response.json()
    return isHealth(health) ? { url: base, token } : 'another program'
  } catch (error) {
    return isRefusal(error) ? 'no answer' : 'another program'
  }
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

/**
 * Makes a running server follow a file or folder.
 *
 * @param path absolute
 * @returns the id of its run; undefined for a folder that has no log yet
 * @throws {CliError} when the server refuses.
 */
export async function handOver(server: RunningServer, path: string): Promise<string | undefined> {
  let response: Response
  try {
    response = await fetch(`${server.url}/api/open`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization(server.token) },
      body: JSON.stringify({ path }),
      signal: AbortSignal.timeout(OPEN_WITHIN_MS),
    })
  } catch (error) {
    throw new CliError(
      `The server at ${server.url} stopped answering; start it again with wattline serve.`,
      {
        cause: error,
      },
    )
  }
  const text = await response.text()
  if (response.ok) return runIdIn(text)
  if (response.status === 401 || response.status === 403) {
    throw new CliError(
      `The server at ${server.url} requires a token; set --token or WATTLINE_TOKEN.`,
    )
  }
  const reason = reasonIn(text, response.status)
  if (reason.endsWith(WATCHED_EMPTY)) return undefined
  throw new CliError(`The server at ${server.url} cannot open ${path}: ${reason}.`)
}

/** The URL that shows a run or, without one, the dashboard. `openUrl` may contain a token. */
export function viewUrl(openUrl: string, run: string | undefined): string {
  const url = new URL(openUrl)
  if (run !== undefined) url.hash = `run=${encodeURIComponent(run)}`
  return url.href
}

/** {@link viewUrl} of a running server. */
export function viewUrlOf(server: RunningServer, run: string | undefined): string {
  const token = server.token === undefined ? '' : `?token=${encodeURIComponent(server.token)}`
  return viewUrl(`${server.url}/${token}`, run)
}

function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function isHealth(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === 'wattline'
}

function runIdIn(text: string): string {
  const { id } = JSON.parse(text) as { id?: unknown }
  if (typeof id !== 'string')
    throw new CliError('Expected the server to answer with the id of a run, got none.')
  return id
}

/** The reason in the body of an error response. */
function reasonIn(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Not JSON: the whole text is the reason.
  }
  return text === '' ? `it answered ${status}` : text
}
