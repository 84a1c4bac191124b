/** State that the WebSocket endpoints and the HTTP routes of one server share. */
import type { RunInfo } from '@wattline/trace'
import type { Health } from './health.ts'
import type { Liveness } from './liveness.ts'
import type { Metrics } from './metrics.ts'
import type { RequestRate } from './request-rate.ts'
import type { Runs } from './runs.ts'
import type { Summaries } from './summary.ts'
import type { Unfinished } from './unfinished.ts'

/** Takes a sentence for people, and for programs the run and writer that it is about. */
export type Logger = (line: string, subject?: LogSubject) => void

export interface LogSubject {
  readonly run?: string
  readonly writer?: string
}

/** How `POST /api/open` opens files. */
export interface Opening {
  /** Programs prove with it that they belong to the user of the server. */
  readonly secret: string
  readonly openFile: (path: string) => Promise<RunInfo>
}

export interface ServerContext {
  readonly version: string
  readonly runs: Runs
  readonly liveness: Liveness
  readonly health: Health
  readonly summaries: Summaries
  readonly metrics: Metrics
  readonly unfinished: Unfinished
  readonly maxLineBytes: number
  readonly maxBodyBytes: number
  readonly maxConnections: number
  readonly requestRate: RequestRate
  readonly lostAfterMs: number
  readonly heartbeatMs: number
  readonly dashboardDir: string
  readonly opening: Opening | undefined
  readonly logger: Logger
  /** Aborted when the server begins to close. */
  readonly closing: AbortSignal
}

/** The writer of posted lines whose request names none. */
export const HTTP_WRITER = 'http'

const WRITER_ID = /^[\w.:@+-]{1,128}$/

/** Describes why a writer id cannot be used; undefined when it can. */
export function writerIdProblem(id: string): string | undefined {
  if (WRITER_ID.test(id)) return undefined
  return `expected a writer id of 1 to 128 letters, digits or "._:@+-", got ${JSON.stringify(id.slice(0, 140))}`
}

const MAX_NAME_CHARS = 200

/** A display name: one line of bounded length; undefined when nothing is left. */
export function cleanName(name: string | null | undefined): string | undefined {
  const clean = name
    ?.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARS)
  return clean === '' ? undefined : clean
}
