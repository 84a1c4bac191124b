/** The list of all runs; without any, how to record one. */
import { useRef, useState } from 'react'
import { useStore } from 'zustand'
import { formatDuration } from '@wattline/trace'
import { useApp, useTitle } from '../page/app.tsx'
import { useNowS } from '../page/use-now.ts'
import { OpenFileButton } from '../panels/OpenFileButton.tsx'
import { PageTools } from '../panels/PageTools.tsx'
import { Brand } from '../panels/Brand.tsx'
import { SearchIcon } from '../ui/icons.tsx'
import { EmptyRuns } from './EmptyRuns.tsx'
import { RunsTable, type RunLinks } from './RunsTable.tsx'
import { pageTitle } from '../store/page-status.ts'
import { enterRun } from '../store/run-transitions.ts'
import { filterRuns, inOrder, useRuns, type RunList } from './use-runs.ts'
import '../panels/header.css'
import './runs.css'

export function RunsPage() {
  const { store, base, silentMs, files } = useApp()
  const links: RunLinks = useRef(new Map())
  const { runs, state, reason, heardAtS, refresh } = useRuns(base, silentMs)
  const local = useStore(files)
  const [filter, setFilter] = useState('')
  const all = [...local.map(({ entry }) => entry), ...inOrder(runs)]
  const shown = filterRuns(all, filter)
  const first = shown[0]?.id
  const isEmpty = all.length === 0 && state === 'ready'
  const isAway = state === 'away'
  const pageState = isAway
    ? 'reconnecting'
    : all.length > 0
      ? 'ready'
      : isEmpty
        ? 'empty'
        : 'loading'
  const live = runs.filter((run) => run.state === 'live').length
  useTitle(
    pageTitle(isAway || live === 0 ? undefined : `${live} live`, isAway ? 'reconnecting' : 'ready'),
  )

  return (
    <>
      <header className="header">
        <nav aria-label="Breadcrumb" className="crumbs">
          <Brand />
        </nav>
        {all.length > 0 && (
          <Filter
            value={filter}
            onChange={setFilter}
            onEnter={() => first !== undefined && store.update(enterRun, first)}
            onDown={() => links.current.get(first ?? '')?.focus()}
          />
        )}
        <div className="header-tools">
          <OpenFileButton />
          <PageTools />
        </div>
      </header>
      <main className="runs-page" data-state={pageState} data-spans={0}>
        {isAway && <AwayBanner reason={reason} heardAtS={heardAtS} onRetry={refresh} />}
        {!isEmpty && <h1 className="unseen">Runs</h1>}
        {isEmpty && <EmptyRuns />}
        {all.length > 0 && shown.length === 0 && (
          <p className="no-match">No runs match “{filter}”.</p>
        )}
        {shown.length > 0 && <RunsTable runs={shown} links={links} onChanged={refresh} />}
      </main>
    </>
  )
}

interface AwayBannerProps extends Pick<RunList, 'reason' | 'heardAtS'> {
  readonly onRetry: () => void
}

/** The server does not answer or refuses the request. Its runs stay in the list as they were last seen. */
function AwayBanner({ reason, heardAtS, onRetry }: AwayBannerProps) {
  const nowS = useNowS(1000)
  const since =
    heardAtS === undefined
      ? ''
      : ` · silent ${formatDuration(Math.max(0, Math.floor(nowS - heardAtS)))}`
  return (
    <p className="banner">
      <span aria-hidden="true" className="state-dot bad" />
      <span role="status">
        Reconnecting:{' '}
        {reason === undefined
          ? 'cannot reach the server.'
          : `the server refused the request: ${reason.replace(/\.$/, '')}.`}{' '}
        You can still open files.
      </span>
      {since}{' '}
      <button type="button" className="link" onClick={onRetry}>
        Try now
      </button>
    </p>
  )
}

interface FilterProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onEnter: () => void
  /** The down arrow. */
  readonly onDown: () => void
}

function Filter({ value, onChange, onEnter, onDown }: FilterProps) {
  const { searchField } = useApp()
  return (
    <search className="search-box wide">
      <SearchIcon size={14} />
      <input
        ref={searchField}
        type="search"
        aria-label="Filter runs"
        placeholder="Filter runs"
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onChange('')
          if (event.key === 'Enter') onEnter()
          if (event.key === 'ArrowDown') onDown()
        }}
      />
    </search>
  )
}
