/** Finds a running server and sends it requests. */
import type { RunInfo, RunSummary } from '@wattline/trace'
import { codeOf } from '../../base/errors.ts'
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
  const { port, token } = address
  const nextPorts = Array.from({ length: PORTS_TO_ASK }, (_, tried) => port + tried)
  const urls =
    url === undefined ? nextPorts.map((next) => baseUrl({ ...address, port: next })) : [url]
  for (const each of urls) {
    const base = each.replace(/\/+$/, '')
    const listener = await listenerAt(base)
    if (listener === 'wattline') return { url: base, token }
    if (listener === 'nothing') return undefined
  }
  return undefined
}

/** Which program answers at a URL. */
async function listenerAt(url: string): Promise<'wattline' | 'another program' | 'nothing'> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const response = await fetch(`${url}/healthz`, { signal })
    const health = (await response.json()) as { name?: unknown } | null
    return health?.name === 'wattline' ? 'wattline' : 'another program'
  } catch (error) {
    const isRefused = error instanceof Error && codeOf(error.cause) === 'ECONNREFUSED'
    return isRefused ? 'nothing' : 'another program'
  }
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
    const response = await send(server, path, method)
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    // The server does not answer. Callers treat the result as unknown.
    return undefined
  }
}

function send({ url, token }: RunningServer, path: string, method: string, body?: object) {
  return fetch(url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(OPEN_WITHIN_MS),
  })
}

/** Returns `url` if it names a server on this machine, which sees the same files. */
export function localUrl(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname) ? url : undefined
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
    response = await send(server, '/api/open', 'POST', { path })
  } catch (error) {
    throw new CliError(
      `The server at ${server.url} stopped answering; start it again with wattline serve.`,
      { cause: error },
    )
  }
  const text = await response.text()
  const { id, error } = fieldsOf(text)
  if (response.ok) {
    if (typeof id === 'string') return id
    throw new CliError('Expected the server to answer with the id of a run, got none.')
  }
  if (response.status === 401 || response.status === 403) {
    throw new CliError(
      `The server at ${server.url} requires a token; set --token or WATTLINE_TOKEN.`,
    )
  }
  const reason = typeof error === 'string' ? error : text || `it answered ${response.status}`
  if (reason.endsWith(WATCHED_EMPTY)) return undefined
  throw new CliError(`The server at ${server.url} cannot open ${path}: ${reason}.`)
}

/** The fields of a JSON object; none of a text that is not JSON. */
function fieldsOf(text: string): { readonly id?: unknown; readonly error?: unknown } {
  try {
    return JSON.parse(text) as object
  } catch {
    return {}
  }
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
