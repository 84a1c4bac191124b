/** The bar at the top of a run: where we are, how it goes, and the few tools that concern it all. */
import { formatCost, formatCount, formatJoules, PRICES_AS_OF } from '@wattline/trace'
import { useApp, useAppState } from '../page/app.tsx'
import { plural } from '../base/time.ts'
import { enterRun } from '../store/run-transitions.ts'
import { useAnswer } from '../page/use-answer.ts'
import type { Counts } from '../model/counts.ts'
import { Brand } from './Brand.tsx'
import { ColorPicker } from './ColorPicker.tsx'
import { ConnectionPill } from './ConnectionPill.tsx'
import { GroupPicker } from './GroupPicker.tsx'
import { PageTools } from './PageTools.tsx'
import { RunName } from './RunName.tsx'
import { SearchBox } from './SearchBox.tsx'

export function Header({ counts }: { counts: Counts }) {
  const { store } = useApp()
  const run = useAppState((state) => state.run)
  return (
    <header className="header">
      <nav aria-label="Where you are" className="crumbs">
        <Brand onOpen={() => store.update(enterRun, undefined)} />
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
        <ColorPicker />
        <PageTools />
      </div>
    </header>
  )
}

function RunIdCrumb() {
  return <h1 className="run-name">{useAppState((state) => state.runId)}</h1>
}

function CountList({ counts }: { counts: Counts }) {
  const isPast = useAppState((state) => state.playheadS !== undefined)
  return (
    <dl className="counts" aria-label={isPast ? 'Counts as of the playhead' : 'Counts'}>
      <Count name={plural(counts.spans, 'span')} value={counts.spans.toLocaleString('en')} />
      <Count
        name={plural(counts.errors, 'error')}
        value={counts.errors.toLocaleString('en')}
        tone={counts.errors > 0 ? 'bad' : 'plain'}
      />
      {counts.tokens !== undefined && (
        <Count
          name="tok"
          isMinor
          value={formatCount(counts.tokens)}
          exact={`${counts.tokens.toLocaleString('en')} tokens`}
        />
      )}
      <CostCount counts={counts} />
      <EnergyCounts tokens={counts.tokens} />
    </dl>
  )
}

/** What the log says it cost; where it does not, what it would have by list prices. */
function CostCount({ counts: { costUsd, tokens } }: { counts: Counts }) {
  const version = useAppState((state) => state.version)
  const isPast = useAppState((state) => state.playheadS !== undefined)
  const isAsked = costUsd === undefined && tokens !== undefined && !isPast
  const ask = isAsked ? {} : undefined
  const { answer } = useAnswer('estimate', ask, { version })
  if (costUsd !== undefined) {
    return (
      <Count name="cost" isMinor value={formatCost(costUsd)} exact={`$${costUsd}`} isNameQuiet />
    )
  }
  if (!isAsked || answer === undefined) return undefined
  const { usd, unpricedTokens } = answer
  const without = unpricedTokens > 0 ? `, without ${formatCount(unpricedTokens)} tokens` : ''
  return (
    <Count
      name="cost, estimated"
      isMinor
      value={`≈ ${formatCost(usd)}`}
      exact={`$${usd}, an estimate by list prices of ${PRICES_AS_OF}${without}: the log tells no cost`}
      isNameQuiet
    />
  )
}

/** Joules, what a token cost of them, and how much went to nobody. */
function EnergyCounts({ tokens }: { tokens: number | undefined }) {
  const energy = useAppState((state) => state.energy)
  const playheadS = useAppState((state) => state.playheadS)
  const ask = playheadS === undefined ? undefined : { endS: playheadS }
  const { answer: pastJ } = useAnswer('joules', ask, { keepOld: true })
  if (energy?.totalJ === undefined) return undefined
  const { totalJ, idleJ = 0, coverage } = energy
  if (playheadS !== undefined) {
    return pastJ === undefined ? undefined : (
      <Count name="energy" value={formatJoules(pastJ)} exact={`${pastJ} J`} isNameQuiet />
    )
  }
  const usedJ = totalJ - idleJ
  const partly = coverage !== undefined && coverage < 0.995
  return (
    <>
      <Count
        name="energy"
        value={`${partly ? '≥ ' : ''}${formatJoules(totalJ)}`}
        exact={
          partly
            ? `${totalJ} J; power is known for ${Math.round(coverage * 100)} % of the run`
            : `${totalJ} J`
        }
        isNameQuiet
      />
      {tokens !== undefined && tokens > 0 && (
        <Count
          name="/tok"
          isMinor
          value={formatJoules(usedJ / tokens)}
          exact={`${usedJ / tokens} J a token, idle not counted`}
        />
      )}
      {totalJ > 0 && (
        <Count
          name="idle"
          isMinor
          value={`${Math.round((idleJ / totalJ) * 100)} %`}
          exact={`${formatJoules(idleJ)} while no span ran`}
        />
      )}
    </>
  )
}

interface CountProps {
  readonly name: string
  readonly value: string
  readonly exact?: string
  readonly tone?: 'plain' | 'bad'
  readonly isNameQuiet?: boolean
  /** A narrow page leaves it out. */
  readonly isMinor?: boolean
}

function Count({
  name,
  value,
  exact,
  tone = 'plain',
  isNameQuiet = false,
  isMinor = false,
}: CountProps) {
  return (
    <div className={`count ${tone} ${isMinor ? 'minor' : ''}`} title={exact}>
      <dt className={isNameQuiet ? 'unseen' : undefined}>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
