/**
 * Estimates the cost of tokens from the prices of models, for logs with tokens but without cost:
 *
 *     $ = [(input − read − written) · in + read · read + (written − written for 1 h) · write
 *          + written for 1 h · write1h + output · out] / 10⁶
 */
import { shortModel } from './format.ts'
import { modelOf } from './model-of.ts'
import { LIST_PRICES, wholePrice, type ListedPrice, type Price } from './price-list.ts'
import type { Tokens } from '../row/usage.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'

/**
 * Prices by model, which replace those of the list. A name may have `*` for any text; a name without it
 * takes precedence, then the longest.
 */
export type PriceTable = Readonly<Record<string, ListedPrice>>

/** A model that Claude Code names for messages of its own. */
const FREE_MODEL = '<synthetic>'
const FREE: Price = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 }

/** The tokens that a price needs; unknown parts count as 0. */
export type PricedTokens = Pick<
  Tokens,
  'input' | 'output' | 'cacheRead' | 'cacheCreation' | 'cacheCreation1h'
>

/** Prices by model: those of the list, and others that replace them by the same names. */
export class PriceList {
  readonly #tables: readonly PriceTable[]
  /** By model as it is logged. */
  readonly #known = new Map<string, Price | undefined>()

  constructor(prices: PriceTable = {}) {
    this.#tables = [prices, LIST_PRICES]
  }

  /**
   * Estimated cost in US dollars; undefined for a model without a price, and without any tokens.
   *
   * @example new PriceList().estimate('gpt-5-mini-2025-08-07', { input: 1_000_000 }) // 0.25
   */
  estimate(model: string, tokens: Partial<PricedTokens>): number | undefined {
    const { input, output, cacheRead, cacheCreation, cacheCreation1h } = tokens
    if ((input ?? output ?? cacheRead ?? cacheCreation) === undefined) return undefined
    const price = this.#priceOf(model)
    if (price === undefined) return undefined
    const read = cacheRead ?? 0
    const written1h = cacheCreation1h ?? 0
    const written = Math.max(cacheCreation ?? 0, written1h)
    const uncached = Math.max(0, (input ?? 0) - read - written)
    const usd =
      uncached * price.input +
      read * price.cacheRead +
      (written - written1h) * price.cacheWrite +
      written1h * price.cacheWrite1h +
      (output ?? 0) * price.output
    return usd / 1e6
  }

  #priceOf(model: string): Price | undefined {
    if (!this.#known.has(model)) this.#known.set(model, this.#find(model))
    return this.#known.get(model)
  }

  /** The exact name takes precedence over its plain form, and a given price over that of the list. */
  #find(model: string): Price | undefined {
    if (model === FREE_MODEL) return FREE
    const plain = plainName(model)
    for (const table of this.#tables) {
      const name =
        [model, plain].find((each) => Object.hasOwn(table, each)) ??
        longest(Object.keys(table).filter((each) => matches(each, model) || matches(each, plain)))
      if (name !== undefined) return wholePrice(plain, table[name]!)
    }
    return undefined
  }
}

/** The prices of the list alone. */
export const LISTED = new PriceList()

/** Whether a name with `*` stands for a model. It takes one pass, whatever the name in a file is. */
function matches(pattern: string, model: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined || !model.startsWith(head)) return false
  let at = head.length
  for (const part of rest) {
    const found = model.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return model.length - tail.length >= at && model.endsWith(tail)
}

function longest(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => b.length - a.length)[0]
}

/** The vendor and the revision in names of Bedrock: `us.anthropic.claude-opus-4-5-20251101-v1:0`. */
const BEDROCK = /^(?:[a-z]+\.)?anthropic\.|-v\d+(?::\d+)?$/g

const VERSION = /[-@:](?:\d{4}-?\d{2}-?\d{2}|latest)$/

/** `OpenAIChat(id='openai/GPT-4.1-2025-04-14')` is `gpt-4-1`. */
function plainName(model: string): string {
  return shortModel(model)
    .toLowerCase()
    .replace(BEDROCK, '')
    .replace(VERSION, '')
    .replaceAll(/(\d)\.(\d)/g, '$1-$2')
}

/** Where a cost is from. A `lower-bound` is estimated, and a part of it is missing. */
export type CostSource = 'logged' | 'estimated' | 'lower-bound'

export interface Cost {
  readonly usd: number
  readonly source: CostSource
}

/** The cost of one span, logged or estimated from its own tokens; undefined if it is not known. */
export function costOf(trace: Trace, span: Span, prices?: PriceList): Cost | undefined {
  const { costUsd, tokens } = span
  if (costUsd !== undefined) return { usd: costUsd, source: 'logged' }
  return tokens === undefined ? undefined : costOfTokens(trace, span, tokens, prices)
}

/** An estimate from tokens of a span; undefined if its model or the price of it is not known. */
export function costOfTokens(
  trace: Trace,
  span: Span,
  tokens: Tokens,
  prices: PriceList = LISTED,
): Cost | undefined {
  const model = modelOf(trace, span)
  const usd = model === undefined ? undefined : prices.estimate(model, tokens)
  if (usd === undefined) return undefined
  const { isLowerBound, input, output } = tokens
  const isLess = isLowerBound || input === undefined || output === undefined
  return { usd, source: isLess ? 'lower-bound' : 'estimated' }
}
