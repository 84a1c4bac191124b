/**
 * Files opened in this page. Several dropped together are several runs: a list, each read when it is
 * looked at. They live as long as the page: a browser gives no file back to a reloaded page.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { visible } from '../base/visible.ts'
import type { RunInfo } from '../model/run-info.ts'

const PREFIX = 'file:'

export interface LocalRun {
  readonly info: RunInfo
  readonly file: File
}

export type LocalFiles = StoreApi<readonly LocalRun[]>

export function createLocalFiles(): LocalFiles {
  return createStore<readonly LocalRun[]>()(() => [])
}

export function isLocalId(runId: string): boolean {
  return runId.startsWith(PREFIX)
}

/** Adds files, the newest first; a file of the same name replaces its elder. Returns their ids. */
export function addFiles(files: LocalFiles, added: readonly File[]): string[] {
  const runs = added.map(toRun)
  const ids = runs.map(({ info }) => info.id)
  files.setState(
    (before) => [...runs, ...before.filter(({ info }) => !ids.includes(info.id))],
    true,
  )
  return ids
}

function toRun(file: File): LocalRun {
  const info: RunInfo = {
    id: PREFIX + file.name,
    name: visible(file.name.replace(/\.jsonl(\.gz)?$/i, '')),
    state: 'ended',
    startedS: undefined,
    updatedS: file.lastModified / 1000,
    events: undefined,
    bytes: file.size,
    readOnly: true,
    local: true,
  }
  return { info, file }
}
