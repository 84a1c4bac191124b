/** For how much of the run its power is known, and the problems of each telemetry source. */
import { formatPercent } from '../base/format.ts'
import { isolated } from '../base/isolated.ts'
import type { EnergyReport } from '../model/run-info.ts'
import { useApp } from '../page/app.tsx'
import { setFields, showTime } from '../store/transitions.ts'
import { Button } from '../ui/Button.tsx'

export function TelemetryProblems({ energy }: { energy: EnergyReport }) {
  const { store } = useApp()
  const { coverage, sources, warnings } = energy
  const parts = sources.flatMap(({ name, coverage: part }) =>
    part === undefined ? [] : `${isolated(name)} ${formatPercent(part)}`,
  )
  return (
    <section>
      <h3>Telemetry</h3>
      {coverage !== undefined && (
        <p>
          The power of {sources.length === 1 ? 'the source' : `${sources.length} sources`} is known
          for {formatPercent(coverage)} of the run{sources.length > 1 && `: ${parts.join(', ')}`}.
        </p>
      )}
      {warnings.length > 0 && (
        <ul className="telemetry-problems">
          {warnings.map(({ code, source, text, at }) => (
            <li key={`${source} ${code} ${text}`}>
              <strong>
                <bdi>{source}</bdi>
              </strong>
              : {text}{' '}
              {at !== undefined && (
                <Button
                  className="link"
                  aria-label={`Show the longest: ${code} of ${source}`}
                  onClick={() => {
                    store.update(setFields, { dialog: undefined })
                    store.update(showTime, at)
                  }}
                >
                  Show the longest
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
