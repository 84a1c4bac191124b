/** The problems that a log can have: for each one its name, its meaning, its count and a search that finds it. */
import { formatInteger } from '../base/format.ts'
import { cutText, formatDuration } from '@wattline/trace'
import type { LogWriter } from '../model/run-info.ts'

export interface Problem {
  readonly name: string
  /** The heading of its table column. */
  readonly short: string
  readonly meaning: string
  /** Occurrences in the events of one writer; undefined = not measured. */
  readonly count: (writer: LogWriter) => number | undefined
  /** The search query that finds the affected spans and marks. */
  readonly query?: string
  /** How many spans and marks the query finds, where this differs from `count`. */
  readonly hits?: (writer: LogWriter) => number
  /** Nothing that is shown is wrong or missing because of it. */
  readonly isHarmless?: true
}

export const MALFORMED: Problem = {
  name: 'Unreadable lines',
  short: 'Unreadable',
  meaning: 'Not JSON, or without a type or a time. The rest of the log is not affected.',
  count: ({ malformed }) => malformed,
}

export const OUTLIERS: Problem = {
  name: 'Outliers',
  short: 'Outliers',
  meaning:
    'Events more than a year away from the run. Its duration and the whole view leave them out.',
  count: ({ outliers }) => outliers,
}

export const PROBLEMS: readonly Problem[] = [
  MALFORMED,
  {
    name: 'Dropped events',
    short: 'Dropped',
    meaning: 'The buffer of a recorder was full. No number includes them; a mark shows where.',
    count: ({ dropped }) => dropped,
    query: 'is:dropped',
    hits: ({ droppedMarks }) => droppedMarks,
  },
  {
    name: 'Lost events',
    short: 'Lost',
    meaning: 'They were numbered but never reached the server. No number includes them.',
    count: ({ lost, dropped }) => lost - dropped,
  },
  {
    name: 'Uncertain pairings',
    short: 'Pairing?',
    meaning: 'Several starts match one end, and no id decides. Drawn with a dotted outline.',
    count: ({ ambiguous }) => ambiguous,
    query: 'is:ambiguous',
  },
  {
    name: 'Ends without a start',
    short: 'No start',
    meaning: 'Shown as marks, without a duration.',
    count: ({ orphan }) => orphan,
    query: 'is:orphan',
  },
  {
    name: 'Unfinished spans',
    short: 'No end',
    meaning: 'The process stopped first. They fade out and have no duration.',
    count: ({ unfinished }) => unfinished,
    query: 'is:unfinished',
  },
  {
    name: 'Uncertain parents',
    short: 'Parent?',
    meaning: 'Several open spans were equally likely. A parent_id decides.',
    count: ({ parentUnsure }) => parentUnsure,
    query: 'is:parent?',
  },
  {
    name: 'Missing parents',
    short: 'No parent',
    meaning:
      'The named parent is not in the log, or is below the span. Reported once the writer is done.',
    count: ({ parentMissing }) => parentMissing,
    query: 'is:parent-missing',
  },
  {
    name: 'Updates without a span',
    short: 'Update?',
    meaning: 'The span_id of a span_update names no span of the log. The update has no effect.',
    count: ({ unknownUpdates }) => unknownUpdates,
  },
  {
    name: 'Unusable end times',
    short: 'End time',
    meaning:
      'The end is before the start or over a year after it. No statistic has a duration of these spans.',
    count: ({ clock }) => clock,
    query: 'is:clock',
  },
  OUTLIERS,
  {
    name: 'Timestamps not in seconds',
    short: 'Unit',
    meaning: 'Read as milliseconds, microseconds or nanoseconds, depending on their size.',
    count: ({ rescaled }) => rescaled,
    isHarmless: true,
  },
  {
    name: 'Spans and points out of order',
    short: 'Late',
    meaning:
      'One of their events is older than an earlier line of the log. Pairing allows for this.',
    count: ({ lateItems }) => lateItems,
    query: 'is:late',
    isHarmless: true,
  },
  {
    name: 'Duplicates (skipped)',
    short: 'Duplicates',
    meaning: 'Sent again after a broken connection. The log contains each event once.',
    count: ({ duplicates }) => duplicates,
    isHarmless: true,
  },
]

/** Occurrences in the events of all writers; undefined = not measured for any. */
export function countOf(problem: Problem, writers: readonly LogWriter[]): number | undefined {
  const known = writers.map(problem.count).filter((count) => count !== undefined)
  return known.length === 0 ? undefined : sum(known)
}

/** How many spans and marks the query of a problem finds. */
export function hitsOf(problem: Problem, writers: readonly LogWriter[]): number {
  return sum(writers.map((writer) => problem.hits?.(writer) ?? problem.count(writer) ?? 0))
}

/** The label of the button that searches for a problem. */
export function showText(problem: Problem, writers: readonly LogWriter[]): string {
  if (problem.hits === undefined) return 'Show them'
  const hits = hitsOf(problem, writers)
  return hits === 1 ? 'Show the one place' : `Show the ${formatInteger(hits)} places`
}

/** The problems that occur. */
export function problemsOf(writers: readonly LogWriter[]): Problem[] {
  return PROBLEMS.filter((problem) => (countOf(problem, writers) ?? 0) > 0)
}

/**
 * Counts the problems that are not harmless. A span can have both an uncertain pairing and an
 * uncertain parent, so of these two only the larger count is used for each writer.
 *
 * @returns `uncertain`: the least number of spans with an uncertain pairing or parent; `others`:
 *   events, spans and lines that are missing, unreadable or wrong
 */
export function countProblems(writers: readonly LogWriter[]): {
  uncertain: number
  others: number
} {
  const harmful = PROBLEMS.filter(({ isHarmless }) => isHarmless !== true)
  const all = sum(harmful.map((problem) => countOf(problem, writers) ?? 0))
  const guesses = sum(writers.map(({ ambiguous, parentUnsure }) => ambiguous + parentUnsure))
  const uncertain = writers.map(({ ambiguous, parentUnsure }) => Math.max(ambiguous, parentUnsure))
  return { uncertain: sum(uncertain), others: all - guesses }
}

/** A smaller difference can be the time that lines take to arrive. */
const LEAST_SKEW_S = 1

/** Writers whose clock differs from the server's. */
export function withClockSkew(writers: readonly LogWriter[]): LogWriter[] {
  return writers.filter(({ clockBehindS = 0 }) => Math.abs(clockBehindS) >= LEAST_SKEW_S)
}

/** @example clockText(3.2) // '3.2 s behind' */
export function clockText(behindS: number): string {
  return `${formatDuration(Math.abs(behindS))} ${behindS > 0 ? 'behind' : 'ahead'}`
}

/** The name of a writer, or its id where it has none. */
export function writerLabel({ id, name }: LogWriter): string {
  return name === '' ? shortId(id) : name
}

/** Long enough to distinguish writers of the same name. */
export function shortId(id: string): string {
  return id.length > 16 ? cutText(id, 9) : id
}

/** A query limited to the events of one writer. Ids contain no spaces and no quotes. */
export function ofWriter(query: string | undefined, { id }: LogWriter): string {
  return query === undefined ? `writer:${id}` : `${query} writer:${id}`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
