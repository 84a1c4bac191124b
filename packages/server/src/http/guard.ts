/**
 * Access checks of upgrades and requests:
 *
 * - *Host* must be a name of this machine, which prevents DNS rebinding.
 * - *Origin* of upgrades and changing requests must be this server's page. Programs send none.
 * - *Token*, if the server has one: from the header, the cookie, the subprotocol or `?token=`. It is
 *   never logged.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { TOKEN_SUBPROTOCOL_PREFIX } from '@wattline/trace'
import { HttpError } from './errors.ts'

export interface GuardOptions {
  readonly host: string
  readonly token: string | undefined
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

const TOKEN_COOKIE = 'wattline_token'
const TOKEN_FORM = /^[\w.~-]{16,256}$/

/** Whether only this machine can reach the address, so that no token is needed. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.')
}

/** Describes why the option `token` cannot be used; undefined when it can. */
export function tokenProblem(token: string): string | undefined {
  if (TOKEN_FORM.test(token)) return undefined
  return 'expected a token of 16 to 256 letters, digits or "._~-"'
}

/** Its checks throw an {@link HttpError} that refuses the request. */
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
    this.#hosts = new Set(names.map((name) => withoutBrackets(name.toLowerCase())))
  }

  /** Refuses a Host that is not a name of this machine. */
  checkHost({ headers: { host = '' } }: IncomingMessage): void {
    const name = hostOf(host)
    if (name !== undefined && (this.#hosts.has(name) || (this.#anyAddress && isIP(name) > 0)))
      return
    throw new HttpError(
      403,
      `expected a Host of this machine, got ${JSON.stringify(host)}; use its address or the name given with --host (option allowedHosts of createServer)`,
    )
  }

  /** Refuses requests from pages of other origins. */
  checkOrigin({ headers: { host, origin } }: IncomingMessage): void {
    if (origin === undefined || this.#options.allowedOrigins.includes(origin)) return
    if (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()) return
    throw new HttpError(
      403,
      `expected a request from a page of this server or from a program, got a page of ${JSON.stringify(origin)}`,
    )
  }

  checkToken(request: IncomingMessage): void {
    const { token } = this.#options
    if (token === undefined) return
    if (offeredTokens(request).some((offered) => sameText(offered, token))) return
    throw new HttpError(
      401,
      'expected the token of this server: open the address that it printed, or send "Authorization: Bearer TOKEN"',
    )
  }

  /** The cookie that replaces `?token=`; undefined unless that is the token of this server. */
  tokenCookie(request: IncomingMessage): string | undefined {
    const { token } = this.#options
    const offered = requestUrl(request)?.searchParams.get('token')
    if (token === undefined || typeof offered !== 'string' || !sameText(offered, token)) return
    return `${cookieName(request)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000`
  }
}

/** The URL of a request, with localhost as its host; undefined when it is invalid. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const path = request.url ?? '/'
  return URL.canParse(path, 'http://localhost') ? new URL(path, 'http://localhost') : undefined
}

/** All tokens in a request. */
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
  // A recorder in a browser sends it in base64url: not every token is a valid protocol name.
  const decoded = fromProtocol && Buffer.from(fromProtocol, 'base64url').toString()
  return [bearer, fromCookie, fromProtocol, decoded, query].filter(
    (offered): offered is string => typeof offered === 'string',
  )
}

/** The name includes the port, because all ports of a host share their cookies. */
function cookieName(request: IncomingMessage): string {
  return `${TOKEN_COOKIE}_${request.socket.localPort ?? 0}`
}

/** Compares in constant time. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function hostOf(header: string): string | undefined {
  if (!URL.canParse(`http://${header}`)) return undefined
  const url = new URL(`http://${header}`)
  // A Host header consists of a name and a port.
  if (url.username !== '' || url.pathname !== '/' || url.search !== '') return undefined
  return withoutBrackets(url.hostname)
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
