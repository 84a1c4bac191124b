/** The details of one point, or of an end whose start is missing. */
import { kindLabel } from '@wattline/trace'
import { MarkFlag } from '../model/patch.ts'
import { useAppState, useColumns } from '../page/app.tsx'
import { exactTime, formatTime } from '../base/format.ts'
import { useAnswer } from '../page/use-answer.ts'
import { groupLabel, markLabel } from '../model/span-labels.ts'
import {
  DetailsHeader,
  Fact,
  KindDot,
  Notice,
  RawMetadata,
  ParentSection,
} from './detail-parts.tsx'

export function MarkDetails({ slot }: { slot: number }) {
  const { columns, version } = useColumns()
  const clock = useAppState((state) => state.clock)
  const { answer: facts } = useAnswer('markInfo', { slot }, { version })
  const kind = columns.kinds[columns.markKind.at(slot)] ?? ''
  const timeS = columns.markTimeS.at(slot)
  const flags = columns.markFlags.at(slot)
  const parent = columns.markParent.at(slot)
  return (
    <>
      <DetailsHeader label={markLabel(columns, slot)}>
        <KindDot kind={kind} />
        {kindLabel(kind)} <span className="figure">point</span>
      </DetailsHeader>
      {(flags & MarkFlag.ORPHAN) !== 0 && (
        <Notice tone="warn">
          <strong>End without a start.</strong> The log contains no matching start, so there is no
          span and no duration.
        </Notice>
      )}
      {facts?.error !== undefined && (
        <Notice tone="bad">
          <strong>Error</strong>
          {facts.error !== '' && <pre className="error-text">{facts.error}</pre>}
        </Notice>
      )}
      <dl className="facts">
        <Fact name="Time" title={exactTime(timeS)}>
          {formatTime(timeS, columns, clock)}
        </Fact>
        {facts?.agent !== undefined && <Fact name="Agent">{groupLabel(facts.agent)}</Fact>}
      </dl>
      <ParentSection slot={parent} />
      <RawMetadata title="Metadata" position={columns.markPosition.at(slot)} />
    </>
  )
}
