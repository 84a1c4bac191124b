/** The bar at the top of a run: where we are, how it goes, and the few tools that concern it all. */
import { formatCost, formatCount } from '@wattline/trace'
import { change } from '../store/store.ts'
import { useApp, useFacts } from '../store/app.tsx'
import { enterRun } from '../store/run-transitions.ts'
import type { Counts } from '../model/counts.ts'
import { Brand } from './Brand.tsx'
import { ConnectionPill } from './ConnectionPill.tsx'
import { GroupPicker } from './GroupPicker.tsx'
import { PageTools } from './PageTools.tsx'
import { RunName } from './RunName.tsx'
import { SearchBox } from './SearchBox.tsx'

export function Header({ counts }: { counts: Counts }) {
  const { store } = useApp()
  const run = useFacts((state) => state.run)
  return (
    <header className="header">
      <nav aria-label="Where you are" className="crumbs">
        <Brand onOpen={() => change(store, enterRun, undefined)} />
        <span aria-hidden="true" className="crumb-mark">
          /
        </span>
        {run === undefined ? <RunIdCrumb /> : <RunName key={run.id} run={run} />}
      </nav>
      <ConnectionPill />
      <CountList counts={counts} />
      <div className="header-tools">
        <SearchBox />
        <GroupPicker />
        <PageTools />
      </div>
    </header>
  )
}

function RunIdCrumb() {
  return <h1 className="run-name">{useFacts((state) => state.runId)}</h1>
}

function CountList({ counts }: { counts: Counts }) {
  const isPast = useFacts((state) => state.playheadS !== undefined)
  return (
    <dl className="counts" aria-label={isPast ? 'Counts as of the playhead' : 'Counts'}>
      <Count name="spans" value={counts.spans.toLocaleString('en')} />
      <Count
        name={counts.errors === 1 ? 'error' : 'errors'}
        value={counts.errors.toLocaleString('en')}
        tone={counts.errors > 0 ? 'bad' : 'plain'}
      />
      {counts.tokens !== undefined && (
        <Count
          name="tok"
          value={formatCount(counts.tokens)}
          exact={`${counts.tokens.toLocaleString('en')} tokens`}
        />
      )}
      {counts.costUsd !== undefined && (
        <Count
          name="cost"
          value={formatCost(counts.costUsd)}
          exact={`$${counts.costUsd}`}
          isNameQuiet
        />
      )}
    </dl>
  )
}

interface CountProps {
  readonly name: string
  readonly value: string
  readonly exact?: string
  readonly tone?: 'plain' | 'bad'
  readonly isNameQuiet?: boolean
}

function Count({ name, value, exact, tone = 'plain', isNameQuiet = false }: CountProps) {
  return (
    <div className={`count ${tone}`} title={exact}>
      <dt className={isNameQuiet ? 'unseen' : undefined}>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
