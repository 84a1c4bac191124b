/** For how much of the run its power is known, and the problems of each telemetry source. */
import type { EnergyReport } from '../model/run-info.ts'
import type { Viewport } from '../model/view-state.ts'

interface TelemetryProblemsProps {
  readonly energy: EnergyReport
  readonly onShow: (range: Viewport) => void
}

export function TelemetryProblems({ energy, onShow }: TelemetryProblemsProps) {
  const { coverage, sources, warnings } = energy
  return (
    <section>
      <h3>Telemetry</h3>
      {coverage !== undefined && (
        <p>
          The power of {sources.length === 1 ? 'the source' : `${sources.length} sources`} is known
          for {percent(coverage)} of the run{sources.length > 1 && <Parts sources={sources} />}.
        </p>
      )}
      {warnings.length > 0 && (
        <ul className="telemetry-problems">
          {warnings.map(({ code, source, text, at }) => (
            <li key={`${source} ${code} ${text}`}>
              <strong>{source}</strong>: {text}{' '}
              {at !== undefined && (
                <button
                  type="button"
                  className="link"
                  aria-label={`Show the longest: ${code} of ${source}`}
                  onClick={() => onShow(at)}
                >
                  Show the longest
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Parts({ sources }: Pick<EnergyReport, 'sources'>) {
  const parts = sources.flatMap(({ name, coverage }) =>
    coverage === undefined ? [] : [`${name} ${percent(coverage)}`],
  )
  return <>: {parts.join(', ')}</>
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
