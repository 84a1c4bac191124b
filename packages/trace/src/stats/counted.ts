/**
 * The tokens and the cost of spans that count in a sum. A value counts only if no span below has one,
 * because a call repeats the sum of its parts and an agent that of its calls. A cost that is not logged
 * is estimated from the tokens that count, unless a span above or below has a logged one.
 */
import type { Tokens } from '../row/usage.ts'
import type { SpanView } from '../trace/span-view.ts'
import type { Span } from '../trace/span.ts'
import type { Trace } from '../trace/trace.ts'
import { costOfTokens, LISTED, type Cost, type PriceList } from './prices.ts'

/** Bits for the values that a descendant has. */
const INPUT = 1
const OUTPUT = 2
const ANY_TOKENS = 4
const COST = 8

/** Which values of spans a descendant has. Add all spans of a sum before the first one is asked for. */
export class UsageBelow {
  /** By slot, the values that descendants have. */
  readonly #below = new Map<number, number>()
  /** The slots of spans with a logged cost. */
  readonly #logged = new Set<number>()
  readonly #coveredAbove = new Map<number, boolean>()
  readonly #at: SpanView

  constructor(trace: Trace) {
    this.#at = trace.spanView()
  }

  /** O(depth) at worst, O(1) in practice. */
  add({ slot, tokens, costUsd }: Span): void {
    let bits = 0
    if (costUsd !== undefined) {
      bits = COST
      this.#logged.add(slot)
    }
    if (tokens !== undefined) {
      bits |= ANY_TOKENS
      if (hasInput(tokens)) bits |= INPUT
      if (tokens.output !== undefined) bits |= OUTPUT
    }
    if (bits === 0) return
    const at = this.#at
    at.slot = slot
    for (let up = at.parentSlot; up >= 0; up = at.parentSlot) {
      const before = this.of(up)
      if ((before & bits) === bits) break
      this.#below.set(up, before | bits)
      at.slot = up
    }
  }

  /** The values that descendants of a span have. */
  of(slot: number): number {
    return this.#below.get(slot) ?? 0
  }

  /** Whether a span above has a logged cost that counts. Each step of the way up is made once. */
  isCoveredAbove(slot: number): boolean {
    if (this.#logged.size === 0) return false
    const path: number[] = []
    let isCovered = false
    for (let here = slot; here >= 0;) {
      const known = this.#coveredAbove.get(here)
      if (known !== undefined) {
        isCovered = known
        break
      }
      path.push(here)
      this.#at.slot = here
      here = this.#at.parentSlot
      if (this.#logged.has(here) && (this.of(here) & COST) === 0) {
        isCovered = true
        break
      }
    }
    for (const each of path) this.#coveredAbove.set(each, isCovered)
    return isCovered
  }
}

/** Decides which values of the added spans count in a sum. */
export class CountedUsage {
  readonly #trace: Trace
  readonly #below: UsageBelow
  readonly #prices: PriceList

  constructor(trace: Trace, below: UsageBelow, prices: PriceList = LISTED) {
    this.#trace = trace
    this.#below = below
    this.#prices = prices
  }

  tokensOf({ slot, tokens }: Span): Tokens | undefined {
    return tokens === undefined ? undefined : withoutBelow(tokens, this.#below.of(slot))
  }

  /** The cost, and the tokens that have neither a logged cost nor a price. */
  costOf(span: Span): { readonly cost?: Cost; readonly unpricedTokens: number } {
    const { slot, costUsd } = span
    if ((this.#below.of(slot) & COST) !== 0) return NO_COST
    if (costUsd !== undefined)
      return { cost: { usd: costUsd, source: 'logged' }, unpricedTokens: 0 }
    const tokens = this.tokensOf(span)
    if (tokens === undefined || this.#below.isCoveredAbove(slot)) return NO_COST
    const cost = costOfTokens(this.#trace, span, tokens, this.#prices)
    return cost === undefined ? { unpricedTokens: tokens.total ?? 0 } : { cost, unpricedTokens: 0 }
  }
}

const NO_COST = { unpricedTokens: 0 }

/** Decides which values of `spans`, all or some of a trace, count in a sum. */
export function countedUsage(
  trace: Trace,
  spans: Iterable<Span>,
  prices?: PriceList,
): CountedUsage {
  const below = new UsageBelow(trace)
  for (const span of spans) below.add(span)
  return new CountedUsage(trace, below, prices)
}

function withoutBelow(tokens: Tokens, below: number): Tokens | undefined {
  if ((below & ANY_TOKENS) === 0) return tokens
  const isSplit = hasInput(tokens) || tokens.output !== undefined
  if (!isSplit) return undefined
  const input = below & INPUT ? undefined : tokens
  const output = below & OUTPUT ? undefined : tokens
  if (input?.input === undefined && output?.output === undefined) return undefined
  return {
    input: input?.input,
    cacheRead: input?.cacheRead,
    cacheCreation: input?.cacheCreation,
    cacheCreation1h: input?.cacheCreation1h,
    output: output?.output,
    reasoning: output?.reasoning,
    total: (input?.input ?? 0) + (output?.output ?? 0),
    isLowerBound: output?.isLowerBound === true,
  }
}

function hasInput({ input, cacheRead, cacheCreation }: Tokens): boolean {
  return (input ?? cacheRead ?? cacheCreation) !== undefined
}

export interface TokenSums extends Tokens {
  /** Includes spans that have a total only. */
  readonly total: number
}

const PARTS = [
  'input',
  'cacheRead',
  'cacheCreation',
  'cacheCreation1h',
  'output',
  'reasoning',
] as const

/** Sums tokens. A part is unknown if no span has it. */
export class TokenSum {
  #sums: { -readonly [key in keyof TokenSums]: TokenSums[key] } | undefined

  add(tokens: Tokens | undefined): void {
    if (tokens === undefined) return
    const sums = (this.#sums ??= {
      input: undefined,
      cacheRead: undefined,
      cacheCreation: undefined,
      cacheCreation1h: undefined,
      output: undefined,
      reasoning: undefined,
      total: 0,
      isLowerBound: false,
    })
    for (const part of PARTS) {
      const value = tokens[part]
      if (value !== undefined) sums[part] = (sums[part] ?? 0) + value
    }
    sums.total += tokens.total ?? 0
    if (tokens.isLowerBound) sums.isLowerBound = true
  }

  /** Undefined if no span has any. */
  get sums(): TokenSums | undefined {
    return this.#sums
  }
}

export interface CostSums extends Cost {
  /** Tokens without a price, which are not included. */
  readonly unpricedTokens: number
}

/**
 * Sums cost in US dollars. With one estimate the sum is estimated; it is a lower bound if an estimate is,
 * or if other tokens have no price.
 */
export class CostSum {
  #usd: number | undefined
  #unpricedTokens = 0
  #isEstimated = false
  #isLess = false

  add({ cost, unpricedTokens }: ReturnType<CountedUsage['costOf']>): void {
    this.#unpricedTokens += unpricedTokens
    if (cost === undefined) return
    this.#usd = (this.#usd ?? 0) + cost.usd
    if (cost.source !== 'logged') this.#isEstimated = true
    if (cost.source === 'lower-bound') this.#isLess = true
  }

  /** Undefined if no span has any. */
  get sums(): CostSums | undefined {
    if (this.#usd === undefined) return undefined
    const unpricedTokens = this.#unpricedTokens
    const isLess = this.#isLess || unpricedTokens > 0
    const source = !this.#isEstimated ? 'logged' : isLess ? 'lower-bound' : 'estimated'
    return { usd: this.#usd, source, unpricedTokens }
  }
}

/** Sums the counted tokens; undefined if no span has any. */
export function sumTokens(spans: Iterable<Span>, counted: CountedUsage): TokenSums | undefined {
  const sum = new TokenSum()
  for (const span of spans) sum.add(counted.tokensOf(span))
  return sum.sums
}

/** Sums the counted cost; undefined if no span has any. */
export function sumCost(spans: Iterable<Span>, counted: CountedUsage): CostSums | undefined {
  const sum = new CostSum()
  for (const span of spans) sum.add(counted.costOf(span))
  return sum.sums
}
