/** The page's state in one word, for `<main data-state>`, the title and those who test it. */
import type { AppState } from './app-state.ts'

export type PageStatus = 'empty' | 'loading' | 'ready' | 'live' | 'ended' | 'error'

/** Of the run on screen. What was read is usable while it is still `loading`. */
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

/** `planner run – live – Wattline`. */
export function pageTitle(name: string | undefined, state: PageStatus): string {
  const said = state === 'ready' ? undefined : state
  return [name, name === undefined ? undefined : said, 'Wattline'].filter(Boolean).join(' – ')
}
