/**
 * Writes the two files of a run: first the lines, then their records. A kill in between leaves lines
 * that were never acknowledged, and repair cuts them.
 */
import { existsSync, fstatSync, renameSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeRecords, RECORD_BYTES, type AppendRecord } from './append-record.ts'
import { COMPACTED_FILE, writeCompacted } from './compaction.ts'
import { writeFully } from '../../base/file-io.ts'
import type { OpenFiles } from './open-files.ts'
import { rollBack } from './recovery.ts'
import { APPENDS_FILE, LOG_FILE, META_FILE, syncFolder, type RunMeta } from './run-meta.ts'
import { StoreError } from '../store.ts'

/** Consecutive appends of one writer, committed as one record. */
export interface Group {
  readonly record: AppendRecord
  readonly lines: readonly Uint8Array[]
}

export class RunFiles {
  readonly #folder: string
  readonly #fsync: boolean
  #open: { readonly log: FileHandle; readonly appends: FileHandle } | undefined
  /** The files may contain more than was committed. */
  #dirty = false
  readonly #openFiles: OpenFiles
  /** Between `prepare` and the end of `write`. */
  isBusy = false
  /** Increases each time `appends` is replaced, which changes the indexes of its records. */
  version = 0

  constructor(folder: string, fsync: boolean, openFiles: OpenFiles) {
    this.#folder = folder
    this.#fsync = fsync
    this.#openFiles = openFiles
  }

  /**
   * Opens the files for writing at the committed end in `meta`. After a failure, or when another
   * program has deleted or changed the size of the log, it repairs them first, which may change `meta`.
   *
   * @throws {StoreError} `removed` when the whole folder was deleted.
   */
  async prepare(meta: RunMeta): Promise<void> {
    this.isBusy = true
    if (this.#open !== undefined && !this.#dirty) {
      // Synchronous: it takes a microsecond, and nothing can be written in between. A deleted file
      // can still be written, but never read again.
      const { nlink, size } = fstatSync(this.#open.log.fd)
      if (nlink === 0 || size !== meta.end) this.#dirty = true
    }
    try {
      if (this.#dirty) {
        await this.close()
        await rollBack(this.#folder, meta)
        this.#dirty = false
      }
      this.#openFiles.use(this)
      this.#open ??= await this.#openBoth()
    } catch (cause) {
      this.isBusy = false
      this.#openFiles.closed(this)
      this.#dirty = true
      if (existsSync(join(this.#folder, META_FILE))) throw cause
      throw new StoreError('removed', `the folder of run ${meta.id} was removed`, { cause })
    }
  }

  /** Writes at the committed end. Call `prepare` before. */
  async write(meta: RunMeta, groups: readonly Group[]): Promise<void> {
    if (this.#open === undefined) throw new Error('expected prepare() before write()')
    const { log, appends } = this.#open
    this.#dirty = true
    try {
      const lines = groups.flatMap((group) => group.lines)
      await writeFully(log, lines, meta.end)
      if (this.#fsync) await log.datasync()
      const records = encodeRecords(groups.map((group) => group.record))
      await writeFully(appends, [records], meta.records * RECORD_BYTES)
      if (this.#fsync) await appends.datasync()
      this.#dirty = false
    } finally {
      this.isBusy = false
      this.#openFiles.use(this)
    }
  }

  /**
   * Merges records. Call it only between writes and when `run.json` has the current end: after a
   * kill, repair finds the record count again by that end.
   */
  async compact(meta: RunMeta): Promise<void> {
    const records = await writeCompacted(this.#folder, meta.records, this.#fsync)
    await this.close()
    // Synchronous, so that no reader sees the new file with the old version.
    renameSync(join(this.#folder, COMPACTED_FILE), join(this.#folder, APPENDS_FILE))
    this.version += 1
    meta.records = records
    if (this.#fsync) await syncFolder(this.#folder)
  }

  async close(): Promise<void> {
    this.#openFiles.closed(this)
    const files = this.#open
    this.#open = undefined
    await files?.log.close()
    await files?.appends.close()
  }

  async #openBoth(): Promise<{ log: FileHandle; appends: FileHandle }> {
    const log = await open(join(this.#folder, LOG_FILE), 'r+')
    try {
      return { log, appends: await open(join(this.#folder, APPENDS_FILE), 'r+') }
    } catch (error) {
      await log.close()
      throw error
    }
  }
}
