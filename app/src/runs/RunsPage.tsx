/** The list of all runs; without any, how to record one. */
import { useRef, useState } from 'react'
import { useStore } from 'zustand'
import { useApp, useTitle } from '../page/app.tsx'
import { OpenFileButton } from '../panels/OpenFileButton.tsx'
import { PageTools } from '../panels/PageTools.tsx'
import { Brand } from '../panels/Brand.tsx'
import { SearchIcon } from '../ui/icons.tsx'
import { EmptyRuns } from './EmptyRuns.tsx'
import { RunsTable, type RunLinks } from './RunsTable.tsx'
import { enterRun } from '../store/run-transitions.ts'
import { filterRuns, inOrder, useRuns } from './use-runs.ts'
import '../panels/header.css'
import './runs.css'

export function RunsPage() {
  const { store, base, files } = useApp()
  const links: RunLinks = useRef(new Map())
  const { runs, state, reason, refresh } = useRuns(base)
  const local = useStore(files)
  const [filter, setFilter] = useState('')
  const all = [...local.map(({ entry }) => entry), ...inOrder(runs)]
  const shown = filterRuns(all, filter)
  const first = shown[0]?.id
  const isEmpty = all.length === 0 && state !== 'loading'
  const pageState = all.length > 0 ? 'ready' : isEmpty ? 'empty' : 'loading'
  const live = runs.filter((run) => run.state === 'live').length
  useTitle(live === 0 ? 'Wattline' : `${live} live – Wattline`)

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
        {state === 'away' && (
          <p role="status" className="banner">
            <span aria-hidden="true" className="state-dot bad" />
            {reason === undefined
              ? 'Cannot reach the server.'
              : `The server refused the request: ${reason.replace(/\.$/, '')}.`}{' '}
            Retrying every second; you can still open files.
          </p>
        )}
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
