/** The status of the page, derived from its state. */
import { isolated } from '../base/isolated.ts'
import type { AppState } from './app-state.ts'

/** In one word, for `<main data-state>`, the title and tests. */
export type PageStatus =
  | 'empty'
  | 'loading'
  | 'ready'
  | 'live'
  | 'reconnecting'
  | 'ended'
  | 'died'
  | 'error'

/** The status of the run's page. While `loading`, the part read so far can be used. */
export function runPageStatus({
  connection,
  progress,
  run,
}: Pick<AppState, 'connection' | 'progress' | 'run'>): PageStatus {
  const { state } = connection
  if (state === 'failed') return 'error'
  if (state === 'loaded') return 'ready'
  if (state === 'reconnecting') return 'reconnecting'
  if (state === 'connecting' || progress?.done !== true) return 'loading'
  if (state !== 'ended') return 'live'
  return run?.state === 'lost' ? 'died' : 'ended'
}

/** Whether the log may still grow, so that "now" is the wall clock. */
export function isFollowed({ connection }: Pick<AppState, 'connection'>): boolean {
  return connection.state === 'live' || connection.state === 'reconnecting'
}

/** Whether the page is still reading the part of the log that existed when it was opened. */
export function isBeingRead({ progress }: Pick<AppState, 'progress'>): boolean {
  return progress !== undefined && !progress.done
}

/** @example pageTitle('planner run', 'live') // 'planner run – live – Wattline' */
export function pageTitle(name: string | undefined, status: PageStatus): string {
  const isPlain = status === 'ready' || (name === undefined && status !== 'reconnecting')
  const word = isPlain ? undefined : status
  return [name && isolated(name), word, 'Wattline'].filter(Boolean).join(' – ')
}
