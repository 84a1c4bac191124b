/** The problems of a run by writer. A click on a number searches for what it counts. */
import { formatInteger, formatPercent } from '../base/format.ts'
import { useAppState } from '../page/app.tsx'
import type { LogWriter, EnergyReport } from '../model/run-info.ts'
import { Button } from '../ui/Button.tsx'
import {
  clockText,
  countProblems,
  MALFORMED,
  ofWriter,
  shortId,
  showText,
  withClockSkew,
  writerLabel,
  type Problem,
} from './problems.ts'
import { SearchLink } from './SearchLink.tsx'

/** More rows are of no use to a reader. */
const MOST_ROWS = 200

interface WriterTableProps {
  readonly writers: readonly LogWriter[]
  /** Each one is a column. */
  readonly problems: readonly Problem[]
  /** Lists the unreadable lines of a writer. */
  readonly onList: (writer: LogWriter) => void
}

export function WriterTable({ writers, problems, onList }: WriterTableProps) {
  const energy = useAppState((state) => state.energy)
  const hasClocks = withClockSkew(writers).length > 0
  const hasTelemetry = writers.some(({ writer }) => coverageOf(energy, writer) !== undefined)
  const more = writers.length - MOST_ROWS
  return (
    <section>
      <h3 id="by-writer">By writer</h3>
      <div className="writers" role="region" aria-labelledby="by-writer" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Writer</th>
              <th scope="col">Events</th>
              {problems.map(({ name, short }) => (
                <th key={name} scope="col" title={name}>
                  {short}
                </th>
              ))}
              {hasClocks && <th scope="col">Clock</th>}
              {hasTelemetry && <th scope="col">Telemetry</th>}
            </tr>
          </thead>
          <tbody>
            {shownOf(writers).map((writer) => (
              <tr key={writer.writer}>
                <th scope="row">
                  <WriterName writer={writer} isUnique={!isShared(writer, writers)} />
                </th>
                <td>{formatInteger(writer.events)}</td>
                {problems.map((problem) => (
                  <td key={problem.name}>
                    <Count problem={problem} writer={writer} onList={onList} />
                  </td>
                ))}
                {hasClocks && <td>{clockCell(writer)}</td>}
                {hasTelemetry && <td>{coverageCell(coverageOf(energy, writer.writer))}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className="muted">and {formatInteger(more)} more writers</p>}
    </section>
  )
}

/** In the order of the log, so that rows keep their place; of too many writers, those with most problems. */
function shownOf(writers: readonly LogWriter[]): readonly LogWriter[] {
  if (writers.length <= MOST_ROWS) return writers
  const problemCount = (writer: LogWriter): number => {
    const { uncertain, others } = countProblems([writer])
    return uncertain + others
  }
  return writers.toSorted((a, b) => problemCount(b) - problemCount(a)).slice(0, MOST_ROWS)
}

interface CountProps extends Pick<WriterTableProps, 'onList'> {
  readonly problem: Problem
  readonly writer: LogWriter
}

function Count({ problem, writer, onList }: CountProps) {
  const count = problem.count(writer)
  if (count === undefined) return <Unknown />
  const text = formatInteger(count)
  if (count === 0) return <span className="muted">{text}</span>
  const link = {
    title: showText(problem, [writer]),
    'aria-label': `${text} ${problem.name}, ${writerLabel(writer)}`,
    children: text,
  }
  if (problem === MALFORMED)
    return <Button className="link" {...link} onClick={() => onList(writer)} />
  if (problem.query === undefined) return text
  return <SearchLink {...link} query={ofWriter(problem.query, writer)} />
}

/** @param props.isUnique whether no other writer has this name */
function WriterName({ writer, isUnique }: { writer: LogWriter; isUnique: boolean }) {
  const label = writerLabel(writer)
  return (
    <SearchLink
      className="link writer-name"
      title={`Highlight the events of ${label}\n${writer.id}`}
      query={ofWriter(undefined, writer)}
    >
      {label}
      {!isUnique && <small>{` ${shortId(writer.id)}`}</small>}
    </SearchLink>
  )
}

/** Whether another writer has the same name. */
function isShared({ name, writer }: LogWriter, writers: readonly LogWriter[]): boolean {
  return name !== '' && writers.some((other) => other.name === name && other.writer !== writer)
}

function Unknown() {
  return (
    <span className="muted" title="Not measured">
      <span aria-hidden="true">–</span>
      <span className="unseen">not measured</span>
    </span>
  )
}

function clockCell(writer: LogWriter) {
  if (writer.clockBehindS === undefined) return <Unknown />
  if (withClockSkew([writer]).length === 0) return <span className="muted">in sync</span>
  return clockText(writer.clockBehindS)
}

function coverageCell(coverage: number | undefined) {
  if (coverage === undefined) return <span className="muted">none</span>
  return formatPercent(coverage)
}

/** The mean share of the run for which the power of the writer's sources is known. */
function coverageOf(energy: EnergyReport | undefined, writer: number): number | undefined {
  const shares = (energy?.sources ?? []).flatMap(({ stream, coverage }) =>
    stream === writer && coverage !== undefined ? coverage : [],
  )
  if (shares.length === 0) return undefined
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}
