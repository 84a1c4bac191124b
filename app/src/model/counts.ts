/**
 * The header's figures as of a playhead: spans that have begun, errors that are known, tokens and
 * dollars as {@link Figure} counts them. Worked out block by block, so that a growing run and a
 * moving playhead cost what changed.
 */
import { BLOCK_SHIFT, BlockCache } from './block-cache.ts'
import type { TraceColumns } from './columns.ts'
import { Figure } from './figure.ts'

export interface Counts {
  readonly spans: number
  readonly errors: number
  /** Undefined when the log tells none. */
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
}

/** The spans of one block, all of them known. */
interface BlockCounts {
  /** When the first begins, and when the last of these sums changes; Unix seconds. */
  readonly firstS: number
  readonly lastS: number
  readonly spans: number
  readonly errors: number
  readonly tokens: number
  readonly costUsd: number
}

/** Counts for one set of columns, at any playhead. */
export function createCounter(columns: TraceColumns): (playheadS: number | undefined) => Counts {
  const counter = new Counter()
  return (playheadS) => counter.at(columns, playheadS ?? Number.POSITIVE_INFINITY)
}

class Counter {
  readonly #tokens = new Figure(
    (columns) => columns.tokens,
    (slot) => this.#blocks.forget(slot),
  )
  readonly #costUsd = new Figure(
    (columns) => columns.costUsd,
    (slot) => this.#blocks.forget(slot),
  )
  readonly #blocks = new BlockCache((columns, from, to) => this.#wholeBlock(columns, from, to))

  at(columns: TraceColumns, atS: number): Counts {
    this.#tokens.sync(columns)
    this.#costUsd.sync(columns)
    const blocks = this.#blocks.read(columns)
    const sum = { spans: 0, errors: 0, tokens: 0, costUsd: 0 }
    for (const [block, whole] of blocks.entries()) {
      if (whole.firstS > atS) continue
      const counts = whole.lastS <= atS ? whole : this.#partOf(columns, block, atS)
      sum.spans += counts.spans
      sum.errors += counts.errors
      sum.tokens += counts.tokens
      sum.costUsd += counts.costUsd
    }
    const { tokens, costUsd } = columns
    return {
      spans: sum.spans,
      errors: sum.errors,
      tokens: tokens.isEmpty ? undefined : sum.tokens - this.#tokens.takenByOpen(columns, atS),
      costUsd: costUsd.isEmpty ? undefined : sum.costUsd - this.#costUsd.takenByOpen(columns, atS),
    }
  }

  #wholeBlock(columns: TraceColumns, from: number, to: number): BlockCounts {
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
    return { firstS, lastS, ...this.#count(columns, from, to, Number.POSITIVE_INFINITY) }
  }

  #partOf(
    columns: TraceColumns,
    block: number,
    atS: number,
  ): Omit<BlockCounts, 'firstS' | 'lastS'> {
    const from = block << BLOCK_SHIFT
    const to = Math.min(from + (1 << BLOCK_SHIFT), columns.spanCount)
    return this.#count(columns, from, to, atS)
  }

  #count(columns: TraceColumns, from: number, to: number, atS: number) {
    let spans = 0
    let errors = 0
    for (let slot = from; slot < to; slot++) if (columns.startS.at(slot) <= atS) spans++
    columns.errorAtS.each(from, to, (_, knownS) => {
      if (knownS <= atS) errors++
    })
    const tokens = this.#tokens.sumOf(columns, from, to, atS)
    const costUsd = this.#costUsd.sumOf(columns, from, to, atS)
    return { spans, errors, tokens, costUsd }
  }
}
