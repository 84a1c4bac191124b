/**
 * Creates the server: one port for recorders, viewers, HTTP and the dashboard.
 *
 * ```
 *            ┌ /record ─▶ Recorders ─▶ store.append
 * port ─▶ guard ─ /watch ─▶ serveViewer ─▶ source.read
 *            └ HTTP    ─▶ routes ─▶ runs, dashboard
 * ```
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { DEFAULT_PORT } from '@wattline/trace'
import type { ServerContext } from './runs/context.ts'
import { codeOf } from './base/errors.ts'
import { defaultDir } from './default-dir.ts'
import { Guard, isExposed, tokenProblem } from './http/guard.ts'
import { createRoutes } from './http/routes.ts'
import { Health } from './runs/health.ts'
import { Liveness } from './runs/liveness.ts'
import { Metrics } from './runs/metrics.ts'
import type { ServerOptions, WattlineServer } from './options.ts'
import { RequestRate } from './runs/request-rate.ts'
import { Runs } from './runs/runs.ts'
import { FolderStore } from './storage/folder/folder-store.ts'
import type { RunStore } from './storage/store.ts'
import { Summaries } from './runs/summary.ts'
import { Unfinished } from './runs/unfinished.ts'
import { VERSION } from './version.ts'
import { Sockets } from './wire/sockets.ts'

const PORTS_TO_TRY = 50
const CLOSE_DEADLINE_MS = 5000
const DRAIN_CHECK_MS = 10
const MEBIBYTE = 1024 * 1024

/**
 * Starts a server. Resolves once the store is repaired and its runs are loaded.
 *
 * @throws {TypeError} when an option is invalid.
 * @throws {Error} when another server uses the folder, or no port is free.
 * @example const server = await createServer({ dir: 'runs', port: 0 })
 */
export async function createServer(options: ServerOptions = {}): Promise<WattlineServer> {
  const host = options.host ?? '127.0.0.1'
  const { allowedHosts = [], allowedOrigins = [], isPrivate = () => false } = options
  const isRequired =
    options.token !== undefined || isExposed({ host, allowedHosts, allowedOrigins })
  const token = options.token ?? randomBytes(24).toString('base64url')
  const problem = tokenProblem(token)
  if (problem !== undefined) throw new TypeError(problem)
  const tokenFor = () => (isRequired ? 'all' : isPrivate() ? 'reading' : 'none')

  const dir = options.dir ?? defaultDir(process)
  const store = options.store ?? (await FolderStore.open({ ...options, dir }))
  const closing = new AbortController()
  const context = createContext(options, store, closing.signal)
  const guard = new Guard({ host, token, tokenFor, allowedHosts, allowedOrigins })
  const { fetch } = createRoutes(context, guard)
  const headersTimeout = options.headersTimeoutMs ?? 10_000
  const http = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      // A request may last for days, when it posts from a pipe. Only its headers have a time limit.
      requestTimeout: 0,
      headersTimeout,
      connectionsCheckingInterval: headersTimeout / 2,
    },
  }) as Server
  // Refusals need connections as well. Idle connections above this limit are dropped.
  http.maxConnections = 3 * context.maxConnections
  // Before the routes, which limit the number of open requests.
  http.prependListener('request', (_, response) => {
    context.metrics.openRequests += 1
    response.once('close', () => (context.metrics.openRequests -= 1))
  })
  // Node's list of connections has none that was upgraded, although `http.close` waits for them.
  const connections = new Set<Socket>()
  http.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  const sockets = new Sockets(context, guard)
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  try {
    await listen(http, host, options.port ?? DEFAULT_PORT)
  } catch (error) {
    context.liveness.stop()
    context.unfinished.stop()
    await context.runs.close()
    throw error
  }
  await context.liveness.adopt()

  const { port } = http.address() as AddressInfo
  const url = `http://${urlHost(host)}:${port}`
  let closed: Promise<void> | undefined
  return {
    url,
    get openUrl() {
      return tokenFor() === 'none' ? url : `${url}/?token=${token}`
    },
    browserUrl: () => guard.browserUrl(url),
    host,
    port,
    token: isRequired ? token : undefined,
    ownerToken: token,
    store,
    close(deadlineMs = CLOSE_DEADLINE_MS) {
      return (closed ??= shutDown(http, connections, sockets, context, closing, deadlineMs))
    },
  }
}

function createContext(
  options: ServerOptions,
  store: RunStore,
  closing: AbortSignal,
): ServerContext {
  const logger = options.log ?? (() => undefined)
  const lostAfterMs = options.lostAfterMs ?? 30_000
  const heartbeatMs = options.heartbeatMs ?? 10_000
  const summaries = new Summaries(store)
  const hasOpenCall = async (run: string): Promise<boolean> => {
    const info = await store.info(run)
    return info !== undefined && (await summaries.get(store, info)).open > 0
  }
  const endAfterMs = options.endAfterMs ?? 30 * 60_000
  return {
    version: VERSION,
    runs: new Runs(store, options.sources ?? []),
    liveness: new Liveness(store, { lostAfterMs, heartbeatMs, endAfterMs, hasOpenCall, logger }),
    health: new Health(store),
    summaries,
    metrics: new Metrics(),
    unfinished: new Unfinished(
      options.maxUnfinishedBytes ?? 256 * MEBIBYTE,
      options.unfinishedTimeoutMs ?? 30_000,
    ),
    maxConnections: options.maxConnections ?? 1000,
    requestRate: new RequestRate(options.maxRequestsPerSecond ?? 5000),
    maxLineBytes: options.maxLineBytes ?? 16 * MEBIBYTE,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * MEBIBYTE,
    lostAfterMs,
    heartbeatMs,
    dashboardDir: options.dashboardDir ?? fileURLToPath(new URL('../dashboard', import.meta.url)),
    opening: options.opening,
    logger,
    closing,
  }
}

/** Listens on the port, or on the next free one after it. */
async function listen(http: Server, host: string, port: number): Promise<void> {
  for (let tried = port; ; tried += 1) {
    try {
      http.listen(tried, host.replaceAll(/^\[|\]$/g, ''))
      // Rejects when `http` emits an error instead.
      await once(http, 'listening')
      return
    } catch (cause) {
      const isBusy = codeOf(cause) === 'EADDRINUSE'
      if (isBusy && tried < port + PORTS_TO_TRY && tried < 65_535) continue
      throw new Error(`cannot listen on ${host}, port ${tried}: ${String(cause)}`, { cause })
    }
  }
}

/** The host in the URL with which a browser on this machine reaches the server. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** Stops accepting → commits received lines → closes sockets → closes the store; terminates at the deadline. */
async function shutDown(
  http: Server,
  connections: ReadonlySet<Socket>,
  sockets: Sockets,
  context: ServerContext,
  closing: AbortController,
  deadlineMs: number,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => http.close(() => resolve()))
  const destroyAll = () => {
    for (const connection of connections) connection.destroy()
  }
  const deadline = setTimeout(destroyAll, deadlineMs)
  context.liveness.stop()
  context.unfinished.stop()
  closing.abort()
  await sockets.close()
  while (context.metrics.openRequests > 0) await sleep(DRAIN_CHECK_MS)
  // Only idle connections are left.
  destroyAll()
  await stopped
  clearTimeout(deadline)
  await context.runs.close()
}
