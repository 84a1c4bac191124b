/**
 * Stores each run in a folder of its own, with `events.jsonl` (the log itself, readable with any
 * tool), `run.json` and `appends`. Listing reads no log. Folders without a Wattline `run.json` are
 * never read, repaired, written or deleted.
 */
import { createReadStream } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../base/errors.ts'
import { ifExists } from '../../base/file-io.ts'
import type { RunInfo } from '@wattline/trace'
import { lockFolder, type FolderLock } from './folder-lock.ts'
import { OpenFiles } from './open-files.ts'
import { Notes } from './notes.ts'
import { repair } from './recovery.ts'
import { folderName, runIdProblem } from '../run-id.ts'
import { RunLog } from './run-log.ts'
import {
  APPENDS_FILE,
  infoOf,
  LOG_FILE,
  META_FILE,
  newRunMeta,
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
  type RunNote,
  type RunStore,
  type WriterChange,
} from '../store.ts'
import { Tombstones } from './tombstones.ts'
import { loadRunMeta } from './writer-journal.ts'

/** How often the repair of a run is tried again, such as on a full disk. */
const REPAIR_EVERY_MS = 5000

/** Prefixes of folders that are being created or deleted. No run's folder starts with a dot. */
const NEW_PREFIX = '.new-'
const REMOVED_PREFIX = '.gone-'
const NOTES_FOLDER = 'notes'
const PROBE_FILE = '.probe'
/** More than file systems store inside the entry of a file. */
const PROBE = Buffer.alloc(16 * 1024)

export interface FolderStoreOptions {
  readonly dir: string
  /** @default false */
  readonly fsync?: boolean | undefined
  /** Runs to keep. Of those that are not live, the longest unchanged are deleted first. @default all */
  readonly keep?: number | undefined
  /** Limit of the size of all logs together. @default no limit */
  readonly maxDiskBytes?: number | undefined
  /** @default 100_000 */
  readonly maxRuns?: number | undefined
  /** Runs whose files stay open between writes. @default an eighth of the process's descriptors */
  readonly maxOpenRuns?: number | undefined
  /** Record count of a run's `appends` above which records are merged. @default 65_536 */
  readonly compactAboveRecords?: number | undefined
  /** @default silent */
  readonly log?: ((line: string) => void) | undefined
}

export class FolderStore implements RunStore {
  readonly #dir: string
  readonly #options: FolderStoreOptions
  readonly #logger: (line: string) => void
  readonly #runs = new Map<string, RunLog>()
  readonly #openFiles: OpenFiles
  readonly #creating = new Map<string, Promise<RunLog>>()
  /** Deletions in progress, by run: a new run of the same id waits until the folder is free. */
  readonly #removing = new Map<string, Promise<void>>()
  /** Runs that could not be repaired yet, with the attempt in progress. */
  readonly #unrepaired = new Map<string, { readonly name: string; attempt?: Promise<void> }>()
  #repairing: NodeJS.Timeout | undefined
  readonly #listeners = new Set<(change: RunChange) => void>()
  readonly #notes: Notes
  readonly #tombstones: Tombstones
  readonly #lock: FolderLock
  #retiring: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(options: FolderStoreOptions, tombstones: Tombstones, lock: FolderLock) {
    this.#options = options
    this.#dir = options.dir
    this.#notes = new Notes(options)
    this.#logger = options.log ?? (() => undefined)
    this.#openFiles = new OpenFiles(options.maxOpenRuns)
    this.#tombstones = tombstones
    this.#lock = lock
  }

  /** Opens the folder, repairs runs after a kill and loads the list of runs. */
  static async open(options: FolderStoreOptions): Promise<FolderStore> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 })
    const lock = await lockFolder(options.dir)
    try {
      const store = new FolderStore(options, await Tombstones.load(options.dir), lock)
      await store.#load()
      await store.#retire()
      return store
    } catch (error) {
      lock.release()
      throw error
    }
  }

  list(): Promise<readonly RunInfo[]> {
    return Promise.resolve([...this.#runs.values()].map((run) => infoOf(run.meta)))
  }

  async info(run: string): Promise<RunInfo | undefined> {
    const log = this.#runs.get(run) ?? (await this.#repaired(run))
    return log === undefined ? undefined : infoOf(log.meta)
  }

  async has(run: string): Promise<boolean> {
    return this.#runs.has(run) || (await this.#repaired(run)) !== undefined
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
    // An existing run is appended to in the same tick, so that calls keep their order.
    this.#lock.assertHeld()
    this.#assertNotRemoved(run, writer)
    const log = this.#runs.get(run) ?? (await this.#create(run))
    return log.append(writer, firstSeq, lines, count)
  }

  async lastSeq(run: string, writer: string): Promise<number> {
    this.#assertNotRemoved(run, writer)
    const log = this.#runs.get(run) ?? (await this.#repaired(run))
    return (await log?.lastSeq(writer)) ?? 0
  }

  async setWriter(run: string, writer: string, change: WriterChange): Promise<void> {
    if (change.isForLive === true && !this.#runs.has(run)) return
    // Lines without numbers have no beginning that could be missing in a new run.
    if (change.isUnnumbered !== true) this.#assertNotRemoved(run, writer)
    const log = this.#runs.get(run) ?? (await this.#create(run))
    await log.setWriter(writer, change)
    if (log.idle) this.#retireSoon()
  }

  async rename(run: string, name: string): Promise<void> {
    await this.#existing(run).rename(name)
  }

  async readNote(run: string, name: string): Promise<RunNote | undefined> {
    return this.#notes.read(join(this.#existing(run).folder, NOTES_FOLDER), name)
  }

  async writeNote(
    run: string,
    name: string,
    text: string,
    expectedVersion: string | undefined,
  ): Promise<string> {
    this.#lock.assertHeld()
    const dir = join(this.#existing(run).folder, NOTES_FOLDER)
    return this.#notes.write(dir, name, text, expectedVersion)
  }

  async remove(run: string): Promise<void> {
    const log = this.#existing(run)
    await this.#recordRemoval(log)
    if (log.ended === 'removed') throw new StoreError('removed', `run ${run} was deleted`)
    const temporary = join(this.#dir, `${REMOVED_PREFIX}${folderName(run)}-${log.meta.gen}`)
    this.#runs.delete(run)
    const removing = log.remove(temporary)
    this.#removing.set(
      run,
      removing.catch(() => undefined),
    )
    try {
      await removing
    } finally {
      this.#removing.delete(run)
    }
  }

  /** Writes a small file, because a folder that exists may be read-only or full. */
  async check(): Promise<void> {
    const path = join(this.#dir, PROBE_FILE)
    try {
      this.#lock.assertHeld()
      await writeFile(path, PROBE, { mode: 0o600 })
      await rm(path)
    } catch (cause) {
      await rm(path, { force: true }).catch(() => undefined)
      throw new StoreError('failed', writeProblem(cause), { cause })
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    clearInterval(this.#repairing)
    await this.#retiring
    await Promise.all(
      [...this.#creating.values()].map((creating) => creating.catch(() => undefined)),
    )
    for (const run of this.#runs.values()) await run.close()
    this.#listeners.clear()
    this.#lock.release()
  }

  #existing(run: string): RunLog {
    const log = this.#runs.get(run)
    if (log === undefined) throw new StoreError('removed', `there is no run ${run}`)
    return log
  }

  #assertNotRemoved(run: string, writer: string): void {
    if (!this.#runs.has(run) && this.#tombstones.has(run, writer)) {
      throw new StoreError('removed', `run ${run} was deleted`)
    }
  }

  /** Creates a run, once for any number of concurrent callers. */
  #create(run: string): Promise<RunLog> {
    if (this.#closing !== undefined) {
      throw new StoreError('closed', 'the server is shutting down')
    }
    let creating = this.#creating.get(run)
    if (creating === undefined) {
      creating = this.#createRun(run).finally(() => this.#creating.delete(run))
      this.#creating.set(run, creating)
    }
    return creating
  }

  async #createRun(id: string): Promise<RunLog> {
    const problem = runIdProblem(id)
    if (problem !== undefined) throw new StoreError('refused', problem)
    const { maxRuns = 100_000 } = this.#options
    if (this.#runs.size >= maxRuns) {
      throw new StoreError('failed', `expected at most ${maxRuns} runs; delete some, or use --keep`)
    }
    await this.#removing.get(id)
    const repaired = await this.#repaired(id)
    if (repaired !== undefined) return repaired
    const folder = join(this.#dir, folderName(id))
    const meta = newRunMeta(id)
    try {
      await this.#assertFree(folder, id)
      await this.#createFolder(folder, meta)
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      const message = `cannot create run ${id}: ${String(cause)}`
      this.#logger(message)
      throw new StoreError('failed', message, { cause })
    }
    const log = this.#register(folder, meta)
    this.#changed(id, 'changed')
    this.#retireSoon()
    return log
  }

  /** Builds the folder under another name and renames it, so that a kill leaves no partial run. */
  async #createFolder(folder: string, meta: RunMeta): Promise<void> {
    const temporary = await mkdtemp(join(this.#dir, NEW_PREFIX))
    try {
      await writeFile(join(temporary, LOG_FILE), '', { mode: 0o600 })
      await writeFile(join(temporary, APPENDS_FILE), '', { mode: 0o600 })
      await writeRunMeta(temporary, meta, this.#options.fsync ?? false)
      await rename(temporary, folder)
      if (this.#options.fsync === true) await syncFolder(this.#dir)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      throw error
    }
  }

  /** Refuses a folder that exists: of another program, or of a run whose id differs in case only. */
  async #assertFree(folder: string, id: string): Promise<void> {
    if ((await ifExists(lstat(folder))) === undefined) return
    throw new StoreError(
      'refused',
      `run ${id} needs the folder ${folder}, which exists already; use another run id`,
    )
  }

  #register(folder: string, meta: RunMeta): RunLog {
    const log: RunLog = new RunLog({
      folder,
      meta,
      fsync: this.#options.fsync ?? false,
      openFiles: this.#openFiles,
      compactAboveRecords: this.#options.compactAboveRecords ?? 65_536,
      logger: this.#logger,
      onChange: () => {
        if (log.ended === 'removed') this.#forget(log)
        this.#changed(meta.id, log.ended === 'removed' ? 'removed' : 'changed')
      },
    })
    this.#runs.set(meta.id, log)
    return log
  }

  /** Removes a run whose folder was deleted by another program. */
  #forget(log: RunLog): void {
    if (this.#runs.get(log.meta.id) !== log) return
    this.#runs.delete(log.meta.id)
    void this.#recordRemoval(log)
  }

  /** If it cannot be written, it is only kept until a restart: deleting must work on a full disk. */
  async #recordRemoval({ meta }: RunLog): Promise<void> {
    try {
      await this.#tombstones.add(
        meta.id,
        meta.writers.map(({ id }) => id),
      )
    } catch (error) {
      this.#logger(`run ${meta.id}: cannot record its deletion: ${String(error)}`)
    }
  }

  #changed(run: string, type: RunChange['type']): void {
    for (const listener of this.#listeners) {
      try {
        listener({ run, type })
      } catch (error) {
        // A failing listener must not fail the append.
        this.#logger(`a listener of run ${run} failed: ${String(error)}`)
      }
    }
  }

  async #load(): Promise<void> {
    const names: string[] = []
    for (const entry of await readdir(this.#dir, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const unfinished = entry.name.startsWith(NEW_PREFIX) || entry.name.startsWith(REMOVED_PREFIX)
      if (unfinished) await rm(join(this.#dir, entry.name), { recursive: true, force: true })
      else if (!entry.name.startsWith('.')) names.push(entry.name)
    }
    for (const name of names) await this.#loadRun(name)
  }

  async #loadRun(name: string): Promise<void> {
    const folder = join(this.#dir, name)
    const meta = loadRunMeta(folder)
    if (meta === undefined) return
    if (this.#runs.has(meta.id)) {
      this.#logger(`${join(folder, META_FILE)} is a copy of run ${meta.id}; it is ignored`)
      return
    }
    let isChanged: boolean
    try {
      isChanged = await repair(folder, meta)
    } catch (cause) {
      this.#logger(`run ${meta.id} cannot be repaired; trying again later: ${String(cause)}`)
      if (!this.#unrepaired.has(meta.id)) this.#unrepaired.set(meta.id, { name })
      this.#repairing ??= setInterval(() => void this.#repairAll(), REPAIR_EVERY_MS).unref()
      return
    }
    if (isChanged) {
      this.#logger(`run ${meta.id}: repaired to its committed end, ${meta.end} bytes`)
      // On a full disk the run can be read. The next start repairs it again.
      await writeRunMeta(folder, meta, this.#options.fsync ?? false).catch((cause: unknown) =>
        this.#logger(`run ${meta.id}: cannot write ${META_FILE}: ${String(cause)}`),
      )
    }
    this.#register(folder, meta)
    this.#unrepaired.delete(meta.id)
  }

  /**
   * The run, if its folder was not repaired before and can be now; undefined when there is none.
   *
   * @throws {StoreError} `failed` while it cannot be repaired
   */
  async #repaired(run: string): Promise<RunLog | undefined> {
    if (!this.#unrepaired.has(run)) return undefined
    await this.#repairAgain(run)
    const log = this.#runs.get(run)
    if (log === undefined) {
      throw new StoreError('failed', `run ${run} cannot be repaired yet; is the disk full?`)
    }
    return log
  }

  /** Callers at the same time share one attempt. */
  async #repairAgain(run: string): Promise<void> {
    const entry = this.#unrepaired.get(run)
    if (entry === undefined) return
    entry.attempt ??= this.#loadRun(entry.name).finally(() => delete entry.attempt)
    await entry.attempt
    if (this.#runs.has(run)) this.#changed(run, 'changed')
  }

  async #repairAll(): Promise<void> {
    for (const run of this.#unrepaired.keys()) await this.#repairAgain(run)
    if (this.#unrepaired.size > 0) return
    clearInterval(this.#repairing)
    this.#repairing = undefined
  }

  #retireSoon(): void {
    if (this.#options.keep === undefined && this.#options.maxDiskBytes === undefined) return
    this.#retiring = this.#retiring.then(() => this.#retire())
  }

  /** Deletes the runs beyond the limits. Live runs count, but are never deleted. */
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
      this.#logger(`run ${run.meta.id} is retired`)
      try {
        await this.remove(run.meta.id)
      } catch (cause) {
        this.#logger(`run ${run.meta.id} cannot be retired: ${String(cause)}`)
      }
    }
  }
}

/** Why the data folder cannot be written, without its path: anyone may ask for it. */
function writeProblem(error: unknown): string {
  if (error instanceof StoreError) return 'another Wattline server has taken the data folder'
  const code = codeOf(error)
  return PROBLEMS[code] ?? `the data folder cannot be written (${code || 'unknown error'})`
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'the data folder is missing',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'the data folder is not writable',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
}
