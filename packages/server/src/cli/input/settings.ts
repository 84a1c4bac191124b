/** What flags, environment and defaults add up to: the server's port, host, folder and limits. */
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { checkIntervalMs, DEFAULT_INTERVAL_MS } from '@wattline/power'
import { defaultDir } from '../../default-dir.ts'
import { isLoopback } from '../../http/guard.ts'
import { usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

export const DEFAULT_PORT = 9288
export const DEFAULT_HOST = '127.0.0.1'

/** Flags as commander hands them over: text, not yet checked. */
export interface ServerFlags {
  readonly port?: string
  readonly host?: string
  readonly dir?: string
  readonly token?: string
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
  /** The folder was asked for, by flag or environment: no other one will do. */
  readonly dirIsGiven: boolean
  readonly token: string | undefined
  readonly fsync: boolean
  /** Most runs to keep; undefined keeps all. */
  readonly keepRuns: number | undefined
  /** Most bytes of disk the runs may take; undefined sets no limit. */
  readonly maxDiskBytes: number | undefined
  /** How happenings are written to stderr. */
  readonly logForm: 'text' | 'json'
}

/** Checks the flags and fills in environment and defaults. */
export function serverSettings(flags: ServerFlags, io: CliIo): ServerSettings {
  const token = flags.token ?? nonEmpty(io.env['WATTLINE_TOKEN'])
  if (token !== undefined && !/^[\w.~-]{16,}$/.test(token)) {
    throw usageError('A token needs at least 16 characters of A-Z a-z 0-9 . _ ~ -.')
  }
  const host = flags.host ?? DEFAULT_HOST
  const logForm = parseLogForm(flags.log ?? 'text')
  if (logForm === 'json' && token === undefined && !isLoopback(host)) {
    throw usageError('A token that is made is not logged: give one with WATTLINE_TOKEN or --token.')
  }
  return {
    port: flags.port === undefined ? DEFAULT_PORT : parsePort(flags.port),
    host,
    dir: resolve(io.cwd, flags.dir ?? defaultDir(io)),
    dirIsGiven: (flags.dir ?? nonEmpty(io.env['WATTLINE_DIR'])) !== undefined,
    token,
    fsync: flags.fsync ?? false,
    keepRuns: flags.keep === undefined ? undefined : parseWhole('--keep', flags.keep, 1, 'runs'),
    maxDiskBytes: flags.maxDisk === undefined ? undefined : parseBytes('--max-disk', flags.maxDisk),
    logForm,
  }
}

function parseLogForm(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text
  throw usageError(`--log takes text or json, not '${text}'.`)
}

/** A path as people write it: with `~` for their home. */
export function tildePath(path: string, io: Pick<CliIo, 'env'>): string {
  const home = nonEmpty(io.env['HOME']) ?? homedir()
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

/** 0 (any free port) to 65535. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw usageError(`--port takes a number from 0 to 65535, not '${text}'.`)
  return port
}

/** A whole number of at least `least`, with or without `_` between digits, `k` or `M` behind it. */
export function parseWhole(flag: string, text: string, least: number, what: string): number {
  const match = /^(\d[\d_]*)([kM]?)$/.exec(text)
  const scale = { '': 1, k: 1e3, M: 1e6 }[match?.[2] ?? ''] ?? 1
  const value = Number(match?.[1]?.replaceAll('_', '')) * scale
  if (!Number.isSafeInteger(value) || value < least) {
    throw usageError(`${flag} takes a number of ${what}, ${least} or more, not '${text}'.`)
  }
  return value
}

/** A positive number such as a speed. */
export function parsePositive(flag: string, text: string, what: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value > 0)) throw usageError(`${flag} takes ${what} above 0, not '${text}'.`)
  return value
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** Less is a slip, such as `5` for 5 GB, which would cost nearly all runs. */
const LEAST_BYTES = 1e6

/** `500MB`, `20 GB`, `1g`, or plain bytes. */
export function parseBytes(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text.trim())
  const unit = BYTE_UNITS[match?.[2]?.toLowerCase() ?? '']
  const value =
    match === null || unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit)
  if (!(value >= LEAST_BYTES)) {
    throw usageError(`${flag} takes a size like 500MB or 20GB, 1MB or more, not '${text}'.`)
  }
  return value
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  '': 1,
  m: 60,
  min: 60,
  h: 3600,
}

/** `90s`, `10m`, `1.5h`, or plain seconds, as seconds. */
export function parseDurationS(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const unit = SECONDS[match?.[2]?.toLowerCase() ?? '']
  const value = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit
  if (!(value > 0)) throw usageError(`${flag} takes a time like 90s or 10m, not '${text}'.`)
  return value
}

/** `--interval` (`100ms`, `0.5s`): the time between two power samples, 50 ms to 1 s, in milliseconds. */
export function parseIntervalMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_INTERVAL_MS
  const intervalMs = parseDurationS('--interval', text) * 1000
  try {
    return checkIntervalMs(intervalMs)
  } catch (error) {
    throw usageError(`--interval takes 50ms to 1s, not '${text}'.`, error)
  }
}

/** Unix seconds, or any date that ISO 8601 can say, as Unix seconds. */
export function parseTimeS(flag: string, text: string): number {
  const timeS = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(timeS)) return timeS
  throw usageError(`${flag} takes a time like 2026-01-31T12:00:00Z or Unix seconds, not '${text}'.`)
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
