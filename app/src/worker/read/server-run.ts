/** Parses the server's JSON of runs and control frames. Modules behind it see no `unknown` or `null`. */
import { showHidden, type RunState, type WriterInfo, type WriterState } from '@wattline/trace'
import { isRecord, listOf, numberOf, textOf } from '../../base/json.ts'
import type { RunEntry } from '../../model/run-info.ts'

/** The part of a `WriterInfo` that the page uses, with undefined for null. */
export interface ServerWriter extends Pick<WriterInfo, 'id' | 'name' | 'state' | 'lost'> {
  readonly duplicates: number | undefined
  readonly clockBehindS: number | undefined
}

export interface ServerRun {
  readonly entry: RunEntry
  readonly writers: readonly ServerWriter[]
}

/** Parses a run of `/api/runs` or `/watch`; undefined if it is none. */
export function parseRun(value: unknown): ServerRun | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string') return undefined
  const id = value['id']
  const writers = listOf(value['writers']).flatMap(parseWriter)
  const entry: RunEntry = {
    id,
    name: showHidden(textOf(value['name']) || id),
    state: oneOf<RunState>(value['state'], ['live', 'ended', 'lost'], 'ended'),
    startedS: numberOf(value['startedAt']) ?? numberOf(value['createdAt']),
    updatedS: numberOf(value['updatedAt']),
    events: numberOf(value['events']),
    bytes: numberOf(value['bytes']),
    readOnly: value['readOnly'] === true,
    aheadS: aheadOf(writers),
    quietSinceS: quietSince(listOf(value['writers'])),
    local: false,
  }
  return { entry, writers }
}

/** When the last live writer was seen, if all of them are quiet. */
function quietSince(writers: readonly unknown[]): number | undefined {
  const live = writers.filter(isRecord).filter(({ state }) => state === 'live')
  if (live.length === 0 || !live.every(({ quiet }) => quiet === true)) return undefined
  const seenS = Math.max(...live.map((writer) => numberOf(writer['lastSeenAt']) ?? NaN))
  return Number.isNaN(seenS) ? undefined : seenS
}

/** A smaller offset of a writer's clock is not distinguished from none. */
const LEAST_AHEAD_S = 1

/** One live writer whose clock is right keeps now at the server's clock. */
function aheadOf(writers: readonly ServerWriter[]): number | undefined {
  const offsetsS = writers
    .filter(({ state }) => state === 'live')
    .map(({ clockBehindS = 0 }) => -clockBehindS)
  const leastS = Math.min(...offsetsS)
  return Number.isFinite(leastS) && leastS > LEAST_AHEAD_S ? leastS : undefined
}

function parseWriter(value: unknown): ServerWriter[] {
  if (!isRecord(value) || typeof value['id'] !== 'string') return []
  return [
    {
      id: value['id'],
      name: textOf(value['name']),
      state: oneOf<WriterState>(value['state'], ['live', 'closed', 'lost'], 'lost'),
      lost: numberOf(value['lost']) ?? 0,
      duplicates: numberOf(value['duplicates']),
      clockBehindS: numberOf(value['clockBehindS']),
    },
  ]
}

/** The server's clock in a control frame, Unix seconds; undefined if it has none. */
export function serverTimeS(frame: string): number | undefined {
  const text = /"now":(\d+(?:\.\d+)?)\}$/.exec(frame)?.[1]
  return text === undefined ? undefined : Number(text)
}

/** A control frame of `/watch`, parsed; see `WatchControl` for its JSON. */
export type Control =
  | { readonly type: 'hello'; readonly gen: string; readonly run: ServerRun | undefined }
  | { readonly type: 'writer'; readonly writer: string }
  | { readonly type: 'run'; readonly run: ServerRun }
  | { readonly type: 'caughtUp' }
  | { readonly type: 'reset'; readonly gen: string }
  /** A frame of a newer server. */
  | { readonly type: 'unknown' }

export function parseControl(frame: string): Control {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return { type: 'unknown' }
  }
  if (!isRecord(value)) return { type: 'unknown' }
  const { reset, gen, writer } = value
  if (typeof reset === 'string') return { type: 'reset', gen: reset }
  if (typeof gen === 'string') return { type: 'hello', gen, run: parseRun(value['run']) }
  if (typeof writer === 'string') return { type: 'writer', writer }
  if (value['caughtUp'] !== undefined) return { type: 'caughtUp' }
  const run = parseRun(value['run'])
  return run === undefined ? { type: 'unknown' } : { type: 'run', run }
}

function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.find((one) => one === value) ?? otherwise
}
