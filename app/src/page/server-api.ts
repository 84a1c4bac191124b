/** The server's HTTP API. Functions reject with an error whose message can be shown to the user. */
import type { CostSource } from '@wattline/trace'
import { isRecord, listOf, numberOf } from '../base/json.ts'
import { reasonOf, RefusalError } from '../base/reply.ts'
import { REQUEST_MS, request } from '../base/request.ts'
import { parseRun } from '../worker/read/server-run.ts'
import type { RunEntry } from '../model/run-info.ts'

/** Values of a run that are computed from its log. */
export interface RunNumbers {
  /** False if the log is too long to be read completely. */
  readonly isWhole: boolean
  /** Values are undefined if the log has none, or the server left them out. */
  readonly spans: number | undefined
  readonly errors: number | undefined
  readonly agents: number | undefined
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
  readonly costSource: CostSource | undefined
  readonly energyJ: number | undefined
  readonly durationS: number | undefined
  /** Spans started in each part of the duration. */
  readonly density: readonly number[]
}

/** A sample log that is part of the page. */
export interface Sample {
  readonly name: string
  readonly file: string
  readonly about: string
}

/** @param silentMs the longest wait for the server, 10 s at most */
export async function listRuns(
  base: string,
  signal: AbortSignal,
  silentMs = REQUEST_MS,
): Promise<readonly RunEntry[]> {
  const value = await getJson(new URL('api/runs', base), signal, Math.min(silentMs, REQUEST_MS))
  if (!Array.isArray(value)) throw new Error('The server did not answer with a list of runs.')
  return value.flatMap((one) => parseRun(one)?.entry ?? [])
}

export async function getSummary(
  base: string,
  runId: string,
  signal: AbortSignal,
): Promise<RunNumbers> {
  return parseSummary(await getJson(new URL(`${runPath(runId)}/summary`, base), signal))
}

/** Parses a summary; an older or newer server may leave out values. */
function parseSummary(value: unknown): RunNumbers {
  const fields = isRecord(value) ? value : {}
  const tokens = isRecord(fields['tokens']) ? fields['tokens'] : {}
  const { sparkline } = fields
  return {
    isWhole: fields['complete'] !== false,
    spans: numberOf(fields['spans']),
    errors: numberOf(fields['errors']),
    agents: numberOf(fields['agents']),
    tokens: numberOf(tokens['total']),
    costUsd: numberOf(fields['costUsd']),
    costSource: costSourceOf(fields['costSource']),
    energyJ: numberOf(fields['energyJ']),
    durationS: numberOf(fields['durationS']),
    density: listOf(sparkline).map(countOf),
  }
}

function countOf(value: unknown): number {
  return numberOf(value) ?? 0
}

export async function renameRun(base: string, runId: string, name: string): Promise<void> {
  await demand(new URL(runPath(runId), base), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
}

export async function deleteRun(base: string, runId: string): Promise<void> {
  await demand(new URL(runPath(runId), base), { method: 'DELETE' })
}

/** The sample logs that were built into the page. */
export async function listSamples(base: string, signal: AbortSignal): Promise<readonly Sample[]> {
  const value = await getJson(new URL('samples/index.json', base), signal)
  return isRecord(value) ? listOf(value['samples']).flatMap(parseSample) : []
}

/** Downloads a sample. */
export async function fetchSample(base: string, { file }: Sample): Promise<File> {
  const response = await request(new URL(`samples/${encodeURIComponent(file)}`, base))
  if (!response.ok) throw new Error(`The sample ${file} could not be loaded (${response.status}).`)
  // The same time each time, so that a sample that is opened again is the same run.
  return new File([await response.blob()], file, { lastModified: 0 })
}

function parseSample(value: unknown): Sample[] {
  if (!isRecord(value)) return []
  const { file, name, about } = value
  if (typeof file !== 'string' || typeof name !== 'string' || typeof about !== 'string') return []
  return [{ file, name, about }]
}

function runPath(runId: string): string {
  return `api/runs/${encodeURIComponent(runId)}`
}

async function getJson(url: URL, signal: AbortSignal, silentMs?: number): Promise<unknown> {
  return (await demand(url, { signal }, silentMs)).json()
}

/** Rejects with the server's reason unless the status is a success. */
async function demand(url: URL, init: RequestInit, silentMs?: number): Promise<Response> {
  const response = await request(url, init, silentMs)
  if (!response.ok) throw new RefusalError(await reasonOf(response))
  return response
}

function costSourceOf(value: unknown): CostSource | undefined {
  const isSource = value === 'logged' || value === 'estimated' || value === 'lower-bound'
  return isSource ? value : undefined
}
