/** Lines on their way into the log, by whichever door: appended, timed and counted. */
import type { ServerContext } from './context.ts'
import type { Door } from './metrics.ts'
import { StoreError, type AppendResult } from '../storage/store.ts'

export interface Lines {
  /** Number of the first line; undefined = the writer's next. */
  readonly first: number | undefined
  readonly bytes: Uint8Array
  readonly count: number
}

/** As `RunStore.append`. */
export async function ingest(
  { runs, metrics, log }: ServerContext,
  door: Door,
  { run, writer }: { readonly run: string; readonly writer: string },
  { first, bytes, count }: Lines,
): Promise<AppendResult> {
  const startMs = performance.now()
  let result: AppendResult
  try {
    result = await runs.store.append(run, writer, first, bytes, count)
  } catch (error) {
    metrics.notAppended(error instanceof StoreError ? error.code : 'failed')
    throw error
  }
  metrics.appended(door, count, bytes.length, result, (performance.now() - startMs) / 1000)
  if (result.lost > 0) log(`${result.lost} lines never arrived`, { run, writer })
  return result
}
