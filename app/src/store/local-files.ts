/**
 * Files opened in this page, the newest first. Each is a run that is read when it is opened. A
 * reloaded page cannot open them again: the browser does not give them back.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { showHidden } from '@wattline/trace'
import { isolated } from '../base/isolated.ts'
import type { RunEntry } from '../model/run-info.ts'

/** Contains a control character, which the id of a server's run cannot contain. */
const PREFIX = 'file:\t'

export interface LocalRun {
  readonly entry: RunEntry
  readonly file: File
}

export interface LocalFiles extends Omit<StoreApi<readonly LocalRun[]>, 'setState'> {
  /**
   * Adds files and returns the ids of their runs. A file that was opened before, with the same name,
   * size and time, keeps its id. Another file of the same name gets a number: "events (2)".
   */
  add(files: readonly File[]): string[]
}

export function createLocalFiles(): LocalFiles {
  const { setState, ...store } = createStore<readonly LocalRun[]>()(() => [])
  return {
    ...store,
    add(files) {
      const before = store.getState()
      const added: LocalRun[] = []
      for (const file of files) {
        const again = before.find((run) => isSame(run.file, file) && !has(added, run.entry.id))
        added.push(toRun(file, again?.entry.id ?? freeId([...before, ...added], file.name)))
      }
      setState([...added, ...before.filter(({ entry }) => !has(added, entry.id))], true)
      return added.map(({ entry }) => entry.id)
    },
  }
}

export function isLocalId(runId: string): boolean {
  return runId.startsWith(PREFIX)
}

/** The name of a local file that a reloaded page no longer has; undefined = the run is not such a file. */
export function missingFile(
  files: readonly LocalRun[],
  runId: string | undefined,
): string | undefined {
  if (runId === undefined || !isLocalId(runId)) return undefined
  return files.some(({ entry }) => entry.id === runId) ? undefined : showHidden(fileNameOf(runId))
}

function has(runs: readonly LocalRun[], id: string): boolean {
  return runs.some(({ entry }) => entry.id === id)
}

function isSame(a: File, b: File): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified
}

/** The id is `file:⇥NAME`, and `file:⇥NAME⇥2` for the second file of that name. */
function freeId(runs: readonly LocalRun[], fileName: string): string {
  const first = PREFIX + fileName
  let id = first
  for (let number = 2; has(runs, id); number++) id = `${first}\t${number}`
  return id
}

function fileNameOf(id: string): string {
  return id.slice(PREFIX.length).replace(/\t\d+$/, '')
}

function toRun(file: File, id: string): LocalRun {
  const number = /\t(\d+)$/.exec(id.slice(PREFIX.length))?.[1]
  const name = showHidden(file.name.replace(/\.jsonl(\.gz)?$/i, ''))
  const entry: RunEntry = {
    id,
    name: number === undefined ? name : `${isolated(name)} (${number})`,
    state: 'ended',
    startedS: undefined,
    updatedS: file.lastModified / 1000,
    events: undefined,
    bytes: file.size,
    readOnly: true,
    local: true,
  }
  return { entry, file }
}
