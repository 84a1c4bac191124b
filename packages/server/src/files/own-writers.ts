/** Who wrote which part of a run's own log: `run.json` and `appends` beside its `events.jsonl`. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../base/errors.ts'
import { RECORD_BYTES, readRecord } from '../storage/folder/append-record.ts'
import { APPENDS_FILE, LOG_FILE } from '../storage/folder/run-meta.ts'
import { loadRunMeta } from '../storage/folder/writer-journal.ts'

/** Lines of one writer, from the end of the part before. */
export interface WriterPart {
  /** Id of the writer. */
  readonly writer: string
  /** Position after the lines. */
  readonly end: number
}

/** The parts of the log at `path`; none if it is not the log of a run. */
export async function writerParts(path: string): Promise<readonly WriterPart[]> {
  const folder = dirname(path)
  const writers = basename(path) === LOG_FILE ? loadRunMeta(folder)?.writers : undefined
  if (writers === undefined) return []
  const appends = await readFile(join(folder, APPENDS_FILE)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  const parts: WriterPart[] = []
  for (let at = 0; ; at += RECORD_BYTES) {
    const record = readRecord(appends, at)
    if (record === undefined) return parts
    const writer = writers[record.writer]?.id ?? ''
    if (parts.at(-1)?.writer === writer) parts.pop()
    parts.push({ writer, end: record.end })
  }
}
