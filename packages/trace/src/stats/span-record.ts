/** The records of `wattline spans --json` and of downloads: one plain object for each span or mark. */
import type { Metadata } from '../line/event.ts'
import { idsOf } from '../row/ids-of.ts'
import type { Tokens } from '../row/usage.ts'
import { flagNames, type Mark, type Span } from '../trace/span.ts'
import type { Cost, CostSource } from './prices.ts'

/** Missing values are null. Times are Unix seconds. */
export interface SpanRecord {
  readonly kind: string
  readonly subject: string | null
  /** Null for an orphan end. */
  readonly start: number | null
  /** Null without a usable end, see the flag `clock`. */
  readonly end: number | null
  readonly durationMs: number | null
  /** Only with the flag `clock`: the time of the end in the log. */
  readonly loggedEnd?: number
  /** Unique in one output; `parent` refers to it. */
  readonly id: string
  /** The id in the log, that of the most specific key. */
  readonly logId: string | null
  readonly parent: string | null
  readonly group: string | null
  readonly flags: readonly string[]
  /** The error text, or `'failed'` if it has none; null without error. */
  readonly error: string | null
  readonly tokens: number | null
  /** All that the model read; the cached parts are included. */
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheCreationTokens: number | null
  /** The part of `cacheCreationTokens` that is kept for an hour. */
  readonly cacheCreation1hTokens: number | null
  /** The part of `outputTokens` that is reasoning. */
  readonly reasoningTokens: number | null
  /** Only if true: the output is a lower bound. */
  readonly outputTokensLowerBound?: true
  readonly timeToFirstTokenMs: number | null
  /** US dollars. */
  readonly cost: number | null
  readonly costSource: CostSource | null
  /** The metadata of the start, overridden by that of the updates and then of the end. */
  readonly metadata: Metadata
}

/** Metadata of which later parts are laid over earlier ones, key by key: that of a start and its updates. */
export function overlaidMetadata(parts: readonly Metadata[]): Metadata {
  if (parts.length === 1) return parts[0]!
  // Object.fromEntries also defines keys such as `__proto__` as own ones.
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)))
}

/**
 * @param startMetadata the metadata of the start, overlaid by that of the updates
 * @param group the group of the span under the chosen key; undefined = none
 * @param cost see `costOf`; undefined = not known
 */
export function spanRecord(
  span: Span,
  startMetadata: Metadata,
  endMetadata: Metadata | undefined,
  group: string | undefined,
  cost: Cost | undefined,
): SpanRecord {
  const { durationS, loggedEndS, tokens } = span
  const metadata = { ...startMetadata, ...endMetadata }
  return {
    kind: span.kind,
    subject: span.subject ?? null,
    start: span.startS,
    end: durationS === undefined ? null : (loggedEndS ?? null),
    durationMs: durationS === undefined ? null : durationS * 1000,
    ...(durationS === undefined && loggedEndS !== undefined && { loggedEnd: loggedEndS }),
    id: String(span.slot),
    logId: logIdOf(metadata),
    parent: span.parent === undefined ? null : String(span.parent.slot),
    group: group ?? null,
    flags: flagNames(span.flags),
    error: span.errorAtS === undefined ? null : (span.error ?? 'failed'),
    ...tokenFields(tokens),
    ...(tokens?.isLowerBound === true && { outputTokensLowerBound: true as const }),
    timeToFirstTokenMs: span.firstTokenMs ?? null,
    cost: cost?.usd ?? null,
    costSource: cost?.source ?? null,
    metadata,
  }
}

function logIdOf(metadata: Metadata): string | null {
  return idsOf(metadata)[0]?.[1] ?? null
}

function tokenFields(tokens: Tokens | undefined) {
  return {
    tokens: tokens?.total ?? null,
    inputTokens: tokens?.input ?? null,
    outputTokens: tokens?.output ?? null,
    cacheReadTokens: tokens?.cacheRead ?? null,
    cacheCreationTokens: tokens?.cacheCreation ?? null,
    cacheCreation1hTokens: tokens?.cacheCreation1h ?? null,
    reasoningTokens: tokens?.reasoning ?? null,
  }
}

/** A point has equal start and end; an orphan end has no start. */
export function markRecord(mark: Mark, metadata: Metadata, group: string | undefined): SpanRecord {
  return {
    kind: mark.kind,
    subject: mark.subject ?? null,
    start: mark.orphan ? null : mark.timeS,
    end: mark.timeS,
    durationMs: mark.orphan ? null : 0,
    id: `m${mark.slot}`,
    logId: logIdOf(metadata),
    parent: mark.parent === undefined ? null : String(mark.parent.slot),
    group: group ?? null,
    flags: [mark.orphan ? 'orphan' : 'point'],
    error: mark.error === undefined ? null : mark.error || 'failed',
    ...tokenFields(undefined),
    timeToFirstTokenMs: null,
    cost: null,
    costSource: null,
    metadata,
  }
}
