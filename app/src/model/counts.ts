/**
 * The counts in the header at a playhead: started spans, known errors, tokens and dollars (see
 * {@link NestedSum}). Computed per block, so that a growing run and a moving playhead cost only what
 * changed. The times of a block are computed only if there is a playhead.
 */
import { PlayheadBlocks, type BlockTimes } from './block-cache.ts'
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
  const counter = new Counter()
  return (playheadS) => counter.at(columns, playheadS ?? Infinity)
}

class Counter {
  readonly #blocks: PlayheadBlocks<BlockCounts> = new PlayheadBlocks(
    NOTHING,
    (columns, from, to, atS) => this.#count(columns, from, to, atS),
    (columns, from, to) => this.#timesOf(columns, from, to),
  )
  readonly #tokens = new NestedSum(
    (columns) => columns.tokens,
    (slot) => this.#blocks.invalidate(slot),
  )
  readonly #costUsd = new NestedSum(
    (columns) => columns.costUsd,
    (slot) => this.#blocks.invalidate(slot),
  )

  at(columns: Columns, atS: number): Counts {
    this.#tokens.sync(columns)
    this.#costUsd.sync(columns)
    const sum = { ...NOTHING }
    for (const counts of this.#blocks.at(columns, atS)) {
      sum.spans += counts.spans
      sum.errors += counts.errors
      sum.tokens += counts.tokens
      sum.costUsd += counts.costUsd
    }
    const { tokens, costUsd } = columns
    return {
      spans: sum.spans,
      errors: sum.errors,
      tokens: tokens.isEmpty ? undefined : sum.tokens - this.#tokens.replacedByOpen(columns, atS),
      costUsd: costUsd.isEmpty
        ? undefined
        : sum.costUsd - this.#costUsd.replacedByOpen(columns, atS),
    }
  }

  #timesOf(columns: Columns, from: number, to: number): BlockTimes {
    let firstS = Number.POSITIVE_INFINITY
    let lastS = Math.max(
      this.#tokens.lastChangeS(columns, from, to),
      this.#costUsd.lastChangeS(columns, from, to),
    )
    for (let slot = from; slot < to; slot++) {
      const startS = columns.startS.at(slot)
      if (startS < firstS) firstS = startS
      if (startS > lastS) lastS = startS
    }
    columns.errorAtS.each(from, to, (_, knownS) => {
      if (knownS > lastS) lastS = knownS
    })
    return { firstS, lastS }
  }

  #count(columns: Columns, from: number, to: number, atS: number): BlockCounts {
    let errors = 0
    columns.errorAtS.each(from, to, (_, knownS) => {
      if (knownS <= atS) errors++
    })
    return {
      spans: atS === Infinity ? to - from : startedBy(columns, from, to, atS),
      errors,
      tokens: this.#tokens.sumOf(columns, from, to, atS),
      costUsd: this.#costUsd.sumOf(columns, from, to, atS),
    }
  }
}

function startedBy(columns: Columns, from: number, to: number, atS: number): number {
  let spans = 0
  for (let slot = from; slot < to; slot++) if (columns.startS.at(slot) <= atS) spans++
  return spans
}
