/** The edge where the server's JSON becomes typed data. Nothing behind it sees `unknown` or `null`. */
import type { WriterState } from '@wattline/trace'
import type { RunInfo, RunState } from '../../model/run-info.ts'
import { visible } from '../../base/visible.ts'

export interface ServerWriter {
  readonly id: string
  readonly name: string
  readonly state: WriterState
  readonly lost: number
  /** Undefined where the server does not count them: a file that it only reads. */
  readonly duplicates: number | undefined
  /** Seconds; negative = ahead. */
  readonly clockBehindS: number | undefined
}

export interface ServerRun {
  readonly info: RunInfo
  readonly writers: readonly ServerWriter[]
}

type Json = { readonly [key: string]: unknown }

/** A run as `/api/runs` and `/watch` tell it; undefined when it is not one. */
export function parseRun(value: unknown): ServerRun | undefined {
  if (!isJson(value) || typeof value['id'] !== 'string') return undefined
  const id = value['id']
  const info: RunInfo = {
    id,
    name: visible(text(value['name']) || id),
    state: oneOf<RunState>(value['state'], ['live', 'ended', 'lost'], 'ended'),
    startedS: number(value['startedAt']) ?? number(value['createdAt']),
    updatedS: number(value['updatedAt']),
    events: number(value['events']),
    bytes: number(value['bytes']),
    readOnly: value['readOnly'] === true,
    local: false,
  }
  return { info, writers: list(value['writers']).flatMap(parseWriter) }
}

function parseWriter(value: unknown): ServerWriter[] {
  if (!isJson(value) || typeof value['id'] !== 'string') return []
  return [
    {
      id: value['id'],
      name: text(value['name']),
      state: oneOf<WriterState>(value['state'], ['live', 'closed', 'lost'], 'lost'),
      lost: number(value['lost']) ?? 0,
      duplicates: number(value['duplicates']),
      clockBehindS: number(value['clockBehindS']),
    },
  ]
}

/** What a control frame of `/watch` says. */
export type Control =
  | { readonly type: 'hello'; readonly gen: string; readonly run: ServerRun | undefined }
  | { readonly type: 'writer'; readonly writer: string }
  | { readonly type: 'run'; readonly run: ServerRun }
  | { readonly type: 'caughtUp' }
  | { readonly type: 'reset'; readonly gen: string }
  | { readonly type: 'unknown' }

/** Reads a control frame. A kind we do not know is `unknown`: a newer server may say more. */
export function parseControl(frame: string): Control {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return { type: 'unknown' }
  }
  if (!isJson(value)) return { type: 'unknown' }
  const { reset, gen } = value
  if (typeof reset === 'string') return { type: 'reset', gen: reset }
  if (typeof gen === 'string') return { type: 'hello', gen, run: parseRun(value['run']) }
  if (typeof value['writer'] === 'string') return { type: 'writer', writer: value['writer'] }
  if (value['caughtUp'] !== undefined) return { type: 'caughtUp' }
  const run = parseRun(value['run'])
  return run === undefined ? { type: 'unknown' } : { type: 'run', run }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.find((one) => one === value) ?? otherwise
}
