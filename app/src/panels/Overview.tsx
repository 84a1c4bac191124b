/** Shown while nothing is selected: time by kind, energy, and the errors of the run. */
import { formatInteger, formatTime } from '../base/format.ts'
import { formatCount, formatDuration, kindLabel } from '@wattline/trace'
import { useApp, useAppState, useColumns } from '../page/app.tsx'
import type { KindSummary } from '../model/answers.ts'
import { downloadSpans } from '../page/download.ts'
import { setQuery } from '../store/transitions.ts'
import { useAnswer } from '../page/use-answer.ts'
import { Button } from '../ui/Button.tsx'
import { DownloadIcon } from '../ui/icons.tsx'
import { useAttempt } from '../ui/use-attempt.tsx'
import { KindDot, SpanLinks } from './detail-parts.tsx'
import { EnergyTables } from './EnergyTables.tsx'
import { ModelUsageTable } from './ModelUsageTable.tsx'

export function Overview() {
  const { columns, version } = useColumns()
  const playheadS = useAppState((state) => state.playheadS)
  const clock = useAppState((state) => state.clock)
  // Without spans the answer is empty, and would delay the start of the worker.
  const ask = columns.spanCount === 0 ? undefined : { playheadS }
  const isPart = useAppState((state) => state.progress?.done === false)
  const { answer } = useAnswer('overview', ask, { version, keepOld: true })
  return (
    <section className="details overview" aria-label="Overview of the run">
      <header className="details-header">
        <h2>Overview</h2>
        {isPart && columns.spanCount > 0 && (
          <p className="details-sub">
            The log is still being read. The figures are those of a part.
          </p>
        )}
        <p className="details-sub muted">
          {playheadS === undefined
            ? 'Select a bar to see its details'
            : `Up to ${formatTime(playheadS, columns, clock, 0)}`}
        </p>
      </header>
      {answer !== undefined && answer.kinds.length > 0 && <KindTable kinds={answer.kinds} />}
      {answer !== undefined && answer.kinds.length > 0 && <ModelUsageTable />}
      {answer?.energy !== undefined && <EnergyTables energy={answer.energy} />}
      {answer !== undefined && answer.kinds.length > 0 && <DownloadButton />}
      {answer !== undefined && answer.errorCount > 0 && (
        <section className="details-section">
          <h3>
            Errors <span className="muted">{formatInteger(answer.errorCount)}</span>
          </h3>
          <SpanLinks slots={answer.errors} first={20} />
        </section>
      )}
    </section>
  )
}

function DownloadButton() {
  const app = useApp()
  const { failure, attempt } = useAttempt()
  return (
    <p className="overview-tools">
      <Button onClick={() => void attempt(() => downloadSpans(app))}>
        <DownloadIcon size={14} /> Download spans
      </Button>
      {failure}
    </p>
  )
}

function KindTable({ kinds }: { kinds: readonly KindSummary[] }) {
  const { store } = useApp()
  return (
    <table className="table kinds">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col">Spans</th>
          <th scope="col">p50</th>
          <th scope="col">p95</th>
          <th scope="col">Total</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map(({ kind, spans, p50Ms, p95Ms, totalMs }) => (
          <tr key={kind}>
            <th scope="row">
              <button
                type="button"
                className="row-button span-link"
                title={`Highlight ${kindLabel(kind)}`}
                onClick={() => store.update(setQuery, `kind:${kind}`)}
              >
                <KindDot kind={kind} />
                <span className="span-link-label" dir="auto">
                  {kindLabel(kind)}
                </span>
              </button>
            </th>
            <td title={formatInteger(spans)}>{formatCount(spans)}</td>
            <td>{formatMs(p50Ms)}</td>
            <td>{formatMs(p95Ms)}</td>
            <td>{formatMs(p50Ms === undefined ? undefined : totalMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function formatMs(ms: number | undefined): string {
  return formatDuration(ms === undefined ? undefined : ms / 1000)
}
