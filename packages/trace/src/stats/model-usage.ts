/** Tokens and cost by model, each counted once as in `summarize`. */
import { modelOf } from './model-of.ts'
import { estimateCost, type Cost, type PriceTable } from './prices.ts'
import { addTokens, countedUsage, type TokenSums } from './stats.ts'
import type { Trace } from '../trace/trace.ts'

export interface ModelUsage {
  /** Undefined for calls whose model is not in the log. */
  readonly model: string | undefined
  /** Spans whose tokens or cost are in the sums. */
  readonly calls: number
  readonly tokens: TokenSums | undefined
  /** Undefined if the cost of a call is not known. */
  readonly cost: Cost | undefined
}

interface Sums {
  calls: number
  tokens: TokenSums | undefined
  loggedUsd: number | undefined
  estimatedUsd: number | undefined
  isLowerBound: boolean
  isPriced: boolean
}

/** By model, the one with the most tokens first. Costs are estimated only where the log has none. */
export function usageByModel(trace: Trace, prices?: PriceTable): ModelUsage[] {
  const counted = countedUsage(trace, trace.eachSpan())
  const byModel = new Map<string | undefined, Sums>()
  for (const span of trace.eachSpan()) {
    const tokens = counted.tokensOf(span)
    const costUsd = counted.costOf(span)
    if (tokens === undefined && costUsd === undefined) continue
    const model = modelOf(trace, span)
    let sums = byModel.get(model)
    if (sums === undefined) byModel.set(model, (sums = noUsage()))
    sums.calls++
    if (costUsd !== undefined) sums.loggedUsd = (sums.loggedUsd ?? 0) + costUsd
    if (tokens === undefined) continue
    sums.tokens = addTokens(sums.tokens, tokens)
    if (costUsd !== undefined) continue
    const usd = model === undefined ? undefined : estimateCost(model, tokens, prices)
    if (usd === undefined) sums.isPriced = false
    else sums.estimatedUsd = (sums.estimatedUsd ?? 0) + usd
    sums.isLowerBound ||= tokens.isLowerBound
  }
  return [...byModel]
    .map(([model, sums]) => ({
      model,
      calls: sums.calls,
      tokens: sums.tokens,
      cost: costOfSums(sums),
    }))
    .sort((a, b) => (b.tokens?.total ?? 0) - (a.tokens?.total ?? 0))
}

function noUsage(): Sums {
  return {
    calls: 0,
    tokens: undefined,
    loggedUsd: undefined,
    estimatedUsd: undefined,
    isLowerBound: false,
    isPriced: true,
  }
}

function costOfSums({ loggedUsd, estimatedUsd, isLowerBound, isPriced }: Sums): Cost | undefined {
  if (loggedUsd !== undefined) return { usd: loggedUsd, source: 'logged' }
  if (estimatedUsd === undefined || !isPriced) return undefined
  return { usd: estimatedUsd, source: isLowerBound ? 'lower-bound' : 'estimated' }
}
