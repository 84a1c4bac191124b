/** The doubts of a run by writer: each figure shows what it counts. */
import { useAppState } from '../page/app.tsx'
import type { LogWriter, EnergyReport } from '../model/run-info.ts'
import { visible } from '../base/visible.ts'
import {
  clockText,
  doubtCount,
  MALFORMED,
  ofWriter,
  shortId,
  showText,
  withOtherClock,
  writerLabel,
  type Doubt,
} from './doubts.ts'

/** More are a heap that nobody reads. */
const MOST_ROWS = 200

interface WriterTableProps {
  readonly writers: readonly LogWriter[]
  /** One column each. */
  readonly doubts: readonly Doubt[]
  readonly onShow: (query: string) => void
  /** Lists the lines of a writer that could not be read. */
  readonly onList: (writer: LogWriter) => void
}

export function WriterTable({ writers, doubts, onShow, onList }: WriterTableProps) {
  const energy = useAppState((state) => state.energy)
  const hasClocks = withOtherClock(writers).length > 0
  const hasTelemetry = writers.some(({ writer }) => coverageOf(energy, writer) !== undefined)
  const more = writers.length - MOST_ROWS
  return (
    <section>
      <h3 id="by-writer">By writer</h3>
      <div className="writers" role="region" aria-labelledby="by-writer" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Writer</th>
              <th scope="col">Events</th>
              {doubts.map(({ name, short }) => (
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
                  <WriterName
                    writer={writer}
                    isUnique={!isShared(writer, writers)}
                    onShow={onShow}
                  />
                </th>
                <td>{writer.events.toLocaleString('en')}</td>
                {doubts.map((doubt) => (
                  <td key={doubt.name}>
                    <NestedSum doubt={doubt} writer={writer} onShow={onShow} onList={onList} />
                  </td>
                ))}
                {hasClocks && <td>{clockCell(writer)}</td>}
                {hasTelemetry && <td>{coverageCell(coverageOf(energy, writer.writer))}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className="muted">and {more.toLocaleString('en')} more writers</p>}
    </section>
  )
}

/** In the order of the log, so that no row moves while a run is live; of too many, those most in doubt. */
function shownOf(writers: readonly LogWriter[]): readonly LogWriter[] {
  if (writers.length <= MOST_ROWS) return writers
  return writers.toSorted((a, b) => doubtCount([b]) - doubtCount([a])).slice(0, MOST_ROWS)
}

interface FigureProps extends Pick<WriterTableProps, 'onShow' | 'onList'> {
  readonly doubt: Doubt
  readonly writer: LogWriter
}

function NestedSum({ doubt, writer, onShow, onList }: FigureProps) {
  const count = doubt.count(writer)
  if (count === undefined) return <Unknown />
  const text = count.toLocaleString('en')
  if (count === 0) return <span className="muted">{text}</span>
  const isListed = doubt === MALFORMED
  if (doubt.query === undefined && !isListed) return text
  return (
    <button
      type="button"
      className="link"
      title={showText(doubt, [writer])}
      aria-label={`${text} ${doubt.name}, ${visible(writerLabel(writer))}`}
      onClick={() => (isListed ? onList(writer) : onShow(ofWriter(doubt.query, writer)))}
    >
      {text}
    </button>
  )
}

interface WriterNameProps extends Pick<FigureProps, 'writer' | 'onShow'> {
  /** No other writer is called so. */
  readonly isUnique: boolean
}

function WriterName({ writer, isUnique, onShow }: WriterNameProps) {
  const label = visible(writerLabel(writer))
  return (
    <button
      type="button"
      className="link writer-name"
      title={`Show what ${label} wrote\n${writer.id}`}
      onClick={() => onShow(ofWriter(undefined, writer))}
    >
      {label}
      {!isUnique && <small>{` ${shortId(writer.id)}`}</small>}
    </button>
  )
}

/** Whether another writer has its name. */
function isShared({ name, writer }: LogWriter, writers: readonly LogWriter[]): boolean {
  return name !== '' && writers.some((other) => other.name === name && other.writer !== writer)
}

function Unknown() {
  return (
    <span className="muted" title="Not known">
      <span aria-hidden="true">–</span>
      <span className="unseen">not known</span>
    </span>
  )
}

function clockCell(writer: LogWriter) {
  if (writer.clockBehindS === undefined) return <Unknown />
  if (withOtherClock([writer]).length === 0) return <span className="muted">right</span>
  return clockText(writer.clockBehindS)
}

function coverageCell(coverage: number | undefined) {
  if (coverage === undefined) return <span className="muted">none</span>
  return `${Math.round(coverage * 100)} %`
}

/** Of the sources that it tells of, the mean share of the run in which they are known. */
function coverageOf(energy: EnergyReport | undefined, writer: number): number | undefined {
  const shares = (energy?.sources ?? [])
    .filter(({ stream }) => stream === writer)
    .map(({ coverage }) => coverage)
    .filter((coverage) => coverage !== undefined)
  if (shares.length === 0) return undefined
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}
