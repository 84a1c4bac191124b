/** The HTTP routes. Every error is `{"error": "what was expected, what was received, what to do"}`. */
import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { RECORD_PATH, type RunInfo, WATCH_PATH } from '@wattline/trace'
import { messageOf } from '../base/errors.ts'
import { cleanName, type ServerContext } from '../runs/context.ts'
import { OtlpRuns } from '../runs/otlp-runs.ts'
import { MAX_NOTE_BYTES } from '../storage/store.ts'
import { dashboardFile, SECURITY_HEADERS } from './dashboard.ts'
import { findRun, HttpError, statusOf } from './errors.ts'
import { getEvents } from './events-file.ts'
import { isLocal, type Guard } from './guard.ts'
import { getLines } from './lines.ts'
import { metricsPage } from './metrics-page.ts'
import { getNote, putNote } from './notes.ts'
import { OneTimeCodes } from './one-time-codes.ts'
import { OTLP_PATHS, otlpError, postTraces, TRACES_PATH } from './otlp.ts'
import { postEvents } from './post-events.ts'
import { isSameProof, pathProof, serverProof } from './proof.ts'

const MAX_JSON_BYTES = 16 * 1024
/** Time limit for receiving a short body. */
const BODY_TIMEOUT_MS = 10_000
const MIN_NONCE_CHARS = 16
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Paths of requests that check more than the token, or reveal nothing about runs. */
const TOKENLESS: ReadonlySet<string> = new Set(['/healthz', '/api/open'])
const UNSAFE_EVENTS = /^\/api\/runs\/[^/]+\/events$/

type App = Hono<{ Bindings: HttpBindings }>

export function createRoutes(context: ServerContext, guard: Guard): App {
  const app: App = new Hono()
  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value)
  })
  addLimits(app, context)
  addGuard(app, guard)
  addRunRoutes(app, context)
  addEventRoutes(app, context)
  addNoteRoutes(app, context)
  addOtlpRoutes(app, context, guard)
  addOpenRoutes(app, context, guard)
  addStateRoutes(app, context)
  // A proxy has removed the headers of an upgrade, or the page asks whether it would be accepted.
  app.on(['GET', 'POST'], [RECORD_PATH, WATCH_PATH], () => {
    throw new HttpError(
      426,
      'expected a WebSocket; a proxy has to pass the headers Upgrade and Connection on',
    )
  })
  app.all('/api/*', (c) => {
    throw new HttpError(404, `there is no ${c.req.method} ${c.req.path}`)
  })
  app.get('/*', async (c) => {
    const { path } = c.req
    const file = await dashboardFile(context.dashboardDir, path, c.req.header('if-none-match'))
    if (file === undefined)
      throw new HttpError(404, `there is no page ${path}; the dashboard is at /`)
    return file
  })
  app.notFound((c) => c.json({ error: `there is no ${c.req.method} ${c.req.path}` }, 404))
  app.onError((error, c) => {
    const status = statusOf(error)
    if (status === undefined) context.logger(`${c.req.method} ${c.req.path}: ${error.stack ?? ''}`)
    context.metrics.refused(status ?? 500)
    // The rest of a refused body is not read, so the connection cannot be reused.
    if (!c.env.incoming.complete) c.header('connection', 'close')
    if (c.req.path.startsWith(OTLP_PATHS.slice(0, -1))) {
      const message = status === undefined ? 'internal error' : error.message
      return otlpError(c.env.incoming, status ?? 500, message)
    }
    return c.json({ error: status === undefined ? 'internal error' : error.message }, status ?? 500)
  })
  return app
}

/**
 * Limits the request rate per address, and the number of concurrent requests: a request may last for
 * days, when it posts from a pipe or follows a log.
 */
function addLimits(app: App, { maxConnections, metrics, requestRate }: ServerContext): void {
  app.use(async (c, next) => {
    const refusal = requestRate.refuse(c.env.incoming.socket.remoteAddress)
    if (refusal !== undefined) {
      c.header('retry-after', '1')
      throw new HttpError(refusal.status, refusal.error)
    }
    if (metrics.openRequests > maxConnections) {
      throw new HttpError(503, `expected at most ${maxConnections} requests at a time; try later`)
    }
    await next()
  })
}

/** `/healthz`, which needs no token and reveals nothing about runs, and `/metrics`. */
function addStateRoutes(app: App, context: ServerContext): void {
  app.get('/healthz', async (c) => {
    const { problem, triedMs } = await context.health.state()
    const health = {
      name: 'wattline',
      version: context.version,
      uptimeS: Math.round(process.uptime()),
      checkedAgoS: Math.round((performance.now() - triedMs) / 100) / 10,
    }
    c.header('cache-control', 'no-store')
    if (problem === undefined) return c.json({ ok: true, ...health })
    return c.json({ ok: false, ...health, error: problem }, 503)
  })
  app.get('/metrics', async (c) => {
    c.header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
    c.header('cache-control', 'no-store')
    return c.body(await metricsPage(context))
  })
}

function addGuard(app: App, guard: Guard): void {
  app.use(async (c, next) => {
    const request: IncomingMessage = c.env.incoming
    guard.checkHost(request)
    if (!SAFE_METHODS.has(c.req.method)) guard.checkOrigin(request)
    const { path } = c.req
    const { token, code } = c.req.query()
    if (path === '/' && (token ?? code) !== undefined) {
      // On the first visit, moves the token from the visible address into a cookie.
      const cookie = guard.tokenCookie(request)
      if (cookie === undefined) guard.checkToken(request)
      c.header('set-cookie', cookie)
      // Relative, because a proxy may serve the page under another path.
      return c.redirect('./', 303)
    }
    const isRecording =
      (UNSAFE_EVENTS.test(path) || path === TRACES_PATH) && !SAFE_METHODS.has(c.req.method)
    // A browser asks without the token whether a page may send.
    const isPreflight = c.req.method === 'OPTIONS' && path.startsWith(OTLP_PATHS.slice(0, -1))
    if (!TOKENLESS.has(path) && !isPreflight) guard.checkToken(request, isRecording)
    return next()
  })
}

function addRunRoutes(app: App, context: ServerContext): void {
  const { runs } = context
  const existing = async (run: string): Promise<RunInfo> => (await findRun(runs, run)).info
  const writable = async (run: string): Promise<void> => {
    const info = await existing(run)
    if (info.readOnly) {
      throw new HttpError(409, `run ${run} is a read-only file; change the file itself`)
    }
  }
  app.get('/api/runs', async (c) => {
    c.header('cache-control', 'no-store')
    return c.json(await runs.list())
  })
  app.get('/api/runs/:run', async (c) => {
    c.header('cache-control', 'no-store')
    return c.json(await existing(c.req.param('run')))
  })
  app.patch('/api/runs/:run', limitJson, async (c) => {
    const run = c.req.param('run')
    await writable(run)
    const { name } = await readJson(c)
    const clean = typeof name === 'string' ? cleanName(name) : undefined
    if (clean === undefined)
      throw new HttpError(400, 'expected {"name": TEXT} with a text that is not empty')
    await runs.store.rename(run, clean)
    return c.json(await existing(run))
  })
  app.delete('/api/runs/:run', async (c) => {
    const run = c.req.param('run')
    await writable(run)
    await runs.store.remove(run)
    return c.body(null, 204)
  })
  app.get('/api/runs/:run/summary', async (c) => {
    const { source, info } = await findRun(runs, c.req.param('run'))
    c.header('cache-control', 'no-store')
    return c.json(await context.summaries.get(source, info))
  })
}

function addEventRoutes(app: App, context: ServerContext): void {
  // `curl -T -` sends PUT.
  app.on(['POST', 'PUT'], '/api/runs/:run/events', async (c) => {
    const { searchParams } = new URL(c.req.url)
    return c.json(await postEvents(context, c.env.incoming, c.req.param('run'), searchParams))
  })
  app.get('/api/runs/:run/lines', async (c) => {
    const found = await findRun(context.runs, c.req.param('run'))
    return getLines(found, new URL(c.req.url).searchParams, untilClosed(c, context))
  })
  app.get('/api/runs/:run/events.jsonl', (c) =>
    getEvents(context, {
      run: c.req.param('run'),
      range: c.req.header('range'),
      query: new URL(c.req.url).searchParams,
      signal: untilClosed(c, context),
    }),
  )
}

/** Aborted when the client disconnects or the server closes. */
function untilClosed(c: Context<{ Bindings: HttpBindings }>, context: ServerContext): AbortSignal {
  const abort = new AbortController()
  c.env.outgoing.once('close', () => abort.abort())
  return AbortSignal.any([abort.signal, context.closing])
}

/** OTLP, whose errors have a form of their own. Allowed pages of other origins may send it too. */
function addOtlpRoutes(app: App, context: ServerContext, guard: Guard): void {
  app.use(OTLP_PATHS, async (c, next) => {
    const origin = c.req.header('origin')
    if (guard.isAllowedOrigin(origin)) {
      c.header('access-control-allow-origin', origin)
      c.header('vary', 'origin')
      if (c.req.method === 'OPTIONS') {
        c.header('access-control-allow-methods', 'POST')
        c.header('access-control-allow-headers', 'authorization, content-encoding, content-type')
        c.header('access-control-max-age', '600')
        return c.body(null, 204)
      }
    }
    return next()
  })
  const otlp = new OtlpRuns(context)
  app.post(TRACES_PATH, (c) => postTraces(context, otlp, c.env.incoming))
  app.all(OTLP_PATHS, (c) => {
    throw new HttpError(
      404,
      `there is no ${c.req.method} ${c.req.path}; spans go to ${TRACES_PATH}`,
    )
  })
}

function addNoteRoutes(app: App, { runs }: ServerContext): void {
  app.get('/api/runs/:run/notes/:name', async (c) => {
    const { run, name } = c.req.param()
    return getNote(await findRun(runs, run), name)
  })
  app.put('/api/runs/:run/notes/:name', limitNote, async (c) => {
    const { run, name } = c.req.param()
    const found = await findRun(runs, run)
    const bytes = await receive(c, () => c.req.arrayBuffer())
    return putNote(found, name, new Uint8Array(bytes), {
      ifMatch: c.req.header('if-match'),
      ifNoneMatch: c.req.header('if-none-match'),
    })
  })
}

/**
 * `POST /api/open`, with which the command opens a file in a running server (see `proof.ts`), and
 * `POST /api/codes`, with which it opens the page in a browser.
 */
function addOpenRoutes(app: App, context: ServerContext, guard: Guard): void {
  const nonces = new OneTimeCodes()
  app.post('/api/open', limitJson, async (c) => {
    const { opening } = context
    if (!isLocal(c.env.incoming)) {
      throw new HttpError(403, 'expected a program on the machine of this server, without a proxy')
    }
    if (c.req.header('origin') !== undefined) {
      throw new HttpError(403, 'expected a program, got a page: pages cannot open files here')
    }
    if (opening === undefined) throw new HttpError(404, 'this server opens no files')
    const { secret, openFile } = opening
    const { path, nonce, proof } = await readJson(c)
    if (typeof nonce !== 'string' || nonce.length < MIN_NONCE_CHARS) {
      throw new HttpError(400, `expected {"nonce": TEXT} of ${MIN_NONCE_CHARS} characters or more`)
    }
    if (path === undefined) {
      const tokenProof = serverProof(guard.token, nonce)
      return c.json({
        nonce: nonces.create(),
        secretProof: serverProof(secret, nonce),
        tokenProof,
      })
    }
    if (typeof path !== 'string' || path === '' || path.includes('\0')) {
      throw new HttpError(400, 'expected {"path": FILE}')
    }
    if (!nonces.use(nonce) || !isSameProof(proof, pathProof(secret, nonce, path))) {
      throw new HttpError(
        403,
        'expected a proof that the program can read the secret of this server; use "wattline open", or post the lines of the file',
      )
    }
    try {
      return c.json(await openFile(path))
    } catch (error) {
      throw new HttpError(400, messageOf(error))
    }
  })
  app.post('/api/codes', (c) => {
    guard.checkOwner(c.env.incoming)
    return c.json({ code: guard.newCode() })
  })
}

const limitJson = bodyLimit({
  maxSize: MAX_JSON_BYTES,
  onError() {
    throw new HttpError(413, `expected at most ${MAX_JSON_BYTES} bytes of JSON`)
  },
})

const limitNote = bodyLimit({
  maxSize: MAX_NOTE_BYTES,
  onError() {
    throw new HttpError(413, `expected a note of at most ${MAX_NOTE_BYTES} bytes`)
  },
})

/** Receives a short body. Without a time limit, a slow client would occupy the connection. */
async function receive<T>(
  c: Context<{ Bindings: HttpBindings }>,
  read: () => Promise<T>,
): Promise<T> {
  const deadline = setTimeout(() => c.env.incoming.destroy(), BODY_TIMEOUT_MS).unref()
  try {
    return await read()
  } catch (error) {
    if (error instanceof HttpError || error instanceof SyntaxError) throw error
    throw new HttpError(400, 'the body is incomplete')
  } finally {
    clearTimeout(deadline)
  }
}

async function readJson(c: Context<{ Bindings: HttpBindings }>): Promise<Record<string, unknown>> {
  let json: unknown
  try {
    json = await receive(c, () => c.req.json())
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new HttpError(400, 'expected a JSON object as the body')
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>
  }
  throw new HttpError(400, 'expected a JSON object as the body')
}
