/** The bar at the top of a run: its name, connection, counts, search and menus. */
import { BUILT_IN_GROUP_KEYS, formatJoules } from '@wattline/trace'
import { useApp, useAppState } from '../page/app.tsx'
import {
  exactCost,
  exactTokens,
  formatInteger,
  formatPercent,
  plural,
  shortCost,
  shortTokens,
} from '../base/format.ts'
import { useAnswer } from '../page/use-answer.ts'
import type { Counts } from '../model/counts.ts'
import type { ColorBy } from '../model/view-state.ts'
import { setFields, setGroupBy } from '../store/transitions.ts'
import { ChevronIcon, GroupIcon } from '../ui/icons.tsx'
import { RadioMenu, type ChoiceSection } from '../ui/RadioMenu.tsx'
import { enterRun } from '../store/run-transitions.ts'
import { Brand } from './Brand.tsx'
import { ConnectionPill } from './ConnectionPill.tsx'
import { useMissingFile } from './OpenFileButton.tsx'
import { PageTools } from './PageTools.tsx'
import { RunName } from './RunName.tsx'
import { SearchBox } from './SearchBox.tsx'

export function Header({ counts }: { counts: Counts }) {
  const { store } = useApp()
  const run = useAppState((state) => state.run)
  return (
    <header className="header">
      <nav aria-label="Breadcrumb" className="crumbs">
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
  const runId = useAppState((state) => state.runId)
  return <h1 className="run-name">{useMissingFile() ?? runId}</h1>
}

function CountList({ counts }: { counts: Counts }) {
  const isPast = useAppState((state) => state.playheadS !== undefined)
  return (
    <dl className="counts" aria-label={isPast ? 'Counts up to the playhead' : 'Counts'}>
      <Count name={plural(counts.spans, 'span')} value={formatInteger(counts.spans)} />
      <Count
        name={plural(counts.errors, 'error')}
        value={formatInteger(counts.errors)}
        className={counts.errors > 0 ? 'bad' : ''}
      />
      <UsageCounts counts={counts} />
      <EnergyCounts hasTokens={counts.tokens !== undefined} />
    </dl>
  )
}

/** Tokens and cost. What is not logged is estimated; at a playhead, only the logged cost is known. */
function UsageCounts({ counts: { tokens, costUsd } }: { counts: Counts }) {
  const version = useAppState((state) => state.version)
  const isPast = useAppState((state) => state.playheadS !== undefined)
  const isAsked = tokens !== undefined && !isPast
  const { answer } = useAnswer('usage', isAsked ? {} : undefined, { version, keepOld: true })
  const usage = isAsked ? answer : undefined
  // Logged figures follow the log more closely than an answer.
  const logged = costUsd === undefined ? undefined : ({ usd: costUsd, source: 'logged' } as const)
  const isLogged = usage?.cost === undefined || usage.cost.source === 'logged'
  const cost = isLogged ? logged : usage.cost
  return (
    <>
      {tokens !== undefined && (
        <Count
          name="tokens"
          className="minor"
          value={shortTokens(tokens, usage?.tokens)}
          exact={
            usage?.tokens === undefined
              ? `${formatInteger(tokens)} tokens`
              : exactTokens(usage.tokens)
          }
        />
      )}
      {cost !== undefined && (
        <Count
          name={cost.source === 'logged' ? 'cost' : 'cost, estimated'}
          className="minor"
          value={shortCost(cost)}
          exact={exactCost(cost)}
          isNameQuiet
        />
      )}
    </>
  )
}

/** The energy of the run, per token, and the share used while no span was running. */
function EnergyCounts({ hasTokens }: { hasTokens: boolean }) {
  const energy = useAppState((state) => state.energy)
  const playheadS = useAppState((state) => state.playheadS)
  const ask = playheadS === undefined ? undefined : { endS: playheadS }
  const { answer: pastJ } = useAnswer('joules', ask, { keepOld: true })
  const version = useAppState((state) => state.version)
  const isAsked = hasTokens && playheadS === undefined && energy?.totalJ !== undefined
  const { answer: perTokenJ } = useAnswer('joulesPerToken', isAsked ? {} : undefined, { version })
  if (energy?.totalJ === undefined) return undefined
  const { totalJ, idleJ = 0, coverage } = energy
  if (playheadS !== undefined) {
    return pastJ === undefined ? undefined : (
      <Count name="energy" value={formatJoules(pastJ)} exact={`${pastJ} J`} isNameQuiet />
    )
  }
  const partly = coverage !== undefined && coverage < 0.995
  return (
    <>
      <Count
        name="energy"
        value={`${partly ? '≥ ' : ''}${formatJoules(totalJ)}`}
        exact={
          partly
            ? `${totalJ} J; power is known for ${formatPercent(coverage)} of the run`
            : `${totalJ} J, ${formatJoules(idleJ)} of it while no span was running`
        }
        isNameQuiet
      />
      {perTokenJ !== undefined && (
        <Count
          name="per token"
          className="minor"
          value={formatJoules(perTokenJ)}
          exact={`${perTokenJ} J per token of a measured span, without idle energy`}
        />
      )}
      {totalJ > 0 && (
        <Count
          name="idle energy"
          className="minor name-first"
          value={formatPercent(idleJ / totalJ)}
          exact={`${formatJoules(idleJ)} while no span was running`}
        />
      )}
    </>
  )
}

/** Chooses the key that rows are grouped by: a built-in one, or a metadata key of this run. */
function GroupPicker() {
  const { store } = useApp()
  const groupBy = useAppState((state) => state.groupBy)
  const found = useAppState((state) => state.groupKeys).filter(
    (key) => !BUILT_IN_GROUP_KEYS.includes(key),
  )
  const isBusy = useAppState((state) => state.regrouping)
  const sections = [{ heading: 'Group rows by', choices: BUILT_IN_GROUP_KEYS }]
  if (found.length > 0) sections.push({ heading: 'Metadata of this run', choices: found })
  return (
    <RadioMenu
      className="button quiet group-trigger"
      aria-busy={isBusy}
      value={groupBy}
      sections={sections}
      onChange={(key) => store.update(setGroupBy, key)}
    >
      <GroupIcon size={14} />
      <span className="unseen">Grouped </span>
      <span className="group-by">by {groupBy}</span>
      <ChevronIcon size={12} />
    </RadioMenu>
  )
}

const COLOR_LABELS = { kind: 'kind', joules: 'energy', watts: 'power' } as const
const COLOR_SECTIONS: readonly ChoiceSection<ColorBy>[] = [
  { heading: 'Color bars by', choices: ['kind', 'joules', 'watts'] },
]

/** Chooses what the colors of the bars mean; shown where energy is measured. */
function ColorPicker() {
  const { store } = useApp()
  const colorBy = useAppState((state) => state.colorBy)
  const isMeasured = useAppState((state) => state.energy?.totalJ !== undefined)
  if (!isMeasured) return undefined
  return (
    <RadioMenu
      className="button quiet color-trigger"
      value={colorBy}
      sections={COLOR_SECTIONS}
      label={(choice) => COLOR_LABELS[choice]}
      onChange={(next) => store.update(setFields, { colorBy: next })}
    >
      <i className={`color-mark ${colorBy}`} aria-hidden="true" />
      <span className="unseen">Bars colored by </span>
      <span className="group-by">{COLOR_LABELS[colorBy]}</span>
      <ChevronIcon size={12} />
    </RadioMenu>
  )
}

interface CountProps {
  readonly name: string
  readonly value: string
  readonly exact?: string
  /** `minor`: hidden on a narrow page. `name-first`: shows the name before the value. */
  readonly className?: string
  /** The name is only for screen readers: the value has a unit. */
  readonly isNameQuiet?: boolean
}

function Count({ name, value, exact, className = '', isNameQuiet = false }: CountProps) {
  return (
    <div className={`count ${className}`} title={exact}>
      <dt className={isNameQuiet ? 'unseen' : undefined}>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
