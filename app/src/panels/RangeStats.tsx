/** Statistics of the selected range of time. */
import { formatDuration, formatJoules } from '@wattline/trace'
import { useApp, useAppState } from '../page/app.tsx'
import {
  counted,
  exactCost,
  exactTokens,
  formatPercent,
  shortCost,
  shortTokens,
} from '../base/format.ts'
import { setRange } from '../store/transitions.ts'
import { useAnswer } from '../page/use-answer.ts'
import { CloseIcon } from '../ui/icons.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'

export function RangeStats() {
  const { store, ingest } = useApp()
  const range = useAppState((state) => state.range)
  const version = useAppState((state) => state.version)
  const { answer } = useAnswer('summary', range, { version })
  if (range === undefined) return undefined
  return (
    <div className="range-stats" role="status" aria-label="Statistics of the selected range">
      <strong>{formatDuration(range.endS - range.startS)}</strong>
      {answer !== undefined && (
        <>
          <span>{counted(answer.spans, 'span')}</span>
          {answer.errors > 0 && <span className="bad">{counted(answer.errors, 'error')}</span>}
          {answer.p95Ms !== undefined && <span>p95 {formatDuration(answer.p95Ms / 1000)}</span>}
          {answer.tokens !== undefined && (
            <span title={exactTokens(answer.tokens)}>
              {shortTokens(answer.tokens.total, answer.tokens)} tokens
            </span>
          )}
          {answer.cost !== undefined && (
            <span title={exactCost(answer.cost)}>{shortCost(answer.cost)}</span>
          )}
          {answer.energy !== undefined && <RangeJoules {...answer.energy} />}
        </>
      )}
      <CopyButton
        label="Copy the spans in the range as JSON Lines"
        text={() => ingest.ask('records', range)}
      />
      <IconButton
        label="Clear range"
        className="small"
        onClick={() => store.update(setRange, undefined)}
      >
        <CloseIcon size={12} />
      </IconButton>
    </div>
  )
}

/** The energy used in the range, idle energy included. */
function RangeJoules({ joules, coverage }: { joules: number; coverage: number }) {
  if (coverage === 0) {
    return (
      <span className="range-joules" title="No power samples in this range">
        energy unknown
      </span>
    )
  }
  const isPart = coverage < 0.995
  const known = `power is known for ${formatPercent(coverage)} of the range`
  return (
    <span className="range-joules" title={isPart ? `${joules} J; ${known}` : `${joules} J`}>
      {isPart ? '≥ ' : ''}
      {formatJoules(joules)}
    </span>
  )
}
