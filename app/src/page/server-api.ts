/** What the list of runs asks of the server. Each function rejects with a sentence for people. */
import { parseRun } from '../worker/read/server-run.ts'
import type { RunEntry } from '../model/run-info.ts'

/** The figures of a run that only its log tells. */
export interface RunSummary {
  /** False when the log is too long to be read for a list. */
  readonly isWhole: boolean
  readonly spans: number
  readonly errors: number
  readonly agents: number
  /** Undefined where the log tells none, as in what follows. */
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
  readonly energyJ: number | undefined
  readonly durationS: number | undefined
  /** Spans started in each part of the duration. */
  readonly density: readonly number[]
}

/** A log that comes with the page, to look at before one has one's own. */
export interface Sample {
  readonly name: string
  readonly file: string
  readonly about: string
}

export async function listRuns(base: string, signal: AbortSignal): Promise<readonly RunEntry[]> {
  const value = await getJson(new URL('api/runs', base), signal)
  if (!Array.isArray(value)) throw new Error('The server did not answer with a list of runs.')
  return value.flatMap((one) => parseRun(one)?.entry ?? [])
}

export async function getSummary(
  base: string,
  runId: string,
  signal: AbortSignal,
): Promise<RunSummary> {
  const value = await getJson(new URL(`${runPath(runId)}/summary`, base), signal)
  return parseSummary(value)
}

/** An answer of an older or newer server may lack a figure: it counts as none. */
function parseSummary(value: unknown): RunSummary {
  const fields = isRecord(value) ? value : {}
  const tokens = isRecord(fields['tokens']) ? fields['tokens'] : {}
  const { sparkline } = fields
  return {
    isWhole: fields['complete'] !== false,
    spans: count(fields['spans']),
    errors: count(fields['errors']),
    agents: count(fields['agents']),
    tokens: known(tokens['total']),
    costUsd: known(fields['costUsd']),
    energyJ: known(fields['energyJ']),
    durationS: known(fields['durationS']),
    density: Array.isArray(sparkline) ? sparkline.map(count) : [],
  }
}

export async function renameRun(base: string, runId: string, name: string): Promise<void> {
  await change(new URL(runPath(runId), base), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
}

export async function deleteRun(base: string, runId: string): Promise<void> {
  await change(new URL(runPath(runId), base), { method: 'DELETE' })
}

/** Samples that were built into the page; none is no failure. */
export async function listSamples(base: string, signal: AbortSignal): Promise<readonly Sample[]> {
  const value = await getJson(new URL('samples/index.json', base), signal)
  const all: unknown = isRecord(value) ? value['samples'] : value
  return Array.isArray(all) ? all.flatMap(parseSample) : []
}

/** Fetches a sample as the file it is. */
export async function fetchSample(base: string, { file }: Sample): Promise<File> {
  const response = await fetch(new URL(`samples/${encodeURIComponent(file)}`, base))
  if (!response.ok) throw new Error(`The sample ${file} is not there (${response.status}).`)
  return new File([await response.blob()], file)
}

function parseSample(value: unknown): Sample[] {
  if (!isRecord(value)) return []
  const file = value['file'] ?? value['path']
  if (typeof file !== 'string') return []
  const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '')
  const about = text('about') || text('description')
  return [{ file, name: text('name') || text('title') || file, about }]
}

function runPath(runId: string): string {
  return `api/runs/${encodeURIComponent(runId)}`
}

async function getJson(url: URL, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(await reasonOf(response))
  return response.json()
}

async function change(url: URL, init: RequestInit): Promise<void> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(await reasonOf(response))
}

/** The server says why in `{"error": …}`. */
async function reasonOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && typeof value['error'] === 'string') return value['error']
  } catch {
    // Not JSON: some proxy answered. Its status says as much as its page.
  }
  return `The server answered ${response.status}.`
}

function known(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
