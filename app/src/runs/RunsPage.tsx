/** The first screen: all runs, live first; or, when there is none, how to begin. */
import { useState } from 'react'
import { useStore } from 'zustand'
import { useApp, useTitle } from '../page/app.tsx'
import { OpenFileButton } from '../panels/OpenFileButton.tsx'
import { PageTools } from '../panels/PageTools.tsx'
import { Brand } from '../panels/Brand.tsx'
import { SearchIcon } from '../ui/icons.tsx'
import { EmptyRuns } from './EmptyRuns.tsx'
import { RunsTable } from './RunsTable.tsx'
import { filterRuns, inOrder, useRuns } from './use-runs.ts'
import './runs.css'

export function RunsPage() {
  const { base, files } = useApp()
  const { runs, state, refresh } = useRuns(base)
  const local = useStore(files)
  const [filter, setFilter] = useState('')
  const all = [...local.map(({ info }) => info), ...inOrder(runs)]
  const shown = filterRuns(all, filter)
  const isEmpty = all.length === 0 && state !== 'loading'
  const pageState = all.length > 0 ? 'ready' : isEmpty ? 'empty' : 'loading'
  useTitle(liveTitle(runs.filter((run) => run.state === 'live').length))

  return (
    <>
      <header className="header">
        <nav aria-label="Where you are" className="crumbs">
          <Brand />
        </nav>
        {all.length > 0 && <Filter value={filter} onChange={setFilter} />}
        <div className="header-tools">
          <OpenFileButton />
          <PageTools />
        </div>
      </header>
      <main className="runs-page" data-state={pageState} data-spans={0}>
        {state === 'away' && (
          <p role="status" className="banner">
            <span aria-hidden="true" className="state-dot bad" />
            The server is away. Trying again each second; files can be opened meanwhile.
          </p>
        )}
        {!isEmpty && <h1 className="unseen">Runs</h1>}
        {isEmpty && <EmptyRuns />}
        {all.length > 0 && shown.length === 0 && (
          <p className="no-match">No run is called “{filter}”.</p>
        )}
        {shown.length > 0 && <RunsTable runs={shown} onChanged={refresh} />}
      </main>
    </>
  )
}

function liveTitle(live: number): string {
  return live === 0 ? 'Wattline' : `${live} live – Wattline`
}

function Filter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <search className="search-box wide">
      <SearchIcon size={14} />
      <input
        id="search"
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
          if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
          const first = document.querySelector<HTMLAnchorElement>('.runs-table a.run-link')
          if (event.key === 'Enter') first?.click()
          else first?.focus()
        }}
      />
    </search>
  )
}
