/**
 * Files opened in this page, the newest first. Each is a run that is read when it is opened. A
 * reloaded page cannot open them again: the browser does not give them back.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { showHidden } from '@wattline/trace'
import type { RunEntry } from '../model/run-info.ts'

const PREFIX = 'file:'

export interface LocalRun {
  readonly entry: RunEntry
  readonly file: File
}

export interface LocalFiles extends Omit<StoreApi<readonly LocalRun[]>, 'setState'> {
  /** Adds files; a file replaces an older one of the same name. Returns the ids of their runs. */
  add(files: readonly File[]): string[]
}

export function createLocalFiles(): LocalFiles {
  const { setState, ...store } = createStore<readonly LocalRun[]>()(() => [])
  return {
    ...store,
    add(files) {
      const runs = files.map(toRun)
      const ids = runs.map(({ entry }) => entry.id)
      setState(
        (before) => [...runs, ...before.filter(({ entry }) => !ids.includes(entry.id))],
        true,
      )
      return ids
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
  return files.some(({ entry }) => entry.id === runId)
    ? undefined
    : showHidden(runId.slice(PREFIX.length))
}

function toRun(file: File): LocalRun {
  const entry: RunEntry = {
    id: PREFIX + file.name,
    name: showHidden(file.name.replace(/\.jsonl(\.gz)?$/i, '')),
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
