/**
 * List prices of well-known models, and the rules for the parts that a list does not name. They ignore
 * discounts, batches, tariffs for long contexts and fast answers, and later changes.
 */

/** US dollars for a million tokens. Parts of the input that are missing follow the rules of the vendor. */
export interface ListedPrice {
  /** Input that is neither read from nor written to the cache. */
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  /** Input that is written to the cache. */
  readonly cacheWrite?: number
  /** Input that is written to the cache for an hour. */
  readonly cacheWrite1h?: number
}

/** A price of which all parts are known. */
export type Price = Required<ListedPrice>

/** The month in which prices were read, from the vendor's own list or from a copy of it. */
interface Origin {
  readonly asOf: string
  readonly from: 'list' | 'copy'
}

const list2025: Origin = { asOf: '2025-11', from: 'list' }
const list2026: Origin = { asOf: '2026-10', from: 'list' }
const copy2026: Origin = { asOf: '2026-10', from: 'copy' }

/** By model name without a version date, and with `-` instead of `.` between digits. */
export const LIST_PRICES: Readonly<Record<string, ListedPrice & Origin>> = {
  'claude-opus-5-5': { input: 4, output: 20, cacheRead: 0.2, ...list2026 },
  'claude-opus-5': { input: 5, output: 25, ...list2026 },
  'claude-opus-4-8': { input: 5, output: 25, ...list2026 },
  'claude-opus-4-7': { input: 5, output: 25, ...list2026 },
  'claude-opus-4-6': { input: 5, output: 25, ...list2026 },
  'claude-opus-4-5': { input: 5, output: 25, ...list2026 },
  'claude-opus-4-1': { input: 15, output: 75, ...list2026 },
  'claude-opus-4': { input: 15, output: 75, ...list2026 },
  'claude-fable-5-1': { input: 10, output: 50, cacheRead: 0.25, ...list2026 },
  'claude-fable-5': { input: 10, output: 50, ...list2026 },
  'claude-sonnet-5-5': { input: 2, output: 10, ...copy2026 },
  'claude-sonnet-5': { input: 2, output: 10, ...copy2026 },
  'claude-sonnet-4-6': { input: 3, output: 15, ...list2025 },
  'claude-sonnet-4-5': { input: 3, output: 15, ...list2025 },
  'claude-sonnet-4': { input: 3, output: 15, ...list2025 },
  'claude-haiku-4-5': { input: 1, output: 5, ...copy2026 },
  'claude-3-7-sonnet': { input: 3, output: 15, ...list2025 },
  'claude-3-5-sonnet': { input: 3, output: 15, ...list2025 },
  'claude-3-5-haiku': { input: 0.8, output: 4, ...list2025 },
  'claude-3-haiku': { input: 0.25, output: 1.25, ...list2025 },
  'gpt-6-sol': { input: 2, output: 10, ...copy2026 },
  'gpt-5-5': { input: 5, output: 30, ...copy2026 },
  'gpt-5-4': { input: 2.5, output: 15, ...copy2026 },
  'gpt-5': { input: 1.25, output: 10, ...list2025 },
  'gpt-5-mini': { input: 0.25, output: 2, ...list2025 },
  'gpt-5-nano': { input: 0.05, output: 0.4, ...list2025 },
  'gpt-4-1': { input: 2, output: 8, ...list2025 },
  'gpt-4-1-mini': { input: 0.4, output: 1.6, ...list2025 },
  'gpt-4-1-nano': { input: 0.1, output: 0.4, ...list2025 },
  'gpt-4o': { input: 2.5, output: 10, ...list2025 },
  'gpt-4o-mini': { input: 0.15, output: 0.6, ...list2025 },
  o3: { input: 2, output: 8, ...list2025 },
  'o4-mini': { input: 1.1, output: 4.4, ...list2025 },
  'gemini-2-5-pro': { input: 1.25, output: 10, ...list2025 },
  'gemini-2-5-flash': { input: 0.3, output: 2.5, ...list2025 },
  'gemini-2-5-flash-lite': { input: 0.1, output: 0.4, ...list2025 },
  'gemini-2-0-flash': { input: 0.1, output: 0.4, ...list2025 },
}

/** The earliest month in which a price above was read. It is written out, so that the page does not load the list. */
export const PRICES_AS_OF = '2025-11'

/** What cached input costs, as a multiple of other input. */
interface CacheRule {
  readonly models: RegExp
  readonly read: number
  readonly write: number
  readonly write1h: number
}

/** The first rule that matches a name counts. Storage in a cache is not in logs. */
const CACHE_RULES: readonly CacheRule[] = [
  { models: /^claude/, read: 0.1, write: 1.25, write1h: 2 },
  { models: /^(?:gpt-4-1|o3|o4-mini)/, read: 0.25, write: 1, write1h: 1 },
  { models: /^gpt-4o/, read: 0.5, write: 1, write1h: 1 },
  // Since GPT-5.6, writes have a price of their own.
  { models: /^gpt-(?:5-[6-9]|[6-9])/, read: 0.1, write: 1.25, write1h: 1.25 },
  { models: /^(?:gpt|gemini)/, read: 0.1, write: 1, write1h: 1 },
]
/** Without a rule, cached input costs as much as other input. */
const NO_DISCOUNT = { read: 1, write: 1, write1h: 1 }

/** The price with all parts. `name` is the plain name of the model. */
export function wholePrice(name: string, listed: ListedPrice): Price {
  const { input, output } = listed
  const { read, write, write1h } =
    CACHE_RULES.find(({ models }) => models.test(name)) ?? NO_DISCOUNT
  return {
    input,
    output,
    cacheRead: listed.cacheRead ?? input * read,
    cacheWrite: listed.cacheWrite ?? input * write,
    cacheWrite1h: listed.cacheWrite1h ?? Math.max(listed.cacheWrite ?? 0, input * write1h),
  }
}
