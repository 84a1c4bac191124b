/**
 * Who may come in. Three checks, on every upgrade and request:
 *
 * - *Host* must be a name of this machine, so that a page elsewhere cannot rebind its name to us.
 * - *Origin*, on upgrades and on whatever changes something, must be our own page. Programs send none.
 * - *Token*, where there is one: header, cookie, subprotocol or `?token=`. It is never logged.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { TOKEN_SUBPROTOCOL_PREFIX } from '@wattline/trace'

export interface GuardOptions {
  readonly host: string
  readonly token: string | undefined
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

export interface Refusal {
  readonly status: 401 | 403
  readonly error: string
}

const TOKEN_COOKIE = 'wattline_token'
const TOKEN_FORM = /^[\w.~-]{16,256}$/

/** Loopback needs no token: only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.')
}

/** Says what is wrong with a token as an option, or undefined. */
export function tokenProblem(token: string): string | undefined {
  if (TOKEN_FORM.test(token)) return undefined
  return 'expected a token of 16 to 256 letters, digits or "._~-"'
}

export class Guard {
  readonly #options: GuardOptions
  readonly #hosts: ReadonlySet<string>
  readonly #anyAddress: boolean

  constructor(options: GuardOptions) {
    this.#options = options
    const { host, allowedHosts } = options
    this.#anyAddress = host === '0.0.0.0' || host === '::' || host === '[::]'
    const own = this.#anyAddress ? [hostname()] : [host]
    const names = ['localhost', '127.0.0.1', '::1', ...own, ...allowedHosts]
    this.#hosts = new Set(names.map((name) => bare(name.toLowerCase())))
  }

  /** Whether the request asks for this machine. */
  checkHost(request: IncomingMessage): Refusal | undefined {
    const name = hostOf(request.headers.host)
    if (name !== undefined && (this.#hosts.has(name) || (this.#anyAddress && isIP(name) > 0))) {
      return undefined
    }
    return {
      status: 403,
      error: `expected a Host of this machine, got ${JSON.stringify(request.headers.host ?? '')}; use its address, or the name that --host was given (allowedHosts in a program)`,
    }
  }

  /** Whether the request comes from our own page, or from no page at all. */
  checkOrigin(request: IncomingMessage): Refusal | undefined {
    const { origin } = request.headers
    if (origin === undefined || this.#options.allowedOrigins.includes(origin)) return undefined
    const own = request.headers.host?.toLowerCase()
    if (own !== undefined && URL.canParse(origin) && new URL(origin).host === own) return undefined
    return {
      status: 403,
      error: `expected a page of this server or a program without a page, got a page of ${JSON.stringify(origin)}`,
    }
  }

  checkToken(request: IncomingMessage): Refusal | undefined {
    const { token } = this.#options
    if (token === undefined) return undefined
    if (offeredTokens(request).some((offered) => sameText(offered, token))) return undefined
    return {
      status: 401,
      error:
        'expected the token this server was started with: open the address it printed, or send "Authorization: Bearer TOKEN"',
    }
  }
}

/** What a request asks for, on no host in particular; undefined when it cannot be read. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const path = request.url ?? '/'
  return URL.canParse(path, 'http://localhost') ? new URL(path, 'http://localhost') : undefined
}

/** Everything in a request that may be the token. */
function offeredTokens(request: IncomingMessage): string[] {
  const { authorization = '', cookie = '' } = request.headers
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
  const cookies = cookie.split(';').map((pair) => pair.trim().split('='))
  const fromCookie = cookies.find(([name]) => name === cookieName(request))?.[1]
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',')
  const fromProtocol = protocols
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
    ?.slice(TOKEN_SUBPROTOCOL_PREFIX.length)
  const query = requestUrl(request)?.searchParams.get('token')
  // Browsers' recorders send it in base64url, since not every token is a legal protocol name.
  const decoded = fromProtocol && Buffer.from(fromProtocol, 'base64url').toString()
  return [bearer, fromCookie, fromProtocol, decoded, query].filter(
    (offered): offered is string => typeof offered === 'string',
  )
}

/** Cookies are shared by all ports of a host, so the port is part of the name. */
export function cookieName(request: IncomingMessage): string {
  return `${TOKEN_COOKIE}_${request.socket.localPort ?? 0}`
}

/** Compares in a time that tells nothing about where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function hostOf(header: string | undefined): string | undefined {
  if (header === undefined || !URL.canParse(`http://${header}`)) return undefined
  const url = new URL(`http://${header}`)
  // A Host header is a name and a port, nothing else.
  if (url.username !== '' || url.pathname !== '/' || url.search !== '') return undefined
  return bare(url.hostname)
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
