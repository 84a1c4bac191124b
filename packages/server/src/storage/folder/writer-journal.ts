/**
 * `writers`: the writers that are new or have another state than in `run.json`, one JSON line each.
 * A line costs the same however many writers a run has, and `run.json` grows with their number, so
 * `run.json` is only written once a second.
 *
 * ```
 * run.json   w0 w1 w2              all writers
 * writers    w3 · w1 lost · w4     later changes, deleted when `run.json` has them
 * ```
 */
import { readFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { WriterState } from '@wattline/trace'
import { withFile, writeFully } from '../../base/file-io.ts'
import {
  newWriterMeta,
  readRunMeta,
  syncFolder,
  type RunMeta,
  type WriterMeta,
} from './run-meta.ts'

const JOURNAL_FILE = 'writers'

interface JournalLine {
  /** Index in `meta.writers`. */
  readonly at: number
  readonly id: string
  readonly name: string
  readonly state: WriterState
  readonly lastSeenAt: number
}

/** The run of a folder with all its writers; undefined when it has no Wattline `run.json`. */
export function loadRunMeta(folder: string): RunMeta | undefined {
  const meta = readRunMeta(folder)
  if (meta !== undefined) applyJournal(folder, meta.writers)
  return meta
}

/** Synchronous for the same reason as `readRunMeta`. A torn line ends the journal. */
function applyJournal(folder: string, writers: WriterMeta[]): void {
  let text: string
  try {
    text = readFileSync(join(folder, JOURNAL_FILE), 'utf8')
  } catch {
    // There is none, or it cannot be read: then only `run.json` counts.
    return
  }
  for (const row of text.split('\n').slice(0, -1)) {
    const line = parseJournalLine(row)
    if (line === undefined || line.at > writers.length) return
    const { at, id, name, state, lastSeenAt } = line
    const known = writers[at]
    if (known === undefined) writers.push({ ...newWriterMeta(id), name, state, lastSeenAt })
    // A kill may leave a journal that `run.json` contains already.
    else if (known.id === id && lastSeenAt >= known.lastSeenAt) {
      Object.assign(known, { name, state, lastSeenAt })
    }
  }
}

/** Writes the journal of one run. Calls must not overlap, nor overlap with writes of `run.json`. */
export class WriterJournal {
  readonly #folder: string
  readonly #meta: RunMeta
  readonly #fsync: boolean
  /** Indexes of writers that neither file has as they are. */
  readonly #pending = new Set<number>()
  /**
   * Length of whole lines; what follows was not written completely. Undefined while the file of an
   * earlier process may be there, with changes that are not in `run.json`.
   */
  #bytes: number | undefined

  constructor(folder: string, meta: RunMeta, fsync: boolean) {
    this.#folder = folder
    this.#meta = meta
    this.#fsync = fsync
  }

  get isPending(): boolean {
    return this.#pending.size > 0
  }

  changed(writer: number): void {
    this.#pending.add(writer)
  }

  /** False when the changes have to be written with `renew`. */
  async write(): Promise<boolean> {
    const start = this.#bytes
    const changed = [...this.#pending]
    if (start === undefined) return false
    if (changed.length === 0) return true
    const lines = Buffer.from(changed.map((at) => this.#line(at)).join(''))
    this.#pending.clear()
    const isNew = start === 0
    try {
      await withFile(
        open(join(this.#folder, JOURNAL_FILE), isNew ? 'w' : 'r+', 0o600),
        async (file) => {
          await writeFully(file, [lines], start)
          if (this.#fsync) await file.datasync()
        },
      )
      if (this.#fsync && isNew) await syncFolder(this.#folder)
    } catch {
      for (const at of changed) this.#pending.add(at)
      return false
    }
    this.#bytes = start + lines.length
    return true
  }

  /** Writes `run.json` with `save`, which contains all writers, and begins a new journal. */
  async renew(save: () => Promise<void>): Promise<void> {
    const saved = [...this.#pending]
    this.#pending.clear()
    try {
      await save()
    } catch (error) {
      for (const at of saved) this.#pending.add(at)
      throw error
    }
    if (this.#bytes === 0) return
    this.#bytes = 0
    await rm(join(this.#folder, JOURNAL_FILE), { force: true })
  }

  #line(at: number): string {
    const { id, name, state, lastSeenAt } = this.#meta.writers[at] as WriterMeta
    return `${JSON.stringify({ at, id, name, state, lastSeenAt } satisfies JournalLine)}\n`
  }
}

const STATES: readonly string[] = ['live', 'lost', 'closed'] satisfies readonly WriterState[]

function parseJournalLine(text: string): JournalLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<JournalLine> | null
    const isWhole =
      line !== null &&
      Number.isSafeInteger(line.at) &&
      Number(line.at) >= 0 &&
      typeof line.id === 'string' &&
      typeof line.name === 'string' &&
      STATES.includes(line.state ?? '') &&
      Number.isFinite(line.lastSeenAt)
    return isWhole ? (line as JournalLine) : undefined
  } catch {
    // It was torn by a kill.
    return undefined
  }
}
