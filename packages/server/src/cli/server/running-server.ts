/** Finds a running server and sends it requests. */
import { randomBytes } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import type { RunInfo, RunSummary } from '@wattline/trace'
import { codeOf } from '../../base/errors.ts'
import { isSameProof, pathProof, serverProof } from '../../http/proof.ts'
import { CliError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { type ServerFlags, type ServerSettings, wantsOwnServer } from '../input/settings.ts'
import { readKeys } from './keys.ts'

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
  /** With it, the server opens files; undefined unless this user started the server. */
  readonly secret?: string | undefined
}

/** End of the server's answer when it watches a folder that has no log yet. */
export const WATCHED_EMPTY = 'is watched, but contains no .jsonl file yet'

const ANSWER_WITHIN_MS = 1500
const OPEN_WITHIN_MS = 60_000
const FIGURES_WITHIN_MS = 5_000
const PORTS_TO_ASK = 5

/** `http://127.0.0.1:9288`. A host that means all addresses of this machine becomes 127.0.0.1. */
export function baseUrl({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  const name = host === '0.0.0.0' || host === '::' || host === '' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/**
 * Finds the Wattline server at `url` or, without a URL, at the port of `address`. If another program
 * uses that port, the next ones are tried, as a server does that starts.
 *
 * @throws {CliError} when a token is set, and the program on this machine does not know it.
 */
export async function findServer(
  url: string | undefined,
  address: ServerAddress,
  io: Pick<CliIo, 'env' | 'platform'>,
): Promise<RunningServer | undefined> {
  const { port } = address
  const nextPorts = Array.from({ length: PORTS_TO_ASK }, (_, tried) => port + tried)
  const urls =
    url === undefined ? nextPorts.map((next) => baseUrl({ ...address, port: next })) : [url]
  for (const each of urls) {
    const base = each.replace(/\/+$/, '')
    const listener = await listenerAt(base)
    if (listener === 'wattline') return await recognized(base, address.token, io)
    if (listener === 'nothing') return undefined
  }
  return undefined
}

/**
 * Adds the keys that the server and this user share. Any program may listen on a port of this machine,
 * so a server there has to prove that it knows a key before it receives one.
 */
async function recognized(
  url: string,
  token: string | undefined,
  io: Pick<CliIo, 'env' | 'platform'>,
): Promise<RunningServer> {
  const local = localUrl(url)
  if (local === undefined) return { url, token }
  const keys = await readKeys(portOf(url), io)
  const nonce = newNonce()
  const answer = await ask<Record<string, unknown>>(
    { url, token: undefined },
    '/api/open',
    'POST',
    {
      nonce,
    },
  )
  const knows = (proof: unknown, key: string | undefined) =>
    key !== undefined && isSameProof(proof, serverProof(key, nonce))
  const isOwn = knows(answer?.['secretProof'], keys?.secret)
  if (token === undefined || knows(answer?.['tokenProof'], token)) {
    return isOwn ? { url, secret: keys?.secret, token: token ?? keys?.token } : { url, token }
  }
  if (isOwn && (await send({ url, token: undefined }, '/api/runs', 'GET')).ok) {
    return { url, secret: keys?.secret, token: keys?.token }
  }
  throw new CliError(
    `The server at ${url} does not know the token of --token or WATTLINE_TOKEN, which was not sent; set the token that this server was started with.`,
  )
}

function newNonce(): string {
  return randomBytes(24).toString('base64url')
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** Which program answers at a URL. */
async function listenerAt(url: string): Promise<'wattline' | 'another program' | 'nothing'> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    // A redirect leads to another server, which is not the one that was named.
    const response = await fetch(`${url}/healthz`, { signal, redirect: 'manual' })
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
  io: Pick<CliIo, 'env' | 'platform'>,
): Promise<RunningServer | undefined> {
  const named = flags.url ?? (io.env['WATTLINE_URL'] || undefined)
  if (named === undefined && wantsOwnServer(flags)) return undefined
  const running = await findServer(named, settings, io)
  if (running !== undefined || named === undefined) return running
  throw new CliError(`No Wattline server answers at ${named}; start one with wattline serve.`)
}

/** The writers of a run; none if the run does not exist. */
export async function writersOf(server: RunningServer, run: string): Promise<RunInfo['writers']> {
  const path = `/api/runs/${encodeURIComponent(run)}`
  const info = await ask<RunInfo>(server, path, 'GET', undefined, FIGURES_WITHIN_MS)
  return info?.writers ?? []
}

/** Number of spans of a run; undefined if the server does not answer. */
export async function spansOf(server: RunningServer, run: string): Promise<number | undefined> {
  const path = `/api/runs/${encodeURIComponent(run)}/summary`
  return (await ask<RunSummary>(server, path, 'GET', undefined, FIGURES_WITHIN_MS))?.spans
}

/** Deletes a run. Does nothing if the server does not answer. */
export async function removeRun(server: RunningServer, run: string): Promise<void> {
  await ask(server, `/api/runs/${encodeURIComponent(run)}`, 'DELETE')
}

async function ask<T>(
  server: RunningServer,
  path: string,
  method = 'GET',
  body?: object,
  withinMs?: number,
): Promise<T | undefined> {
  try {
    const response = await send(server, path, method, body, withinMs)
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    // The server does not answer. Callers treat the result as unknown.
    return undefined
  }
}

function send(
  { url, token }: RunningServer,
  path: string,
  method: string,
  body?: object,
  withinMs = OPEN_WITHIN_MS,
) {
  return fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(withinMs),
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
export async function handOver(
  server: RunningServer & { readonly secret: string },
  path: string,
): Promise<string | undefined> {
  const real = await realpath(path)
  let response: Response
  try {
    const { nonce } = (await (
      await send(server, '/api/open', 'POST', { nonce: newNonce() })
    ).json()) as { nonce: string }
    const proof = pathProof(server.secret, nonce, real)
    response = await send(server, '/api/open', 'POST', { path: real, nonce, proof })
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

export interface View {
  /** For the user; contains the token if the page needs one. */
  readonly url: string
  /** For a browser's command line, which other users can see: contains a code instead. */
  readonly browserUrl: string
}

/** The addresses that show a run of a running server or, without one, the dashboard. */
export async function viewOf(server: RunningServer, run: string | undefined): Promise<View> {
  const plain = viewUrl(server.url, run)
  if (server.token === undefined) return { url: plain, browserUrl: plain }
  const answer = await ask<{ code?: unknown }>(server, '/api/codes', 'POST')
  if (answer?.code === null) return { url: plain, browserUrl: plain }
  const withQuery = (query: string) => viewUrl(`${server.url}/?${query}`, run)
  const code = typeof answer?.code === 'string' ? answer.code : undefined
  return {
    url: withQuery(`token=${encodeURIComponent(server.token)}`),
    browserUrl: code === undefined ? plain : withQuery(`code=${encodeURIComponent(code)}`),
  }
}
