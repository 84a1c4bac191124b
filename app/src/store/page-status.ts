/** The status of the page in one word, for `<main data-state>`, the title and tests. */
import type { AppState } from './app-state.ts'

export type PageStatus = 'empty' | 'loading' | 'ready' | 'live' | 'ended' | 'error'

/** The status of the run's page. While `loading`, the part read so far can be used. */
export function runPageStatus({
  connection,
  progress,
}: Pick<AppState, 'connection' | 'progress'>): PageStatus {
  const isRead = progress?.done === true
  switch (connection.state) {
    case 'connecting':
      return 'loading'
    case 'live':
    case 'reconnecting':
      return isRead ? 'live' : 'loading'
    case 'ended':
      return isRead ? 'ended' : 'loading'
    case 'loaded':
      return 'ready'
    case 'failed':
      return 'error'
  }
}

/** @example pageTitle('planner run', 'live') // 'planner run – live – Wattline' */
export function pageTitle(name: string | undefined, status: PageStatus): string {
  const word = name === undefined || status === 'ready' ? undefined : status
  return [name, word, 'Wattline'].filter(Boolean).join(' – ')
}
