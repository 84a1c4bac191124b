/**
 * The header's figures as of a playhead. Each figure is a sum of steps in time:
 *
 * ```
 *   spans   +1 at every start            errors  +1 when an error is known
 *   tokens  +n at a span's end, −n when a descendant's figures replace them
 * ```
 *
 * The steps are sorted once a version; a playhead is then a binary search, so scrubbing is cheap.
 */
import { SpanFlag } from '@wattline/trace'
import type { Column } from './chunks.ts'
import type { TraceColumns } from './columns.ts'

export interface Counts {
  readonly spans: number
  readonly errors: number
  /** Undefined when the log tells none. */
  readonly tokens: number | undefined
  readonly costUsd: number | undefined
}

/** Times, ascending, with the figure's value from each time on. */
interface Steps {
  readonly timesS: Float64Array
  readonly totals: Float64Array
}

interface CountIndex {
  readonly spans: Float64Array
  readonly errors: Float64Array
  readonly tokens: Steps
  readonly costUsd: Steps
}

/** Counts for one set of columns, at any playhead. */
export function createCounter(columns: TraceColumns): (playheadS: number | undefined) => Counts {
  let version = -1
  let index: CountIndex | undefined
  return (playheadS) => {
    if (version !== columns.version || index === undefined) {
      index = buildIndex(columns)
      version = columns.version
    }
    return countAt(index, playheadS ?? Number.POSITIVE_INFINITY)
  }
}

function countAt(index: CountIndex, atS: number): Counts {
  return {
    spans: upTo(index.spans, atS),
    errors: upTo(index.errors, atS),
    tokens: totalAt(index.tokens, atS),
    costUsd: totalAt(index.costUsd, atS),
  }
}

function buildIndex(columns: TraceColumns): CountIndex {
  return {
    spans: Float64Array.from({ length: columns.spanCount }, (_, slot) =>
      columns.startS.at(slot),
    ).sort(),
    errors: errorTimes(columns),
    tokens: figureSteps(columns, columns.tokens),
    costUsd: figureSteps(columns, columns.costUsd),
  }
}

function errorTimes(columns: TraceColumns): Float64Array {
  const times: number[] = []
  for (let slot = 0; slot < columns.spanCount; slot++) {
    if ((columns.flags.at(slot) & SpanFlag.ERROR) !== 0) times.push(columns.errorAtS.at(slot))
  }
  return Float64Array.from(times).sort()
}

/**
 * A span's own figure counts from its end on (from its start while it is open), until the first of
 * its descendants carries one: then the descendants' figures stand for it.
 */
function figureSteps(columns: TraceColumns, figure: Column): Steps {
  const replacedS = new Map<number, number>()
  const known: number[] = []
  for (let slot = 0; slot < columns.spanCount; slot++) {
    if (Number.isNaN(figure.at(slot))) continue
    known.push(slot)
    replaceAncestors(columns, slot, replacedS)
  }
  const steps: [timeS: number, change: number][] = []
  for (const slot of known) {
    const fromS = knownFromS(columns, slot)
    const untilS = replacedS.get(slot) ?? Number.POSITIVE_INFINITY
    if (untilS <= fromS) continue
    steps.push([fromS, figure.at(slot)])
    if (untilS !== Number.POSITIVE_INFINITY) steps.push([untilS, -figure.at(slot)])
  }
  return toSteps(steps)
}

function replaceAncestors(
  columns: TraceColumns,
  slot: number,
  replacedS: Map<number, number>,
): void {
  const fromS = knownFromS(columns, slot)
  for (let up = columns.parent.at(slot); up >= 0; up = columns.parent.at(up)) {
    const before = replacedS.get(up)
    if (before !== undefined && before <= fromS) return
    replacedS.set(up, fromS)
  }
}

function knownFromS(columns: TraceColumns, slot: number): number {
  const endS = columns.endS.at(slot)
  return Number.isNaN(endS) ? columns.startS.at(slot) : Math.max(endS, columns.startS.at(slot))
}

function toSteps(steps: [timeS: number, change: number][]): Steps {
  steps.sort((a, b) => a[0] - b[0])
  let total = 0
  const totals = Float64Array.from(steps, ([, change]) => (total += change))
  return { timesS: Float64Array.from(steps, ([timeS]) => timeS), totals }
}

/** How many of the ascending `timesS` are ≤ `atS`. */
function upTo(timesS: Float64Array, atS: number): number {
  let low = 0
  let high = timesS.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timesS[middle]! <= atS) low = middle + 1
    else high = middle
  }
  return low
}

function totalAt(steps: Steps, atS: number): number | undefined {
  if (steps.timesS.length === 0) return undefined
  const count = upTo(steps.timesS, atS)
  return count === 0 ? 0 : steps.totals[count - 1]!
}
