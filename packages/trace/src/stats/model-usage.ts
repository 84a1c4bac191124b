/** Tokens and cost by model, each counted once as in `summarize`. */
import { countedUsage, CostSum, TokenSum, type TokenSums } from './counted.ts'
import { modelOf } from './model-of.ts'
import type { Cost, PriceList } from './prices.ts'
import type { Trace } from '../trace/trace.ts'

export interface ModelUsage {
  /** Undefined for calls whose model is not in the log. */
  readonly model: string | undefined
  /** Spans whose tokens or cost are in the sums. */
  readonly calls: number
  readonly tokens: TokenSums | undefined
  readonly cost: Cost | undefined
}

/** By model, the one with the most tokens first. Costs are estimated only where the log has none. */
export function usageByModel(trace: Trace, prices?: PriceList): ModelUsage[] {
  const counted = countedUsage(trace, trace.eachSpan(), prices)
  const byModel = new Map<string | undefined, { calls: number; tokens: TokenSum; cost: CostSum }>()
  for (const span of trace.eachSpan()) {
    const tokens = counted.tokensOf(span)
    const cost = counted.costOf(span)
    if (tokens === undefined && cost.cost === undefined) continue
    const model = modelOf(trace, span)
    let sums = byModel.get(model)
    if (sums === undefined) {
      byModel.set(model, (sums = { calls: 0, tokens: new TokenSum(), cost: new CostSum() }))
    }
    sums.calls++
    sums.tokens.add(tokens)
    sums.cost.add(cost)
  }
  return [...byModel]
    .map(([model, { calls, tokens, cost }]) => ({
      model,
      calls,
      tokens: tokens.sums,
      cost: cost.sums,
    }))
    .sort((a, b) => (b.tokens?.total ?? 0) - (a.tokens?.total ?? 0))
}
