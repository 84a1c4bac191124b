/** What the wire and the HTTP routes share of one server. */
import type { Liveness } from './liveness.ts'
import type { Metrics } from './metrics.ts'
import type { Log } from '../options.ts'
import type { RequestRate } from './request-rate.ts'
import type { RunInfo } from '@wattline/trace'
import type { Runs } from './runs.ts'
import type { Summaries } from './summary.ts'

export interface ServerContext {
  readonly runs: Runs
  readonly liveness: Liveness
  readonly summaries: Summaries
  readonly metrics: Metrics
  readonly maxLineBytes: number
  readonly maxBodyBytes: number
  readonly maxConnections: number
  readonly requestRate: RequestRate
  readonly lostAfterMs: number
  readonly heartbeatMs: number
  readonly dashboardDir: string
  readonly openFile: ((path: string) => Promise<RunInfo>) | undefined
  readonly log: Log
  /** Aborted when the server begins to close. */
  readonly closing: AbortSignal
}

/** The writer of those who post without naming one. */
export const HTTP_WRITER = 'http'

const WRITER_ID = /^[\w.:@+-]{1,128}$/

/** Says what is wrong with a writer's id, or undefined. */
export function writerIdProblem(id: string): string | undefined {
  if (WRITER_ID.test(id)) return undefined
  return `expected a writer id of 1 to 128 letters, digits or "._:@+-", got ${JSON.stringify(id.slice(0, 140))}`
}

const MAX_NAME_CHARS = 200

/** A name for people: one line, of bounded length; undefined when nothing is left. */
export function cleanName(name: string | null | undefined): string | undefined {
  const clean = name
    ?.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARS)
  return clean === '' ? undefined : clean
}
