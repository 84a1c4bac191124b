/**
 * Estimates the cost of tokens from the prices of models, for logs with tokens but without cost:
 *
 *     $ = [(input − read − written) · in + read · read + (written − written for 1 h) · write
 *          + written for 1 h · write1h + output · out] / 10⁶
 */
import { shortModel } from './format.ts'
import { modelOf } from './model-of.ts'
import { LIST_PRICES, wholePrice, type ListedPrice, type Price } from './price-list.ts'
import { countedUsage } from './stats.ts'
import type { Tokens } from '../row/usage.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/** Prices by model, which replace those of the list. */
export type PriceTable = Readonly<Record<string, ListedPrice>>

/** A model that Claude Code names for messages of its own. */
const FREE_MODEL = '<synthetic>'
const FREE: Price = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 }

/** The tokens that a price needs; unknown parts count as 0. */
export type PricedTokens = Pick<
  Tokens,
  'input' | 'output' | 'cacheRead' | 'cacheCreation' | 'cacheCreation1h'
>

/**
 * Estimated cost in US dollars; undefined for a model without a price, and without any tokens.
 *
 * @param prices override the list prices, by the same names
 * @example estimateCost('gpt-5-mini-2025-08-07', { input: 1_000_000, output: 0 }) // 0.25
 */
export function estimateCost(
  model: string,
  tokens: Partial<PricedTokens>,
  prices: PriceTable = {},
): number | undefined {
  const price = priceOf(model, prices)
  const { input, output } = tokens
  if (price === undefined || (input ?? output) === undefined) return undefined
  const read = tokens.cacheRead ?? 0
  const written1h = tokens.cacheCreation1h ?? 0
  const written = Math.max(tokens.cacheCreation ?? 0, written1h)
  const uncached = Math.max(0, (input ?? 0) - read - written)
  const usd =
    uncached * price.input +
    read * price.cacheRead +
    (written - written1h) * price.cacheWrite +
    written1h * price.cacheWrite1h +
    (output ?? 0) * price.output
  return usd / 1e6
}

/** The exact name takes precedence over its plain form, and a given price over that of the list. */
function priceOf(model: string, prices: PriceTable): Price | undefined {
  if (model === FREE_MODEL) return FREE
  const plain = plainName(model)
  for (const table of [prices, LIST_PRICES]) {
    const name = [model, plain].find((each) => Object.hasOwn(table, each))
    if (name !== undefined) return wholePrice(plain, table[name]!)
  }
  return undefined
}

const VERSION = /[-@:](?:\d{4}-?\d{2}-?\d{2}|latest)$/

/** `OpenAIChat(id='openai/GPT-4.1-2025-04-14')` is `gpt-4-1`. */
function plainName(model: string): string {
  return shortModel(model)
    .toLowerCase()
    .replace(VERSION, '')
    .replaceAll(/(\d)\.(\d)/g, '$1-$2')
}

/** Where a cost is from. A `lower-bound` is estimated from tokens that are lower bounds. */
export type CostSource = 'logged' | 'estimated' | 'lower-bound'

export interface Cost {
  readonly usd: number
  readonly source: CostSource
}

/** The cost of one span, logged or estimated from its own tokens; undefined if it is not known. */
export function costOf(trace: Trace, span: Span, prices?: PriceTable): Cost | undefined {
  const { costUsd, tokens } = span
  if (costUsd !== undefined) return { usd: costUsd, source: 'logged' }
  const model = tokens === undefined ? undefined : modelOf(trace, span)
  if (tokens === undefined || model === undefined) return undefined
  const usd = estimateCost(model, tokens, prices)
  if (usd === undefined) return undefined
  return { usd, source: tokens.isLowerBound ? 'lower-bound' : 'estimated' }
}

export interface CostEstimate {
  readonly usd: number
  /** Whether the tokens of a call are a lower bound, and so the cost. */
  readonly isLowerBound: boolean
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
  let isLowerBound = false
  let unpricedTokens = 0
  for (const span of trace.eachSpan()) {
    if (span.costUsd !== undefined) return undefined
    const tokens = counted.tokensOf(span)
    if (tokens === undefined) continue
    const model = modelOf(trace, span)
    const cost = model === undefined ? undefined : estimateCost(model, tokens, prices)
    if (cost === undefined) unpricedTokens += tokens.total ?? 0
    else {
      usd = (usd ?? 0) + cost
      isLowerBound ||= tokens.isLowerBound
    }
  }
  return usd === undefined ? undefined : { usd, isLowerBound, unpricedTokens }
}
