/**
 * The embedded store: a folder a run, each holding `events.jsonl` (the log itself, readable with
 * any tool), `run.json` and `appends`. Listing reads no log. Folders without our `run.json` are
 * somebody else's and are never read, repaired, written or deleted.
 */
import { createReadStream } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunInfo } from '@wattline/trace'
import { lockFolder } from './folder-lock.ts'
import { repair } from './recovery.ts'
import { folderName, runIdProblem } from '../run-id.ts'
import { RunLog } from './run-log.ts'
import {
  APPENDS_FILE,
  infoOf,
  LOG_FILE,
  META_FILE,
  newRunMeta,
  readRunMeta,
  syncFolder,
  writeRunMeta,
  type RunMeta,
} from './run-meta.ts'
import { readRun } from './run-reader.ts'
import {
  StoreError,
  type AppendResult,
  type LogItem,
  type ReadFrom,
  type RunChange,
  type RunStore,
  type WriterChange,
} from '../store.ts'
import { Tombstones } from './tombstones.ts'

/** Folders on their way in or out; never a run's name, which does not start with a dot. */
const NEW_PREFIX = '.new-'
const GONE_PREFIX = '.gone-'
const NOTE_FILE = 'summary.json'

export interface FolderStoreOptions {
  readonly dir: string
  /** @default false */
  readonly fsync?: boolean
  /** Runs to keep; the longest unchanged that are not live go first. @default all */
  readonly keep?: number
  /** Bytes all logs may take together. @default no limit */
  readonly maxDiskBytes?: number
  /** @default 100_000 */
  readonly maxRuns?: number
  /** Records in a run's `appends` above which neighbours are merged. @default 65_536 */
  readonly compactAboveRecords?: number
  /** @default silent */
  readonly log?: (line: string) => void
}

export class FolderStore implements RunStore {
  readonly #dir: string
  readonly #options: FolderStoreOptions
  readonly #log: (line: string) => void
  readonly #runs = new Map<string, RunLog>()
  readonly #making = new Map<string, Promise<RunLog>>()
  /** Deletions under way, by run: a new run of the same id waits for its folder. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #listeners = new Set<(change: RunChange) => void>()
  readonly #tombstones: Tombstones
  readonly #unlock: () => void
  #retiring: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(options: FolderStoreOptions, tombstones: Tombstones, unlock: () => void) {
    this.#options = options
    this.#dir = options.dir
    this.#log = options.log ?? (() => undefined)
    this.#tombstones = tombstones
    this.#unlock = unlock
  }

  /** Opens the folder, repairs what a kill left behind and lists the runs. */
  static async open(options: FolderStoreOptions): Promise<FolderStore> {
    await mkdir(options.dir, { recursive: true })
    const unlock = lockFolder(options.dir)
    try {
      const store = new FolderStore(options, await Tombstones.load(options.dir), unlock)
      await store.#load()
      await store.#retire()
      return store
    } catch (error) {
      unlock()
      throw error
    }
  }

  list(): Promise<readonly RunInfo[]> {
    return Promise.resolve([...this.#runs.values()].map((run) => infoOf(run.meta)))
  }

  info(run: string): Promise<RunInfo | undefined> {
    const log = this.#runs.get(run)
    return Promise.resolve(log === undefined ? undefined : infoOf(log.meta))
  }

  async *read(run: string, from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    const log = this.#runs.get(run)
    if (log === undefined) yield { type: 'removed' }
    else yield* readRun(log, from, signal)
  }

  async *slice(run: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    const log = this.#existing(run)
    if (end > log.meta.end) {
      throw new RangeError(`expected an end up to ${log.meta.end}, got ${end}`)
    }
    if (start >= end) return
    const path = join(log.folder, LOG_FILE)
    for await (const part of createReadStream(path, { start, end: end - 1 })) yield part
  }

  subscribe(listener: (change: RunChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async append(
    run: string,
    writer: string,
    firstSeq: number | undefined,
    lines: Uint8Array,
    count: number,
  ): Promise<AppendResult> {
    // An existing run is appended to in this same tick: calls keep their order.
    const log = this.#runs.get(run) ?? (await this.#make(run, writer))
    return log.append(writer, firstSeq, lines, count)
  }

  async lastSeq(run: string, writer: string): Promise<number> {
    this.#refuseGone(run, writer)
    return (await this.#runs.get(run)?.lastSeq(writer)) ?? 0
  }

  async setWriter(run: string, writer: string, change: WriterChange): Promise<void> {
    const log = this.#runs.get(run) ?? (await this.#make(run, writer))
    await log.setWriter(writer, change)
    if (log.idle) this.#retireSoon()
  }

  async rename(run: string, name: string): Promise<void> {
    await this.#existing(run).rename(name)
  }

  async readNote(run: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#existing(run).folder, NOTE_FILE), 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw cause
    }
  }

  async writeNote(run: string, text: string): Promise<void> {
    const path = join(this.#existing(run).folder, NOTE_FILE)
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }

  async remove(run: string): Promise<void> {
    const log = this.#existing(run)
    await this.#bury(log)
    if (log.removed) throw new StoreError('removed', `run ${run} was deleted`)
    const aside = join(this.#dir, `${GONE_PREFIX}${folderName(run)}-${log.meta.gen}`)
    this.#runs.delete(run)
    const removing = log.remove(aside)
    const settled = removing.then(
      () => undefined,
      () => undefined,
    )
    this.#leaving.set(run, settled)
    try {
      await removing
    } finally {
      this.#leaving.delete(run)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#retiring
    await Promise.all([...this.#making.values()].map((making) => making.catch(() => undefined)))
    for (const run of this.#runs.values()) await run.close()
    this.#listeners.clear()
    this.#unlock()
  }

  #existing(run: string): RunLog {
    const log = this.#runs.get(run)
    if (log === undefined) throw new StoreError('removed', `there is no run ${run}`)
    return log
  }

  #refuseGone(run: string, writer: string): void {
    if (!this.#runs.has(run) && this.#tombstones.has(run, writer)) {
      throw new StoreError('removed', `run ${run} was deleted`)
    }
  }

  /** Makes a run, once for any number of callers at the same time. */
  #make(run: string, writer: string): Promise<RunLog> {
    this.#refuseGone(run, writer)
    if (this.#closing !== undefined) {
      throw new StoreError('closed', 'the server is shutting down')
    }
    let making = this.#making.get(run)
    if (making === undefined) {
      making = this.#makeFolder(run).finally(() => this.#making.delete(run))
      this.#making.set(run, making)
    }
    return making
  }

  async #makeFolder(id: string): Promise<RunLog> {
    const problem = runIdProblem(id)
    if (problem !== undefined) throw new StoreError('refused', problem)
    const { maxRuns = 100_000 } = this.#options
    if (this.#runs.size >= maxRuns) {
      throw new StoreError('failed', `expected at most ${maxRuns} runs; delete some, or use --keep`)
    }
    await this.#leaving.get(id)
    const folder = join(this.#dir, folderName(id))
    const meta = newRunMeta(id)
    try {
      await this.#refuseTaken(folder, id)
      await this.#fillFolder(folder, meta)
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      const message = `cannot make run ${id}: ${String(cause)}`
      this.#log(message)
      throw new StoreError('failed', message, { cause })
    }
    const log = this.#register(folder, meta)
    this.#changed(id, 'changed')
    this.#retireSoon()
    return log
  }

  /** Built aside and renamed when whole, so that a kill leaves a run or nothing. */
  async #fillFolder(folder: string, meta: RunMeta): Promise<void> {
    const aside = await mkdtemp(join(this.#dir, NEW_PREFIX))
    try {
      await writeFile(join(aside, LOG_FILE), '')
      await writeFile(join(aside, APPENDS_FILE), '')
      await writeRunMeta(aside, meta, this.#options.fsync ?? false)
      await rename(aside, folder)
      if (this.#options.fsync === true) await syncFolder(this.#dir)
    } catch (error) {
      await rm(aside, { recursive: true, force: true })
      throw error
    }
  }

  /** A folder of this name is somebody else's, or a run whose id differs in case only. */
  async #refuseTaken(folder: string, id: string): Promise<void> {
    try {
      await lstat(folder)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
      throw cause
    }
    throw new StoreError(
      'refused',
      `run ${id} would need the folder ${folder}, which is not its own; use another run id`,
    )
  }

  #register(folder: string, meta: RunMeta): RunLog {
    const log: RunLog = new RunLog({
      folder,
      meta,
      fsync: this.#options.fsync ?? false,
      compactAboveRecords: this.#options.compactAboveRecords ?? 65_536,
      log: this.#log,
      onChange: () => {
        if (log.removed) this.#forget(log)
        this.#changed(meta.id, log.removed ? 'removed' : 'changed')
      },
    })
    this.#runs.set(meta.id, log)
    return log
  }

  /** A run whose end was not asked for: somebody deleted its folder. */
  #forget(log: RunLog): void {
    if (this.#runs.get(log.meta.id) !== log) return
    this.#runs.delete(log.meta.id)
    void this.#bury(log)
  }

  /** On a full disk it is remembered until the restart only: deleting must work there above all. */
  async #bury({ meta }: RunLog): Promise<void> {
    try {
      await this.#tombstones.add(
        meta.id,
        meta.writers.map(({ id }) => id),
      )
    } catch (error) {
      this.#log(`run ${meta.id}: cannot note that it was deleted: ${String(error)}`)
    }
  }

  #changed(run: string, type: RunChange['type']): void {
    for (const listener of this.#listeners) {
      try {
        listener({ run, type })
      } catch (error) {
        // Somebody who listens must not undo what was committed.
        this.#log(`a listener to run ${run} failed: ${String(error)}`)
      }
    }
  }

  async #load(): Promise<void> {
    const names: string[] = []
    for (const entry of await readdir(this.#dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const unfinished = entry.name.startsWith(NEW_PREFIX) || entry.name.startsWith(GONE_PREFIX)
      if (unfinished) await rm(join(this.#dir, entry.name), { recursive: true, force: true })
      else if (!entry.name.startsWith('.')) names.push(entry.name)
    }
    for (const name of names) await this.#loadRun(name)
  }

  async #loadRun(name: string): Promise<void> {
    const folder = join(this.#dir, name)
    const meta = readRunMeta(folder)
    if (meta === undefined) return
    if (this.#runs.has(meta.id)) {
      this.#log(`${join(folder, META_FILE)} is a copy of run ${meta.id}; it is left alone`)
      return
    }
    try {
      if (await repair(folder, meta)) {
        await writeRunMeta(folder, meta, this.#options.fsync ?? false)
        this.#log(`run ${meta.id}: repaired to its committed end, ${meta.end} bytes`)
      }
    } catch (cause) {
      this.#log(`run ${meta.id} is left out, it cannot be repaired: ${String(cause)}`)
      return
    }
    this.#register(folder, meta)
  }

  #retireSoon(): void {
    if (this.#options.keep === undefined && this.#options.maxDiskBytes === undefined) return
    this.#retiring = this.#retiring.then(() => this.#retire())
  }

  /** Deletes the runs that retention has no room for. Live runs count, but are never deleted. */
  async #retire(): Promise<void> {
    const { keep = Infinity, maxDiskBytes = Infinity } = this.#options
    if (keep === Infinity && maxDiskBytes === Infinity) return
    const newestFirst = [...this.#runs.values()].toSorted((a, b) => {
      if (a.idle !== b.idle) return a.idle ? 1 : -1
      return b.meta.updatedAt - a.meta.updatedAt
    })
    let bytes = 0
    for (const [rank, run] of newestFirst.entries()) {
      bytes += run.meta.end
      if (!run.idle || (rank < keep && bytes <= maxDiskBytes)) continue
      this.#log(`run ${run.meta.id} is retired`)
      try {
        await this.remove(run.meta.id)
      } catch (cause) {
        this.#log(`run ${run.meta.id} cannot be retired: ${String(cause)}`)
      }
    }
  }
}
