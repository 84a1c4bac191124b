/** Tokens and cost of the run by model, with the cached part of the input. */
import { formatCount, shortModel, type ModelUsage } from '@wattline/trace'
import { exactCost, formatInteger, formatPercent, shortCost } from '../base/format.ts'
import { useApp, useAppState, useColumns } from '../page/app.tsx'
import { useAnswer } from '../page/use-answer.ts'
import { setQuery } from '../store/transitions.ts'

export function ModelUsageTable() {
  const { columns, version } = useColumns()
  // At a playhead, the header shows the sums up to it.
  const isPast = useAppState((state) => state.playheadS !== undefined)
  const ask = isPast || columns.tokens.isEmpty ? undefined : {}
  const { answer } = useAnswer('models', ask, { version, keepOld: true })
  if (isPast || answer === undefined || answer.length === 0) return undefined
  return (
    <table className="table kinds">
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">In</th>
          <th scope="col" title="Share of the input that was read from the cache">
            Cached
          </th>
          <th scope="col">Out</th>
          <th scope="col">Cost</th>
        </tr>
      </thead>
      <tbody>
        {answer.map((usage) => (
          <ModelRow key={usage.model ?? ''} usage={usage} />
        ))}
      </tbody>
    </table>
  )
}

function ModelRow({ usage: { model, calls, tokens, cost } }: { usage: ModelUsage }) {
  const { store } = useApp()
  const { input, output, cacheRead, isLowerBound } = tokens ?? {}
  const share =
    input === undefined || input === 0 || cacheRead === undefined ? undefined : cacheRead / input
  return (
    <tr>
      <th scope="row" title={`${model ?? 'Model not in the log'}, ${formatInteger(calls)} calls`}>
        <button
          type="button"
          className="row-button span-link"
          disabled={model === undefined || model.includes('"')}
          onClick={() => store.update(setQuery, `model:"${model}"`)}
        >
          <span className="span-link-label" dir="auto">
            {model === undefined ? 'not known' : shortModel(model)}
          </span>
        </button>
      </th>
      <td title={exactTokens(input)}>{formatCount(input)}</td>
      <td title={exactTokens(cacheRead)}>{share === undefined ? '–' : formatPercent(share)}</td>
      <td title={exactTokens(output)}>
        {isLowerBound === true && '≥ '}
        {formatCount(output)}
      </td>
      <td title={cost === undefined ? 'No price is known' : exactCost(cost)}>
        {cost === undefined ? '–' : shortCost(cost)}
      </td>
    </tr>
  )
}

function exactTokens(count: number | undefined): string | undefined {
  return count === undefined ? undefined : `${formatInteger(count)} tokens`
}
