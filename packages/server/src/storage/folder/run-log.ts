/**
 * One run in its folder: queues appends, commits them in groups, and ends when it is removed.
 *
 * ```
 * append ─▶ queue ─▶ commit: lines → events.jsonl, then records → appends ─▶ counts, tail, readers
 *                    (one write per file for the whole queue)                  └▶ append resolves
 * ```
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { WriterState } from '@wattline/trace'
import { MAX_SPAN_BYTES } from './append-record.ts'
import type { OpenFiles } from './open-files.ts'
import { apply } from './recovery.ts'
import { RunFiles, type Group } from './run-files.ts'
import { newWriterMeta, nowS, writeRunMeta, type RunMeta, type WriterMeta } from './run-meta.ts'
import { StoreError, type AppendResult, type LogChunk, type WriterChange } from '../store.ts'
import { Tail } from './tail.ts'
import { firstTimeS, WriterClocks } from './writer-clock.ts'
import { WriterJournal } from './writer-journal.ts'

const MAX_BATCH_BYTES = 4 * 1024 * 1024
const SAVE_AFTER_MS = 1000
/** All of them are in `run.json`, and are sent to every viewer. */
const MAX_WRITERS = 10_000
const NOTHING = new Uint8Array(0)

interface PendingAppend {
  readonly writer: number
  readonly lastSeq: number
  readonly lines: Uint8Array
  readonly count: number
  readonly lost: number
  readonly duplicates: number
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: StoreError) => void
}

export interface RunLogOptions {
  readonly folder: string
  readonly meta: RunMeta
  readonly fsync: boolean
  /** Shared by all runs. */
  readonly openFiles: OpenFiles
  /** Record count of `appends` that starts a merge; the next starts at twice the merged count. */
  readonly compactAboveRecords: number
  /** Called after each change of the run's info. */
  readonly onChange: () => void
  readonly logger: (line: string) => void
}

export class RunLog {
  readonly folder: string
  readonly meta: RunMeta
  readonly tail = new Tail()
  readonly #options: RunLogOptions
  /** Index of each writer in `meta.writers`. */
  readonly #writers = new Map<string, number>()
  /** Number of the last queued line, by writer; ahead of `lastSeq` while a commit runs. */
  readonly #queuedSeq: number[] = []
  readonly #clocks = new WriterClocks()
  readonly #readers = new Set<() => void>()
  #queue: PendingAppend[] = []
  #draining: Promise<void> | undefined
  readonly files: RunFiles
  #compactAbove: number
  readonly #journal: WriterJournal
  /** How many writers are live. Counted, because asking each one takes long when there are many. */
  #live = 0
  #dirty = false
  #saveFailed = false
  #saveTimer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  /** Why it takes no more lines; undefined while it does. */
  ended: 'removed' | 'closed' | undefined

  constructor(options: RunLogOptions) {
    this.folder = options.folder
    this.meta = options.meta
    this.#options = options
    this.files = new RunFiles(options.folder, options.fsync, options.openFiles)
    this.#compactAbove = options.compactAboveRecords
    this.#journal = new WriterJournal(options.folder, options.meta, options.fsync)
    this.meta.writers.forEach((writer, index) => {
      this.#writers.set(writer.id, index)
      this.#queuedSeq.push(writer.lastSeq)
      if (writer.state === 'live') this.#live += 1
    })
  }

  /** Whether no writer is live: its files may be closed and the run may be retired. */
  get idle(): boolean {
    return this.#draining === undefined && this.meta.writers.length > 0 && this.#live === 0
  }

  append(
    writerId: string,
    firstSeq: number | undefined,
    lines: Uint8Array,
    count: number,
  ): Promise<AppendResult> {
    this.#assertOpen()
    const writer = this.#writerIndex(writerId)
    const held = this.#queuedSeq[writer] ?? 0
    const first = firstSeq ?? held + 1
    const lastSeq = first + count - 1
    const duplicates = Math.min(count, Math.max(0, held + 1 - first))
    const lost = Math.max(0, first - held - 1)
    if (lastSeq > held) this.#queuedSeq[writer] = lastSeq
    return new Promise((resolve, reject) => {
      this.#queue.push({
        writer,
        lastSeq: Math.max(held, lastSeq),
        lines: duplicates === 0 ? lines : skipLines(lines, duplicates),
        count: count - duplicates,
        lost,
        duplicates,
        resolve,
        reject,
      })
      this.#draining ??= this.#drain()
    })
  }

  /** Number of the writer's last committed line, after all appends queued before this call. */
  async lastSeq(writerId: string): Promise<number> {
    if (!this.#writers.has(writerId)) return 0
    return (await this.append(writerId, undefined, NOTHING, 0)).lastSeq
  }

  async setWriter(writerId: string, change: WriterChange): Promise<void> {
    this.#assertOpen()
    const known = this.#writers.get(writerId)
    const isLive = known !== undefined && this.meta.writers[known]?.state === 'live'
    if (change.isForLive === true && !isLive) return
    const index = this.#writerIndex(writerId)
    const writer = this.meta.writers[index] as WriterMeta
    const { state = writer.state, name = writer.name, runName = '' } = change
    const quiet = change.isQuiet ?? (change.state === undefined ? writer.quiet : false)
    // A writer that is silent was not seen.
    const isSeen = change.isQuiet === undefined && state === 'live'
    const hasSaidEnd = change.state === 'closed' && change.isForLive !== true
    if (isSeen || hasSaidEnd) writer.lastSeenAt = nowS()
    const isChanged =
      known === undefined ||
      state !== writer.state ||
      name !== writer.name ||
      quiet !== writer.quiet
    writer.quiet = quiet
    const namesRun = runName !== '' && this.meta.name === ''
    this.#setState(writer, state)
    writer.name = name
    if (namesRun) this.meta.name = runName
    this.#saveSoon()
    if (!isChanged && !namesRun) return
    this.#journal.changed(index)
    this.#options.onChange()
    await (namesRun ? this.save() : this.#saveWriters().catch((e: unknown) => this.#cannotSave(e)))
    if (this.idle) await this.files.close()
  }

  async rename(name: string): Promise<void> {
    this.#assertOpen()
    this.meta.name = name
    this.meta.updatedAt = nowS()
    this.#options.onChange()
    await this.save()
  }

  /** Checks whether the folder was deleted, which ends the run. */
  vanished(): boolean {
    if (this.ended === undefined && !existsSync(this.folder)) this.#vanish()
    return this.ended === 'removed'
  }

  /** Registers a reader, woken by commits and by the end. The tail is kept while there is one. */
  addReader(wake: () => void): () => void {
    this.#readers.add(wake)
    return () => {
      this.#readers.delete(wake)
      if (this.#readers.size === 0) this.tail.clear()
    }
  }

  /** Writes `run.json`. Calls during a write share the next one. */
  save(): Promise<void> {
    clearTimeout(this.#saveTimer)
    this.#saveTimer = undefined
    this.#dirty = true
    return this.#inTurn(async () => {
      if (this.ended === 'removed' || !this.#dirty) return
      this.#dirty = false
      try {
        await this.#writeMeta()
        this.#saveFailed = false
      } catch (cause) {
        this.#cannotSave(cause)
      }
    })
  }

  async close(): Promise<void> {
    if (this.ended !== undefined) return
    this.ended = 'closed'
    await this.#draining
    if (this.#dirty) await this.save()
    await this.#saving
    await this.files.close()
    this.#wakeReaders()
  }

  /** Deletes the folder. It is renamed first, so that a kill in between leaves no partial run. */
  async remove(temporaryFolder: string): Promise<void> {
    this.#assertOpen()
    this.ended = 'removed'
    clearTimeout(this.#saveTimer)
    this.#wakeReaders()
    this.#options.onChange()
    await this.#draining
    await this.#saving
    await this.files.close()
    this.tail.clear()
    // It may have been deleted already.
    if (existsSync(this.folder)) await rename(this.folder, temporaryFolder)
    await rm(temporaryFolder, { recursive: true, force: true })
  }

  #assertOpen(): void {
    if (this.ended === 'removed') {
      throw new StoreError('removed', `run ${this.meta.id} was deleted`)
    }
    if (this.ended === 'closed') throw new StoreError('closed', 'the server is shutting down')
  }

  #writerIndex(id: string): number {
    const known = this.#writers.get(id)
    if (known !== undefined) return known
    const index = this.meta.writers.length
    if (index >= MAX_WRITERS) {
      throw new StoreError(
        'refused',
        `expected at most ${MAX_WRITERS} writers a run; use another run`,
      )
    }
    this.meta.writers.push(newWriterMeta(id))
    this.#live += 1
    this.#writers.set(id, index)
    this.#queuedSeq.push(0)
    this.#journal.changed(index)
    return index
  }

  #setState(writer: WriterMeta, state: WriterState): void {
    this.#live += Number(state === 'live') - Number(writer.state === 'live')
    writer.state = state
  }

  /** Saves the writers that are new or have another state. Call it without a turn. */
  #saveWriters(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.ended === 'removed') return
      if (await this.#journal.write()) return
      // Another program may have deleted the journal. Otherwise this fails for the same reason.
      await this.#writeMeta()
    })
  }

  #writeMeta(): Promise<void> {
    return this.#journal.renew(() => writeRunMeta(this.folder, this.meta, this.#options.fsync))
  }

  /** Commits until the queue is empty. Starts after the current tick, to commit all of it together. */
  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch()
      try {
        // Each batch consists of the appends that arrived while the previous one was written.
        await this.#commit(batch)
      } catch (cause) {
        this.#fail(batch, cause)
      }
      if (this.meta.records > this.#compactAbove) await this.#compact()
    }
    this.#draining = undefined
  }

  #takeBatch(): PendingAppend[] {
    let bytes = 0
    let count = 0
    for (; count < this.#queue.length && bytes < MAX_BATCH_BYTES; count += 1) {
      bytes += this.#queue[count]?.lines.length ?? 0
    }
    if (count === this.#queue.length) {
      const all = this.#queue
      this.#queue = []
      return all
    }
    return this.#queue.splice(0, count)
  }

  async #commit(batch: readonly PendingAppend[]): Promise<void> {
    if (this.ended === 'removed') throw new StoreError('removed', `run ${this.meta.id} was deleted`)
    if (batch.some(({ count }) => count > 0)) {
      // A record refers to its writer by index, so the writer must be saved first.
      if (this.#journal.isPending) await this.#saveWriters()
      await this.#prepareFiles()
      const groups = this.#group(batch)
      await this.files.write(this.meta, groups)
      for (const group of groups) this.#committed(group)
      this.#wakeReaders()
      this.#saveSoon()
      this.#options.onChange()
    }
    this.#countDuplicates(batch)
    for (const { writer, lost, duplicates, resolve } of batch) {
      const lastSeq = this.meta.writers[writer]?.lastSeq ?? 0
      resolve({ cursor: this.meta.end, lastSeq, lost, duplicates })
    }
  }

  /** Duplicates are counted only in `run.json`, so a kill may lose the counts of the last second. */
  #countDuplicates(batch: readonly PendingAppend[]): void {
    const resent = batch.filter(({ duplicates }) => duplicates > 0)
    if (resent.length === 0) return
    for (const { writer, duplicates } of resent) {
      const meta = this.meta.writers[writer]
      if (meta !== undefined && meta.duplicates !== null) meta.duplicates += duplicates
    }
    this.#saveSoon()
    this.#options.onChange()
  }

  async #prepareFiles(): Promise<void> {
    const { gen } = this.meta
    await this.files.prepare(this.meta)
    // The repair may have added a writer.
    for (let at = this.#queuedSeq.length; at < this.meta.writers.length; at++) {
      const { id = '', lastSeq = 0 } = this.meta.writers[at] ?? {}
      this.#writers.set(id, at)
      this.#queuedSeq.push(lastSeq)
    }
    if (this.meta.gen === gen) return
    this.tail.clear()
    this.#options.logger(
      `run ${this.meta.id}: its log was changed or deleted; a new generation starts`,
    )
  }

  /**
   * Joins the appends of each writer, as long as no lines are missing in between. Appends of one
   * batch have no order between writers, and fewer, longer chunks are cheaper for all readers.
   */
  #group(unordered: readonly PendingAppend[]): Group[] {
    const batch = unordered.toSorted((a, b) => a.writer - b.writer)
    const groups: Group[] = []
    let end = this.meta.end
    let lines: Uint8Array[] = []
    let bytes = 0
    for (const { writer, lastSeq, lines: more, count, lost } of batch) {
      if (count === 0) continue
      end += more.length
      const open = groups.at(-1)?.record
      if (open?.writer === writer && lost === 0 && bytes + more.length <= MAX_SPAN_BYTES) {
        lines.push(more)
        bytes += more.length
        const record = { ...open, lastSeq, end, count: open.count + count }
        groups[groups.length - 1] = { record, lines }
      } else {
        lines = [more]
        bytes = more.length
        groups.push({ record: { writer, lastSeq, end, count, lost }, lines })
      }
    }
    return groups
  }

  #committed({ record, lines }: Group): void {
    const start = this.meta.end
    if (start === 0) this.meta.startedAt = firstTimeS(lines) ?? null
    apply(this.meta, record)
    this.meta.updatedAt = nowS()
    const writer = this.meta.writers[record.writer] as WriterMeta
    writer.lastSeenAt = this.meta.updatedAt
    this.#setState(writer, 'live')
    writer.quiet = false
    const behindS = this.#clocks.update(record.writer, lines, this.meta.updatedAt)
    if (behindS !== undefined) writer.clockBehindS = behindS
    if (this.#readers.size === 0) return
    const chunk: LogChunk = {
      type: 'chunk',
      cursor: record.end,
      bytes: Buffer.concat(lines),
      writer: writer.id,
    }
    this.tail.push(start, chunk)
  }

  /** Merges records. A failure only costs disk space: it is logged, and retried much later. */
  async #compact(): Promise<void> {
    const { meta } = this
    this.#compactAbove = 2 * meta.records
    try {
      // No save may happen in between: the end in `run.json` has to be that of a record.
      await this.#inTurn(async () => {
        await this.#writeMeta()
        await this.files.compact(meta)
      })
    } catch (cause) {
      this.#options.logger(`run ${meta.id}: cannot merge its records: ${String(cause)}`)
      return
    }
    this.#compactAbove = Math.max(this.#options.compactAboveRecords, 2 * meta.records)
    this.#saveSoon()
  }

  /** Rejects the batch and all appends numbered after it: senders have to send them again. */
  #fail(batch: readonly PendingAppend[], cause: unknown): void {
    const error =
      cause instanceof StoreError
        ? cause
        : new StoreError('failed', `cannot write run ${this.meta.id}: ${String(cause)}`, { cause })
    const refused = [...batch, ...this.#queue]
    this.#queue = []
    this.meta.writers.forEach((writer, index) => {
      this.#queuedSeq[index] = writer.lastSeq
    })
    if (error.code === 'removed') this.#vanish()
    else this.#options.logger(error.message)
    for (const { reject } of refused) reject(error)
  }

  /** Its content is lost only if the server is killed before a later save succeeds. */
  #cannotSave(cause: unknown): void {
    if (this.vanished()) return
    if (!this.#saveFailed) {
      this.#options.logger(`run ${this.meta.id}: cannot write run.json: ${String(cause)}`)
    }
    this.#saveFailed = true
    this.#saveSoon()
  }

  /** The folder was deleted: ends the run for its writers and readers. */
  #vanish(): void {
    if (this.ended !== undefined) return
    this.ended = 'removed'
    clearTimeout(this.#saveTimer)
    this.#options.logger(`run ${this.meta.id}: its folder was deleted`)
    this.#wakeReaders()
    this.#options.onChange()
    this.files.close().catch((error: unknown) => this.#options.logger(String(error)))
  }

  #wakeReaders(): void {
    for (const wake of this.#readers) wake()
  }

  /** Runs writes of `run.json` one after another, because all use the same temporary name. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#saving.then(write)
    this.#saving = done.catch(() => undefined)
    return done
  }

  #saveSoon(): void {
    this.#dirty = true
    if (this.#saveTimer !== undefined || this.ended !== undefined) return
    this.#saveTimer = setTimeout(() => void this.save(), SAVE_AFTER_MS).unref()
  }
}

function skipLines(lines: Uint8Array, count: number): Uint8Array {
  let offset = 0
  for (let i = 0; i < count; i += 1) offset = lines.indexOf(10, offset) + 1
  return lines.subarray(offset)
}
