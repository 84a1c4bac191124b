/**
 * Estimates the cost of well-known models from list prices, for logs with tokens but without cost. It
 * ignores discounts, caches, batches and later price changes.
 */
import { shortModel } from './format.ts'
import { modelOf } from './model-of.ts'
import { countedUsage } from './stats.ts'
import type { Trace } from '../trace/trace.ts'

/** US dollars for a million tokens. */
export type Price = readonly [input: number, output: number]
export type PriceTable = Readonly<Record<string, Price>>

/** The earliest month in which a price below was read from the list of the vendor or a copy. */
export const PRICES_AS_OF = '2025-11'

/** By model name without a version date, and with `-` instead of `.` between digits. */
const LIST_PRICES: PriceTable = {
  'claude-opus-4-7': [5, 25],
  'claude-opus-4-6': [5, 25],
  'claude-opus-4-5': [5, 25],
  'claude-opus-4-1': [15, 75],
  'claude-opus-4': [15, 75],
  'claude-sonnet-4-6': [3, 15],
  'claude-sonnet-4-5': [3, 15],
  'claude-sonnet-4': [3, 15],
  'claude-haiku-4-5': [1, 5],
  'claude-3-7-sonnet': [3, 15],
  'claude-3-5-sonnet': [3, 15],
  'claude-3-5-haiku': [0.8, 4],
  'claude-3-haiku': [0.25, 1.25],
  'gpt-5': [1.25, 10],
  'gpt-5-mini': [0.25, 2],
  'gpt-5-nano': [0.05, 0.4],
  'gpt-4-1': [2, 8],
  'gpt-4-1-mini': [0.4, 1.6],
  'gpt-4-1-nano': [0.1, 0.4],
  'gpt-4o': [2.5, 10],
  'gpt-4o-mini': [0.15, 0.6],
  o3: [2, 8],
  'o4-mini': [1.1, 4.4],
  'gemini-2-5-pro': [1.25, 10],
  'gemini-2-5-flash': [0.3, 2.5],
  'gemini-2-5-flash-lite': [0.1, 0.4],
  'gemini-2-0-flash': [0.1, 0.4],
}

/**
 * Estimated cost in US dollars; undefined for a model without a price.
 *
 * @param prices override the list prices, by the same names
 * @example estimateCost('gpt-5-mini-2025-08-07', 1_000_000, 0) // 0.25
 */
export function estimateCost(
  model: string,
  tokensIn: number,
  tokensOut: number,
  prices: PriceTable = {},
): number | undefined {
  const price = priceIn(prices, model) ?? priceIn(LIST_PRICES, model)
  return price === undefined ? undefined : (tokensIn * price[0] + tokensOut * price[1]) / 1e6
}

/** The exact name takes precedence over its plain form. */
function priceIn(prices: PriceTable, model: string): Price | undefined {
  const name = [model, plainName(model)].find((each) => Object.hasOwn(prices, each))
  return name === undefined ? undefined : prices[name]
}

const VERSION = /[-@:](?:\d{4}-?\d{2}-?\d{2}|latest)$/

/** `OpenAIChat(id='openai/GPT-4.1-2025-04-14')` is `gpt-4-1`. */
function plainName(model: string): string {
  return shortModel(model)
    .toLowerCase()
    .replace(VERSION, '')
    .replaceAll(/(\d)\.(\d)/g, '$1-$2')
}

export interface CostEstimate {
  readonly usd: number
  /** Tokens of models without a price, which are not included. */
  readonly unpricedTokens: number
}

/**
 * Estimates the cost of a run; undefined if its log contains a cost or none of its models has a price.
 * Tokens count once, as in `summarize`.
 */
export function estimateRunCost(trace: Trace, prices?: PriceTable): CostEstimate | undefined {
  const counted = countedUsage(trace, trace.eachSpan())
  let usd: number | undefined
  let unpricedTokens = 0
  for (const span of trace.eachSpan()) {
    if (span.costUsd !== undefined) return undefined
    const tokens = counted.tokensOf(span)
    if (tokens === undefined) continue
    const { input, output, total = 0 } = tokens
    const model = modelOf(trace, span)
    const isKnown = model !== undefined && (input ?? output) !== undefined
    const cost = isKnown ? estimateCost(model, input ?? 0, output ?? 0, prices) : undefined
    if (cost === undefined) unpricedTokens += total
    else usd = (usd ?? 0) + cost
  }
  return usd === undefined ? undefined : { usd, unpricedTokens }
}
