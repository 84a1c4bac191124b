/** The details of one span, as known at the playhead. */
import {
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  idsOf,
  type Metadata,
  SpanFlag,
  type Tokens,
  showHidden,
  kindLabel,
} from '@wattline/trace'
import { barEndS, flagsAt, isOpenAt, isVisible } from '../model/at-playhead.ts'
import type { Columns } from '../model/columns.ts'
import { useApp, useAppState, useColumns } from '../page/app.tsx'
import type { SpanInfo } from '../model/answers.ts'
import {
  exactCost,
  formatInteger,
  exactTime,
  formatPercent,
  formatTime,
  shortCost,
} from '../base/format.ts'
import { playheadTimeS } from '../page/playback.ts'
import { useNowS } from '../page/use-now.ts'
import { isFollowed } from '../store/page-status.ts'
import { useAnswer } from '../page/use-answer.ts'
import { durationOf, groupLabel, detailedLabel } from '../model/span-labels.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { betweenJoules } from './EnergyTables.tsx'
import {
  DetailsHeader,
  Fact,
  KindDot,
  Notice,
  RawMetadata,
  ParentSection,
  SpanLinks,
} from './detail-parts.tsx'

export function SpanDetails({ slot }: { slot: number }) {
  const app = useApp()
  const { columns, version } = useColumns()
  const playheadS = useAppState((state) => state.playheadS)
  const { answer: info } = useAnswer('spanInfo', { slot }, { version })
  const flags = flagsAt(columns, slot, playheadS)
  const isOpen = isOpenAt(columns, slot, playheadS)
  const kind = columns.kinds[columns.kind.at(slot)] ?? ''
  const durationS = durationOf(columns, slot, playheadS)
  const isLive = useAppState(isFollowed)
  // Renders again, so that the time counts up.
  useNowS(isOpen && isLive && playheadS === undefined ? 1000 : undefined)

  return (
    <>
      <DetailsHeader label={detailedLabel(columns, slot, playheadS)}>
        <KindDot kind={kind} />
        {kindLabel(kind)}
        <span className="figure" title={durationS === undefined ? undefined : `${durationS} s`}>
          {durationText(columns, slot, playheadS, playheadTimeS(app))}
        </span>
      </DetailsHeader>
      <FlagNotices flags={flags} error={info?.error} />
      <SpanFactList slot={slot} info={info} isOpen={isOpen} />
      <Relatives slot={slot} info={info} />
      {info !== undefined && <RawMetadata title="Start metadata" position={info.startPosition} />}
      {info !== undefined && <Updates info={info} />}
      {!isOpen && info?.endPosition !== undefined && (
        <RawMetadata title="End metadata" position={info.endPosition} />
      )}
      <footer className="details-footer">
        <span>Span as JSON</span>
        <CopyButton
          label="Copy the span as JSON"
          text={() => app.ingest.ask('records', { slots: [slot] })}
        />
      </footer>
    </>
  )
}

/** The metadata of the latest updates, each on its own, so that one can see what changed. */
function Updates({ info: { updatePositions, updateCount } }: { info: SpanInfo }) {
  const first = updateCount - updatePositions.length
  return updatePositions.map((position, at) => (
    <RawMetadata
      key={position}
      title={updateCount === 1 ? 'Update' : `Update ${first + at + 1} of ${updateCount}`}
      position={position}
    />
  ))
}

/** The duration in words; a span that starts after the playhead has none. */
function durationText(
  columns: Columns,
  slot: number,
  playheadS: number | undefined,
  nowS: number,
): string {
  if (!isVisible(columns, slot, playheadS)) return 'starts later'
  if (isOpenAt(columns, slot, playheadS)) {
    const runningS = barEndS(columns, slot, playheadS, nowS) - columns.startS.at(slot)
    return `running for ${formatDuration(runningS)}`
  }
  const durationS = durationOf(columns, slot, playheadS)
  if (durationS !== undefined) return formatDuration(durationS)
  return columns.flags.at(slot) & SpanFlag.CLOCK ? 'unknown duration' : 'unfinished'
}

function FlagNotices({ flags, error }: { flags: number; error: string | undefined }) {
  return (
    <>
      {(flags & SpanFlag.ERROR) !== 0 && (
        <Notice tone="bad">
          <strong>Failed</strong>
          {error !== undefined && error !== '' && <pre className="error-text">{error}</pre>}
        </Notice>
      )}
      {(flags & SpanFlag.CANCELLED) !== 0 && (
        <Notice tone="warn">
          <strong>Cancelled.</strong> Its status says so. It does not count as an error.
        </Notice>
      )}
      {(flags & SpanFlag.DID_NOT_END) !== 0 && (
        <Notice tone="warn">
          <strong>Unfinished.</strong> The process stopped before it wrote the end. The bar fades
          out where its parent or its writer ended, and has no duration.
        </Notice>
      )}
      {(flags & SpanFlag.AMBIGUOUS) !== 0 && (
        <Notice tone="warn">
          <strong>Uncertain pairing.</strong> Several starts match this end, and no id decides. An
          id on both events (call_id, span_id) makes it certain.
        </Notice>
      )}
      {(flags & SpanFlag.CLOCK) !== 0 && (
        <Notice tone="warn">
          <strong>Unusable end time.</strong> The logged end is before the start, or more than a
          year after it. So the duration is unknown, and the bar is drawn at the start.
        </Notice>
      )}
      {(flags & SpanFlag.PARENT_MISSING) !== 0 && (
        <Notice tone="warn">
          <strong>Missing parent.</strong> The parent that the start names is not in the log, or is
          below this span.
        </Notice>
      )}
      {(flags & SpanFlag.PARENT_UNSURE) !== 0 && (
        <Notice tone="warn">
          <strong>Uncertain parent.</strong> Several open spans were equally likely. A parent_id
          makes it certain.
        </Notice>
      )}
    </>
  )
}

interface SpanFactListProps {
  readonly slot: number
  readonly info: SpanInfo | undefined
  readonly isOpen: boolean
}

function SpanFactList({ slot, info, isOpen }: SpanFactListProps) {
  const { columns } = useColumns()
  const clock = useAppState((state) => state.clock)
  const startS = columns.startS.at(slot)
  const endS = columns.endS.at(slot)
  const agent = info?.agent
  return (
    <dl className="facts">
      <Fact name="Start" title={exactTime(startS)}>
        {formatTime(startS, columns, clock)}
      </Fact>
      <EndFact slot={slot} info={info} isOpen={isOpen} />
      {agent !== undefined && <Fact name="Agent">{groupLabel(agent)}</Fact>}
      {!isOpen && <Figures info={info} durationS={endS - startS} />}
      {!isOpen && info !== undefined && <Joules energy={info.energy} durationS={endS - startS} />}
      {info !== undefined && <Ids position={info.startPosition} />}
    </dl>
  )
}

/** The end; where it is unusable, the time in the log. */
function EndFact({ slot, info, isOpen }: SpanFactListProps) {
  const { columns } = useColumns()
  const clock = useAppState((state) => state.clock)
  const endS = columns.endS.at(slot)
  const playheadS = useAppState((state) => state.playheadS)
  if (!isVisible(columns, slot, playheadS)) return undefined
  if (isOpen) return <Fact name="End">still running</Fact>
  if ((columns.flags.at(slot) & SpanFlag.CLOCK) !== 0) {
    const loggedS = info?.loggedEndS
    return <Fact name="End">{loggedS === undefined ? '' : `logged as ${exactTime(loggedS)}`}</Fact>
  }
  return (
    <Fact name="End" {...(!Number.isNaN(endS) && { title: exactTime(endS) })}>
      {formatTime(endS, columns, clock)}
    </Fact>
  )
}

/** The ids in the metadata of the line at `position`. */
function Ids({ position }: { position: number }) {
  const { answer } = useAnswer('raw', { position })
  if (answer === undefined || answer === null || typeof answer !== 'object') return undefined
  if (Array.isArray(answer)) return undefined
  return idsOf(answer as Metadata).map(([key, value]) => (
    <Fact key={key} name={key}>
      <code>{showHidden(value)}</code>
      <CopyButton label={`Copy ${key}`} text={value} />
    </Fact>
  ))
}

function Figures({ info, durationS }: { info: SpanInfo | undefined; durationS: number }) {
  if (info === undefined) return undefined
  const { tokens, cost, firstTokenMs } = info
  return (
    <>
      {tokens?.total !== undefined && <TokenFacts tokens={tokens} durationS={durationS} />}
      {firstTokenMs !== undefined && (
        <Fact name="First token">after {formatDuration(firstTokenMs / 1000)}</Fact>
      )}
      {cost !== undefined && (
        <Fact name="Cost" title={exactCost(cost)}>
          {shortCost(cost)}
          {cost.source !== 'logged' && <span className="muted"> estimated</span>}
        </Fact>
      )}
    </>
  )
}

/** The tokens of a call and their parts, and how fast it wrote. */
function TokenFacts({ tokens, durationS }: { tokens: Tokens; durationS: number }) {
  const { input, output, total, cacheRead, cacheCreation, reasoning, isLowerBound } = tokens
  const least = isLowerBound ? '≥ ' : ''
  const perSecond = output === undefined || isLowerBound ? undefined : output / durationS
  return (
    <>
      <Fact name="Tokens" title={`${formatInteger(total ?? 0)} tokens`}>
        {least}
        {formatCount(total)}
        {input !== undefined && output !== undefined && (
          <span className="muted">
            {' '}
            {formatCount(input)} in, {least}
            {formatCount(output)} out
          </span>
        )}
      </Fact>
      {cacheRead !== undefined && (
        <Fact name="From cache" title={`${formatInteger(cacheRead)} tokens read from the cache`}>
          {formatCount(cacheRead)}
          {input !== undefined && input > 0 && (
            <span className="muted"> {formatPercent(cacheRead / input)} of the input</span>
          )}
        </Fact>
      )}
      {cacheCreation !== undefined && cacheCreation > 0 && (
        <Fact name="To cache" title={cacheWriteTitle(tokens)}>
          {formatCount(cacheCreation)}
        </Fact>
      )}
      {reasoning !== undefined && reasoning > 0 && (
        <Fact name="Reasoning" title="Part of the output">
          {formatCount(reasoning)}
        </Fact>
      )}
      {perSecond !== undefined && Number.isFinite(perSecond) && (
        <Fact name="Speed" title="Output tokens by the duration of the call">
          {formatCount(perSecond)} tokens/s
        </Fact>
      )}
    </>
  )
}

function cacheWriteTitle({ cacheCreation, cacheCreation1h }: Tokens): string {
  const all = `${formatInteger(cacheCreation ?? 0)} tokens written to the cache`
  if (cacheCreation1h === undefined) return all
  return `${all}, ${formatInteger(cacheCreation1h)} of them for an hour`
}

/** The energy of the span with its uncertainty, and the total with its children. */
function Joules({ energy, durationS }: { energy: SpanInfo['energy']; durationS: number }) {
  const hasEnergy = useAppState((state) => state.energy?.totalJ !== undefined)
  if (energy === undefined) {
    if (!hasEnergy) return undefined
    return (
      <Fact name="Energy" title="No power meter of this run measures it">
        not known
      </Fact>
    )
  }
  const { ownJ, totalJ, exclusiveJ, lowJ, highJ } = energy
  const sharedJ = ownJ - exclusiveJ
  const childrenJ = totalJ - ownJ
  const isSure = highJ - lowJ <= 0.005 * Math.max(ownJ, 1e-9)
  return (
    <>
      <Fact name="Energy" title={`${ownJ} J without children`}>
        {formatJoules(ownJ)}
        {!isSure && <span className="muted"> ({betweenJoules(lowJ, highJ)})</span>}
      </Fact>
      {sharedJ > 0.005 * ownJ && (
        <Fact name="of which" title="Spans that ran at the same time get equal shares">
          <span>
            {formatJoules(sharedJ)}
            <span className="muted"> split equally with parallel spans (estimate)</span>
          </span>
        </Fact>
      )}
      {childrenJ > 0 && (
        <Fact name="Total" title={`${totalJ} J`}>
          {formatJoules(totalJ)} <span className="muted">incl. children</span>
        </Fact>
      )}
      {durationS > 0 && ownJ > 0 && (
        <Fact name="Power">{formatWatts(ownJ / durationS)} on average</Fact>
      )}
    </>
  )
}

function Relatives({ slot, info }: Omit<SpanFactListProps, 'isOpen'>) {
  const playheadS = useAppState((state) => state.playheadS)
  const { columns } = useColumns()
  const parent = columns.parent.at(slot)
  const children = (info?.children ?? []).filter(
    (child) => playheadS === undefined || columns.startS.at(child) <= playheadS,
  )
  return (
    <>
      <ParentSection slot={parent} />
      {children.length > 0 && (
        <section className="details-section">
          <h3>
            Children <span className="muted">{children.length}</span>
          </h3>
          <SpanLinks slots={children} />
        </section>
      )}
    </>
  )
}
