/**
 * The counts in the header at a playhead: started spans, known errors, tokens and dollars (see
 * {@link NestedSum}). Computed per block, so that a growing run and a moving playhead cost only what
 * changed. The times of a block are computed only if there is a playhead.
 */
import { PlayheadBlocks } from './block-cache.ts'
import type { Columns } from './columns.ts'
import { NestedSum } from './nested-sum.ts'

export interface Counts {
  readonly spans: number
  readonly errors: number
  /** Undefined if the log has none. */
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
}

type BlockCounts = { readonly [K in keyof Counts]: number }

const NOTHING: BlockCounts = { spans: 0, errors: 0, tokens: 0, costUsd: 0 }

/** Returns a function that counts the spans of `columns` at a playhead. */
export function createCounter(columns: Columns): (playheadS: number | undefined) => Counts {
  const invalidate = (slot: number): void => blocks.invalidate(slot)
  const tokens = new NestedSum(columns, columns.tokens, invalidate)
  const costUsd = new NestedSum(columns, columns.costUsd, invalidate)
  const blocks: PlayheadBlocks<BlockCounts> = new PlayheadBlocks(
    NOTHING,
    (_, from, to, atS) => ({
      ...countSpans(columns, from, to, atS),
      tokens: tokens.sumOf(from, to, atS),
      costUsd: costUsd.sumOf(from, to, atS),
    }),
    (_, from, to) => Math.max(tokens.lastChangeS(from, to), costUsd.lastChangeS(from, to)),
  )
  return (playheadS = Infinity) => {
    tokens.sync()
    costUsd.sync()
    const sum = { ...NOTHING }
    for (const counts of blocks.at(columns, playheadS)) {
      sum.spans += counts.spans
      sum.errors += counts.errors
      sum.tokens += counts.tokens
      sum.costUsd += counts.costUsd
    }
    return {
      spans: sum.spans,
      errors: sum.errors,
      tokens: columns.tokens.isEmpty ? undefined : sum.tokens - tokens.replacedByOpen(playheadS),
      costUsd: columns.costUsd.isEmpty
        ? undefined
        : sum.costUsd - costUsd.replacedByOpen(playheadS),
    }
  }
}

function countSpans(
  columns: Columns,
  from: number,
  to: number,
  atS: number,
): Pick<BlockCounts, 'spans' | 'errors'> {
  let errors = 0
  columns.errorAtS.each(from, to, (_, knownS) => {
    if (knownS <= atS) errors++
  })
  if (atS === Infinity) return { spans: to - from, errors }
  let spans = 0
  for (let slot = from; slot < to; slot++) if (columns.startS.at(slot) <= atS) spans++
  return { spans, errors }
}
