/** Errors of the HTTP routes: a status, and one sentence in `{"error"}`. */
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { FoundRun, Runs } from '../runs/runs.ts'
import { StoreError } from '../storage/store.ts'

/** The message says what was expected, what was received and what to do. */
export class HttpError extends Error {
  readonly status: ContentfulStatusCode
  constructor(status: ContentfulStatusCode, message: string) {
    super(message)
    this.name = 'HttpError'
    this.status = status
  }
}

/** @throws {HttpError} when there is no such run. */
export async function findRun(runs: Runs, run: string): Promise<FoundRun> {
  const found = await runs.find(run)
  if (found !== undefined) return found
  throw new HttpError(404, `there is no run ${run}; GET /api/runs lists all runs`)
}

/** The HTTP status of an error; undefined for an unexpected error. */
export function statusOf(error: unknown): ContentfulStatusCode | undefined {
  if (error instanceof HttpError) return error.status
  if (!(error instanceof StoreError)) return undefined
  switch (error.code) {
    case 'removed':
      return 410
    case 'refused':
      return 400
    case 'conflict':
      return 412
    case 'closed':
      return 503
    case 'failed':
      return 507
  }
}
