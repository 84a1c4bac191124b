/**
 * Reads a run from a cursor, and then follows it: from the tail in memory where the cursor is in it,
 * else from the files.
 *
 * ```
 * cursor ──▶ in the tail? ─yes─▶ shared chunk ─────────────┐
 *      ▲         │no                                       ├─▶ yield, cursor = chunk.cursor
 *      │         └─▶ bisect `appends` ─▶ read whole records ┘
 *      └── at the committed end: `caughtUp`, wait to be woken
 * ```
 */
import { FileReader } from './file-reader.ts'
import type { RunLog } from './run-log.ts'
import type { LogChunk, LogItem, ReadFrom } from '../store.ts'

const LF = 10

export async function* readRun(
  run: RunLog,
  from: ReadFrom,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  let resolveWait: () => void = () => undefined
  const wake = () => resolveWait()
  const stopReading = run.addReader(wake)
  signal.addEventListener('abort', wake)
  const files = new FileReader(run)
  try {
    let { cursor } = from
    let isCaughtUp = false
    let gen = (await isValid(run, files, from)) ? run.meta.gen : undefined
    while (!signal.aborted) {
      if (run.ended === 'removed') {
        yield { type: 'removed' }
        return
      }
      if (gen !== run.meta.gen) {
        await files.close()
        gen = run.meta.gen
        cursor = 0
        isCaughtUp = false
        yield { type: 'reset', gen }
      } else if (cursor < run.meta.end) {
        const recent = run.tail.after(cursor)
        // Only readers that were away or slow read from the file. They will catch up again.
        if (recent === undefined) isCaughtUp = false
        const chunk: LogChunk | undefined = recent ?? (await nextChunk(run, files, cursor))
        if (chunk === undefined) continue
        yield chunk
        cursor = chunk.cursor
      } else {
        if (!isCaughtUp) yield { type: 'caughtUp', cursor }
        isCaughtUp = true
        await files.close()
        if (from.follow === false || run.ended === 'closed') return
        const hasNews = gen !== run.meta.gen || cursor !== run.meta.end || run.ended !== undefined
        if (!hasNews && !signal.aborted) {
          await new Promise<void>((resolve) => {
            resolveWait = resolve
          })
        }
      }
    }
  } finally {
    stopReading()
    signal.removeEventListener('abort', wake)
    await files.close()
  }
}

/** Undefined when the folder was deleted during the read. The run then counts as removed. */
async function nextChunk(
  run: RunLog,
  files: FileReader,
  cursor: number,
): Promise<LogChunk | undefined> {
  try {
    return await files.next(cursor)
  } catch (error) {
    if (run.vanished()) return undefined
    throw error
  }
}

/** Whether the position is in the current generation of the log, after a whole line. */
async function isValid(run: RunLog, files: FileReader, from: ReadFrom): Promise<boolean> {
  const { cursor, gen } = from
  if (gen !== undefined && gen !== run.meta.gen) return false
  if (cursor === 0) return true
  if (gen === undefined || !Number.isSafeInteger(cursor)) return false
  if (cursor < 0 || cursor > run.meta.end) return false
  return cursor === run.meta.end || (await files.byteAt(cursor - 1)) === LF
}
