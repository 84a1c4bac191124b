/**
 * Access checks of upgrades and requests:
 *
 * - *Host* must be a name of this machine, which prevents DNS rebinding.
 * - *Origin* of upgrades and changing requests must be this server's page. Programs send none.
 * - *Token*, if the server requires one: from the header, the cookie, the subprotocol or `?token=`. It
 *   is never logged. A server that shows a private file requires it for all requests but recording.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { TOKEN_SUBPROTOCOL_PREFIX } from '@wattline/trace'
import { HttpError } from './errors.ts'
import { OneTimeCodes } from './one-time-codes.ts'

export interface GuardOptions {
  readonly host: string
  readonly token: string
  /** Which requests need the token at the moment. */
  readonly tokenFor: () => 'all' | 'reading' | 'none'
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
}

const TOKEN_COOKIE = 'wattline_token'
const TOKEN_FORM = /^[\w.~-]{16,256}$/

/** Whether only this machine can reach the address, so that no token is needed. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.')
}

/**
 * Whether a server with these names can be reached from other machines, directly or through a proxy,
 * so that it needs a token.
 */
export function isExposed({
  host,
  allowedHosts,
  allowedOrigins,
}: Pick<GuardOptions, 'host' | 'allowedHosts' | 'allowedOrigins'>): boolean {
  const origins = allowedOrigins.map((origin) => hostOfUrl(origin))
  return ![host, ...allowedHosts, ...origins].every((name) => isLoopback(name.toLowerCase()))
}

function hostOfUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : url
}

/** Headers in which a proxy describes the client. */
const FORWARDED = /^(forwarded|x-forwarded-.*|x-real-ip|via)$/

/** Whether a program on this machine sent the request itself, and no proxy passed it on. */
export function isLocal({ socket, headers }: IncomingMessage): boolean {
  if (Object.keys(headers).some((name) => FORWARDED.test(name))) return false
  return isLoopback(socket.remoteAddress?.replace(/^::ffff:/, '') ?? '')
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
  readonly #origins: ReadonlySet<string>
  readonly #codes = new OneTimeCodes()
  readonly #anyAddress: boolean

  constructor(options: GuardOptions) {
    this.#options = options
    const { host, allowedHosts } = options
    this.#anyAddress = host === '0.0.0.0' || host === '::' || host === '[::]'
    const own = this.#anyAddress ? [hostname()] : [host]
    const names = ['localhost', '127.0.0.1', '::1', ...own, ...allowedHosts]
    this.#origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()))
    this.#hosts = new Set(names.map((name) => withoutBrackets(name.toLowerCase())))
  }

  get token(): string {
    return this.#options.token
  }

  /** Refuses a Host that is not a name of this machine. */
  checkHost({ headers: { host = '' } }: IncomingMessage): void {
    const name = hostOf(host)
    if (name !== undefined && (this.#hosts.has(name) || (this.#anyAddress && isIP(name) > 0)))
      return
    throw new HttpError(
      403,
      `expected a Host of this machine, got ${JSON.stringify(host)}; use its address, or start the server with --allow-host NAME (option allowedHosts of createServer)`,
    )
  }

  /** Whether pages of this origin, other than this server's, may send to it. */
  isAllowedOrigin(origin: string | undefined): origin is string {
    return origin !== undefined && this.#origins.has(origin.toLowerCase())
  }

  /** Refuses requests from pages of other origins. */
  checkOrigin({ headers: { host, origin } }: IncomingMessage): void {
    if (origin === undefined || this.#origins.has(origin.toLowerCase())) return
    const isPage = /^https?:\/\/[^/@]+$/i.test(origin) && URL.canParse(origin)
    if (isPage && new URL(origin).host === host?.toLowerCase()) return
    throw new HttpError(
      403,
      `expected a request from a page of this server or from a program, got a page of ${JSON.stringify(origin)}; behind a proxy, pass the Host header on, or start the server with --allow-origin ${originOf(origin)} (option allowedOrigins of createServer)`,
    )
  }

  /** `isRecording`: the request only sends lines to a run. */
  checkToken(request: IncomingMessage, isRecording = false): void {
    const tokenFor = this.#options.tokenFor()
    if (tokenFor === 'none' || (tokenFor === 'reading' && isRecording)) return
    this.checkOwner(request)
  }

  /** Requires the token, also where reading needs none. */
  checkOwner(request: IncomingMessage): void {
    const { token } = this.#options
    if (offeredTokens(request).some((offered) => sameText(offered, token))) return
    throw new HttpError(
      401,
      'expected the token of this server: open the address that it printed or run "wattline open"; for recorders and commands set WATTLINE_TOKEN, or send "Authorization: Bearer TOKEN"',
    )
  }

  /** An address for a browser on this machine that contains no token: it is valid once, for 60 s. */
  browserUrl(url: string): string {
    return this.#options.tokenFor() === 'none' ? url : `${url}/?code=${this.#codes.create()}`
  }

  /** A code for {@link browserUrl}; null when the page can be read without the token. */
  newCode(): string | null {
    return this.#options.tokenFor() === 'none' ? null : this.#codes.create()
  }

  /**
   * The cookie that replaces `?token=` or `?code=`; undefined unless that is the token, or a valid code
   * of this server. Without the attribute Path, its path is the folder of the page, also behind a proxy.
   */
  tokenCookie(request: IncomingMessage): string | undefined {
    const { token } = this.#options
    const query = requestUrl(request)?.searchParams
    const isToken = sameText(query?.get('token') ?? '', token)
    if (!isToken && !this.#codes.use(query?.get('code') ?? '')) return undefined
    const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
    return `${cookieName(request)}=${token}; HttpOnly; SameSite=Strict; Max-Age=31536000${secure}`
  }
}

/** An origin for the command line; other text is not repeated. */
function originOf(text: string): string {
  return URL.canParse(text) && new URL(text).origin !== 'null' ? new URL(text).origin : 'URL'
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
  // A browser sends one for each path, such as an older one of another server at the same port.
  const fromCookies = cookies
    .filter(([name]) => name === cookieName(request))
    .map(([, value]) => value)
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',')
  const fromProtocol = protocols
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
    ?.slice(TOKEN_SUBPROTOCOL_PREFIX.length)
  const query = requestUrl(request)?.searchParams.get('token')
  // A recorder in a browser sends it in base64url: not every token is a valid protocol name.
  const decoded = fromProtocol && Buffer.from(fromProtocol, 'base64url').toString()
  return [bearer, ...fromCookies, fromProtocol, decoded, query].filter(
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
