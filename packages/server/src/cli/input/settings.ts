/** Checks flags and combines them with the environment and defaults. */
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { checkIntervalMs, DEFAULT_INTERVAL_MS } from '@wattline/power'
import { DEFAULT_PORT } from '@wattline/trace'
import { defaultDir } from '../../default-dir.ts'
import { isExposed } from '../../http/guard.ts'
import { usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

export const DEFAULT_HOST = '127.0.0.1'

/** Flags as text, as Commander passes them; not checked yet. */
export interface ServerFlags {
  readonly port?: string
  readonly host?: string
  readonly dir?: string
  readonly token?: string
  readonly allowHost?: readonly string[]
  readonly allowOrigin?: readonly string[]
  readonly open?: boolean
  readonly fsync?: boolean
  readonly keep?: string
  readonly maxDisk?: string
  readonly log?: string
}

export interface ServerSettings {
  readonly port: number
  readonly host: string
  readonly dir: string
  /** The folder was set by flag or environment, so the server may not choose another. */
  readonly dirIsGiven: boolean
  readonly token: string | undefined
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  readonly fsync: boolean
  /** Maximum number of runs to keep; undefined = all. */
  readonly keep: number | undefined
  /** Maximum total size of the runs; undefined = no limit. */
  readonly maxDiskBytes: number | undefined
  /** Format of the server's log on stderr. */
  readonly logFormat: 'text' | 'json'
}

/** @throws {CliError} naming the first flag that is not valid. */
export function serverSettings(flags: ServerFlags, io: CliIo): ServerSettings {
  const token = flags.token ?? (io.env['WATTLINE_TOKEN'] || undefined)
  if (token !== undefined && !/^[\w.~-]{16,}$/.test(token)) {
    throw usageError('Expected a token of at least 16 characters from A-Z a-z 0-9 . _ ~ -.')
  }
  const host = flags.host ?? DEFAULT_HOST
  const allowedHosts = (flags.allowHost ?? []).map(parseHostName)
  const allowedOrigins = (flags.allowOrigin ?? []).map(parseOrigin)
  const logFormat = parseLogFormat(flags.log ?? 'text')
  if (
    logFormat === 'json' &&
    token === undefined &&
    isExposed({ host, allowedHosts, allowedOrigins })
  ) {
    throw usageError(
      'A generated token is not written to a JSON log; set one with --token or WATTLINE_TOKEN.',
    )
  }
  return {
    port: flags.port === undefined ? DEFAULT_PORT : parsePort(flags.port),
    host,
    dir: resolve(io.cwd, flags.dir ?? defaultDir(io)),
    dirIsGiven: flags.dir !== undefined || Boolean(io.env['WATTLINE_DIR']),
    token,
    allowedHosts,
    allowedOrigins,
    fsync: flags.fsync ?? false,
    keep: flags.keep === undefined ? undefined : parseWhole('--keep', flags.keep, 1, 'runs'),
    maxDiskBytes: flags.maxDisk === undefined ? undefined : parseBytes('--max-disk', flags.maxDisk),
    logFormat,
  }
}

/** Whether the flags ask for a server of their own instead of a running one. */
export function wantsOwnServer(flags: ServerFlags): boolean {
  const { dir, host, allowHost, allowOrigin } = flags
  return (
    flags.port === '0' || [dir, host, allowHost, allowOrigin].some((flag) => flag !== undefined)
  )
}

/** The name of `--allow-host`. */
export function parseHostName(text: string): string {
  const name = text.toLowerCase()
  const isName =
    !name.includes('*') &&
    URL.canParse(`http://${name}`) &&
    new URL(`http://${name}`).hostname === name
  if (isName) return name
  throw usageError(
    `--allow-host expects a name without port and path, such as wattline.example.com, got '${text}'.`,
  )
}

/** The origin of `--allow-origin`. */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) {
    return url.origin
  }
  throw usageError(
    `--allow-origin expects scheme, name and port of a page, such as https://wattline.example.com, got '${text}'.`,
  )
}

function parseLogFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text
  throw usageError(`--log expects text or json, got '${text}'.`)
}

/** Abbreviates the home folder in a path to `~`. */
export function tildePath(path: string, io: Pick<CliIo, 'env'>): string {
  const home = io.env['HOME'] || homedir()
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

/** A port from 0 (any free port) to 65535. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw usageError(`--port expects a number from 0 to 65535, got '${text}'.`)
  return port
}

/** A whole number of at least `least`; it may have `_` between digits and end in `k` or `M`. */
export function parseWhole(flag: string, text: string, least: number, what: string): number {
  const match = /^(\d[\d_]*)([kM]?)$/.exec(text)
  const scale = { '': 1, k: 1e3, M: 1e6 }[match?.[2] ?? ''] ?? 1
  const value = Number(match?.[1]?.replaceAll('_', '')) * scale
  if (!Number.isSafeInteger(value) || value < least) {
    throw usageError(`${flag} expects a number of ${what}, ${least} or more, got '${text}'.`)
  }
  return value
}

/** A positive number, such as a speed. */
export function parsePositive(flag: string, text: string, what: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value > 0)) throw usageError(`${flag} expects ${what} above 0, got '${text}'.`)
  return value
}

/** A number and a unit of `units`; NaN if `text` is something else. */
function parseQuantity(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  return Number(match?.[1]) * (units[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN)
}

const BYTE_UNITS = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** A smaller limit is a typing error, such as `5` for 5 GB, and would delete nearly all runs. */
const LEAST_BYTES = 1e6

/** A size such as `500MB`, `20 GB`, `1g` or a number of bytes. */
export function parseBytes(flag: string, text: string): number {
  const value = Math.round(parseQuantity(text.replace(/b\s*$/i, ''), BYTE_UNITS))
  if (value >= LEAST_BYTES) return value
  throw usageError(`${flag} expects a size like 500MB or 20GB, at least 1MB, got '${text}'.`)
}

const SECONDS = { ms: 0.001, '': 1, s: 1, m: 60, min: 60, h: 3600 }

/** A duration such as `90s`, `10m`, `1.5h` or a number of seconds, in seconds. */
export function parseDurationS(flag: string, text: string): number {
  const value = parseQuantity(text, SECONDS)
  if (value > 0) return value
  throw usageError(`${flag} expects a duration like 90s or 10m, got '${text}'.`)
}

/** `--interval`, the time between two power samples (50 ms to 1 s), in milliseconds. */
export function parseIntervalMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_INTERVAL_MS
  const intervalMs = parseDurationS('--interval', text) * 1000
  try {
    return checkIntervalMs(intervalMs)
  } catch (error) {
    throw usageError(`--interval expects 50ms to 1s, got '${text}'.`, error)
  }
}

/** Unix seconds or an ISO 8601 date, as Unix seconds. */
export function parseTimeS(flag: string, text: string): number {
  const timeS = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(timeS)) return timeS
  throw usageError(
    `${flag} expects a time like 2026-01-31T12:00:00Z or Unix seconds, got '${text}'.`,
  )
}
