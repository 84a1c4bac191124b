/** Appends received lines to the log, and counts and times them for the metrics. */
import type { ServerContext } from './context.ts'
import type { Transport } from './metrics.ts'
import { StoreError, type AppendResult } from '../storage/store.ts'

export interface Lines {
  /** Number of the first line; undefined = the next one of the writer. */
  readonly firstSeq: number | undefined
  readonly lines: Uint8Array
  readonly count: number
}

/** Like `RunStore.append`. */
export async function ingest(
  { runs, metrics, health, logger }: ServerContext,
  transport: Transport,
  { run, writer }: { readonly run: string; readonly writer: string },
  { firstSeq, lines, count }: Lines,
): Promise<AppendResult> {
  const startMs = performance.now()
  let result: AppendResult
  try {
    result = await runs.store.append(run, writer, firstSeq, lines, count)
  } catch (error) {
    health.writeFailed(error)
    metrics.appendFailed(error instanceof StoreError ? error.code : 'failed')
    throw error
  }
  metrics.appended(transport, count, lines.length, result, (performance.now() - startMs) / 1000)
  if (result.lost > 0) logger(`${result.lost} lines never arrived`, { run, writer })
  return result
}
