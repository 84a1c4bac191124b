/**
 * Files and folders as read-only runs, for `wattline FILE DIR` and `POST /api/open`. A folder is
 * watched, and each log in it is a run. A file is followed by its name, so that it may be rotated,
 * truncated, deleted and created again.
 */
import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Stats } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { RunInfo } from '@wattline/trace'
import { messageOf } from '../base/errors.ts'
import { Notes } from '../storage/folder/notes.ts'
import {
  StoreError,
  type LogItem,
  type ReadFrom,
  type RunChange,
  type RunNote,
  type RunSource,
} from '../storage/store.ts'
import { limit } from './limit.ts'
import { type ForeignLog, kindOfLog } from './converted.ts'
import { ForeignRun, type ForeignRunOptions } from './foreign-run.ts'
import { readHead } from './sniff.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { UnzippedCopies, type UnzippedCopy } from './unzipped.ts'
import { WatchedRun } from './watched-run.ts'

/** How many levels of a watched folder are searched for logs. */
const DEPTH = 4
const LOG_NAME = /\.(jsonl|ndjson)(\.gz)?$/i
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', '__pycache__'])
/** Files with readers are polled as well, for file systems without change notifications. */
const POLL_MS = 1000
/**
 * The watcher drops changes in quick succession, including the last one, so a file that has grown is
 * checked again until it stops growing.
 */
const RECHECK_MS = 25
const READABLE_BY_OTHERS = 0o004
/** How many files are opened concurrently when a folder is opened. */
const MAX_CONCURRENT_FILES = 32

export interface LogFilesOptions {
  /** Receives a line for each file that cannot be followed. @default silent */
  readonly log?: (line: string) => void
  /** The folder for notes of runs, since the files are not ours. @default notes are refused */
  readonly notesDir?: string
  /** Whether a file, or what is in a folder, is private whatever its mode. @default nothing is */
  readonly isSecret?: (path: string) => boolean
}

/** What {@link LogFiles.open} found. */
export interface Opened {
  readonly type: 'file' | 'folder'
  /** Its runs, the one that changed last first. */
  readonly runs: readonly RunInfo[]
}

/** An unpacked log. */
interface PlainLog {
  readonly path: string
  /** The folder below which links are not followed. */
  readonly root: string | undefined
  /** Its first bytes; empty if they are not known. */
  readonly head: Uint8Array
}

const NO_BYTES = new Uint8Array(0)

/** A {@link RunSource} over files. */
export class LogFiles implements RunSource {
  readonly #runs = new Map<string, WatchedRun | ForeignRun>()
  readonly #opened = new Map<string, Promise<FSWatcher>>()
  readonly #changes = new EventEmitter<{ change: [RunChange] }>()
  readonly #logger: (line: string) => void
  readonly #unzipped = new UnzippedCopies()
  readonly #notes = new Notes()
  readonly #notesDir: string | undefined
  readonly #isSecret: (path: string) => boolean
  /** Native lines of logs of other tools. */
  readonly #converted = new TemporaryFolder('converted')
  /** By run: looks again what a log is that had too few lines to tell. */
  readonly #undecided = new Map<string, () => Promise<WatchedRun | ForeignRun | undefined>>()
  /** Copies of gzipped files, by run. */
  readonly #copies = new Map<string, UnzippedCopy>()
  readonly #limited = limit(MAX_CONCURRENT_FILES)
  readonly #poll: NodeJS.Timeout
  #closing: Promise<void> | undefined
  #isPrivate = false

  constructor(options: LogFilesOptions = {}) {
    this.#logger = options.log ?? (() => undefined)
    this.#notesDir = options.notesDir
    this.#isSecret = options.isSecret ?? (() => false)
    this.#changes.setMaxListeners(0)
    this.#poll = setInterval(() => {
      for (const run of this.#runs.values()) if (run.isRead) void this.#refresh(run)
    }, POLL_MS).unref()
  }

  /**
   * Starts to follow a file or to watch a folder. Further calls with the same path only return its
   * runs.
   *
   * @param path absolute.
   * @throws when `path` does not exist, is neither a file nor a folder, or cannot be read.
   */
  async open(path: string): Promise<Opened> {
    const found = await stat(path)
    if (!found.isFile() && !found.isDirectory()) {
      throw new Error(`Expected a file or a folder, but ${path} is neither.`)
    }
    const folder = found.isDirectory()
    const root = folder ? path : dirname(path)
    // Before the first session is there.
    this.#isPrivate ||= folder && this.#isSecret(path)
    if (!folder) await this.#add(path, undefined, false)
    let opened = this.#opened.get(path)
    if (opened === undefined) {
      opened = this.#watch(root, folder ? undefined : path)
      this.#opened.set(path, opened)
    }
    await opened
    const runs = [...this.#runs.values()]
      .filter((run) => (folder ? run.source.startsWith(root + sep) : run.source === path))
      .map((run) => run.info())
      .filter((info) => info !== undefined)
      .sort((a, b) => b.updatedAt - a.updatedAt)
    return { type: folder ? 'folder' : 'file', runs }
  }

  /** Whether one of the files is one that other users of the machine cannot read, or an agent's session. */
  get isPrivate(): boolean {
    return this.#isPrivate
  }

  list(): Promise<readonly RunInfo[]> {
    const infos = [...this.#runs.values()].map((run) => run.info())
    return Promise.resolve(infos.filter((info) => info !== undefined))
  }

  async info(run: string): Promise<RunInfo | undefined> {
    const known = this.#runs.get(run)
    // Who asks for one run is about to read it.
    if (known instanceof ForeignRun) await known.prepare()
    return known?.info()
  }

  has(run: string): Promise<boolean> {
    return Promise.resolve(this.#runs.get(run)?.info() !== undefined)
  }

  async *read(run: string, from: ReadFrom, signal: AbortSignal): AsyncGenerator<LogItem> {
    const watched = this.#runs.get(run)
    if (watched === undefined) yield { type: 'removed' }
    else yield* watched.read(from, signal)
  }

  async *slice(run: string, start: number, end: number): AsyncGenerator<Uint8Array> {
    const watched = this.#runs.get(run)
    if (watched !== undefined) yield* watched.slice(start, end)
  }

  async readNote(run: string, name: string): Promise<RunNote | undefined> {
    const dir = this.#notesOf(run)
    return dir === undefined ? undefined : this.#notes.read(dir, name)
  }

  async writeNote(
    run: string,
    name: string,
    text: string,
    expectedVersion: string | undefined,
  ): Promise<string> {
    const dir = this.#notesOf(run)
    if (dir === undefined) {
      throw new StoreError(
        'refused',
        'this server keeps no notes of files; see notesDir of LogFiles',
      )
    }
    await mkdir(dirname(dir), { recursive: true, mode: 0o700 })
    return this.#notes.write(dir, name, text, expectedVersion)
  }

  /** A file keeps its notes while it has its path, also when it is replaced. */
  #notesOf(run: string): string | undefined {
    const watched = this.#runs.get(run)
    if (watched === undefined) throw new StoreError('removed', `there is no run ${run}`)
    if (this.#notesDir === undefined) return undefined
    return join(this.#notesDir, createHash('sha256').update(watched.source).digest('hex'))
  }

  subscribe(listener: (change: RunChange) => void): () => void {
    this.#changes.on('change', listener)
    return () => void this.#changes.off('change', listener)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    clearInterval(this.#poll)
    for (const run of this.#runs.values()) run.close()
    for (const opened of this.#opened.values()) await (await opened).close()
    await this.#unzipped.close()
    await this.#converted.remove()
  }

  /** Watches a folder for logs, or for one file. Resolves after the first scan. */
  async #watch(root: string, only: string | undefined): Promise<FSWatcher> {
    const adding: Promise<void>[] = []
    let ready = false
    const watcher = watch(root, {
      depth: only === undefined ? DEPTH : 0,
      ignored: (path, stats) => isIgnored(path, root, only, stats),
      ignorePermissionErrors: true,
    })
    watcher.on('add', (path) => {
      const appeared = ready && only === undefined
      const folder = only === undefined ? root : undefined
      const added = this.#limited(() => this.#addOrLog(path, folder, appeared))
      if (!ready) adding.push(added)
    })
    watcher.on('change', (path) => this.#changed(path))
    watcher.on('unlink', (path) => this.#changed(path))
    watcher.on('error', (error) => this.#logger(`Cannot watch ${root}: ${messageOf(error)}`))
    await new Promise<void>((resolve) => {
      watcher.once('ready', resolve)
    })
    ready = true
    await Promise.all(adding)
    return watcher
  }

  async #addOrLog(path: string, root: string | undefined, appeared: boolean): Promise<void> {
    try {
      await this.#add(path, root, appeared)
    } catch (error) {
      this.#logger(`Cannot follow ${path}: ${messageOf(error)}`)
    }
  }

  /** Adds a file as a run, or refreshes the run if there is one. `root` is its watched folder. */
  async #add(path: string, root: string | undefined, appeared: boolean): Promise<void> {
    const id = runIdOf(path)
    const known = this.#runs.get(id)
    if (known !== undefined) {
      await this.#refresh(known)
      return
    }
    try {
      const head = await readHead(path, root)
      const copy = await this.#unzipped.open(id, path, head, root)
      await this.#checkPrivacy(path)
      if (copy !== undefined) this.#copies.set(id, copy)
      if (copy?.damage !== undefined) this.#logDamage(path, copy.damage)
      const plain =
        copy === undefined
          ? { path, root, head }
          : { path: copy.path, root: undefined, head: NO_BYTES }
      const run = await this.#runOf(id, path, plain, root, appeared)
      // In a folder, the run that it is a part of is shown.
      if (run === undefined) return
      this.#runs.set(id, run)
      await run.refresh()
    } catch (error) {
      this.#runs.delete(id)
      throw error
    }
  }

  /** A run over a log, by what the log is; undefined for a part of another run in a watched folder. */
  async #runOf(
    id: string,
    source: string,
    plain: PlainLog,
    root: string | undefined,
    appeared: boolean,
  ): Promise<WatchedRun | ForeignRun | undefined> {
    const kind = await kindOfLog(plain.path, plain.root, plain.head)
    const options = {
      id,
      name: relative(root ?? dirname(source), source),
      source,
      onChange: (type: RunChange['type']) => void this.#changes.emit('change', { run: id, type }),
    }
    if (kind === 'undecided') {
      const later = { ...plain, head: NO_BYTES }
      this.#undecided.set(id, () => this.#runOf(id, source, later, root, appeared))
    } else this.#undecided.delete(id)
    if (kind === 'native' || kind === 'undecided') {
      return new WatchedRun({ ...options, path: plain.path, root: plain.root, appeared })
    }
    if (kind.isPart && root !== undefined) return undefined
    return await this.#foreignRun(options, kind)
  }

  async #foreignRun(
    options: Omit<ForeignRunOptions, 'log' | 'path'>,
    log: ForeignLog,
  ): Promise<ForeignRun> {
    const path = join(await this.#converted.path(), `${options.id}.jsonl`)
    return new ForeignRun({ ...options, log, path })
  }

  /** Looks again what a log is that had too few lines. Returns the run that takes the place of `run`. */
  async #decided(run: WatchedRun | ForeignRun): Promise<WatchedRun | ForeignRun> {
    const id = runIdOf(run.source)
    const decide = this.#undecided.get(id)
    if (decide === undefined) return run
    const decided = await decide().catch(() => run)
    if (decided instanceof WatchedRun || this.#closing !== undefined) return run
    run.close()
    if (decided === undefined) {
      this.#runs.delete(id)
      this.#changes.emit('change', { run: id, type: 'removed' })
      return run
    }
    this.#runs.set(id, decided)
    return decided
  }

  /** Checks the mode of the file only; a folder above it may be more private. */
  async #checkPrivacy(path: string): Promise<void> {
    this.#isPrivate ||= ((await stat(path)).mode & READABLE_BY_OTHERS) === 0 || this.#isSecret(path)
  }

  #changed(path: string): void {
    const run = this.#runs.get(runIdOf(path))
    if (run !== undefined) void this.#refresh(run)
  }

  #logDamage(path: string, { message }: Error): void {
    this.#logger(
      `${path} cannot be decompressed to its end (${message}); the lines before are shown.`,
    )
  }

  /** Decompresses a changed file again, and once more after its rest. */
  async #updateCopy(run: WatchedRun | ForeignRun): Promise<void> {
    const copy = this.#copies.get(runIdOf(run.source))
    if (copy === undefined) return
    const { damage } = copy
    await copy.update()
    if (copy.damage !== undefined && copy.damage !== damage)
      this.#logDamage(run.source, copy.damage)
    if (copy.dueInMs === undefined || this.#closing !== undefined) return
    setTimeout(() => void this.#refresh(run), copy.dueInMs + 1).unref()
  }

  async #refresh(known: WatchedRun | ForeignRun): Promise<void> {
    let run = known
    try {
      await this.#updateCopy(run)
      run = await this.#decided(run)
      const change = await run.refresh()
      if (change === 'replaced') await this.#checkPrivacy(run.source)
      if (change === 'same' || change === 'missing' || this.#closing !== undefined) return
      setTimeout(() => void this.#refresh(run), RECHECK_MS).unref()
    } catch (error) {
      this.#logger(`Cannot follow ${run.source}: ${messageOf(error)}`)
    }
  }
}

function isIgnored(
  path: string,
  root: string,
  only: string | undefined,
  stats: Stats | undefined,
): boolean {
  if (path === root) return false
  if (only !== undefined) return path !== only
  const name = basename(path)
  if (SKIPPED_FOLDERS.has(name) || name.startsWith('.')) return true
  if (stats === undefined || stats.isDirectory()) return false
  // A link is none of these: `stats` describe the link itself.
  return !stats.isFile() || !LOG_NAME.test(name)
}

/** A readable id for URLs, always the same for a path. */
function runIdOf(path: string): string {
  const name = basename(path).replace(LOG_NAME, '')
  const slug = name
    .normalize('NFKD')
    .replace(/[^\w-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 8)
  return slug === '' ? hash : `${slug.slice(0, 60)}-${hash}`
}
