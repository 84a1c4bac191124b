/** What may be wrong with a log: each doubt with its name, what it means, and where it is seen. */
import { formatDuration } from '@wattline/trace'
import type { LogWriter } from '../model/run-info.ts'

export interface Doubt {
  readonly name: string
  /** Over a column. */
  readonly short: string
  readonly meaning: string
  /** Of one writer; undefined = nobody counted them. */
  readonly count: (writer: LogWriter) => number | undefined
  /** What to search for to see them. */
  readonly query?: string
  /** How many spans and marks that finds, where a doubt is not one of these. */
  readonly hits?: (writer: LogWriter) => number
  /** It takes nothing from what is shown. */
  readonly isHarmless?: true
}

export const MALFORMED: Doubt = {
  name: 'Lines that could not be read',
  short: 'Unreadable',
  meaning: 'Not JSON, or without a type or a time. The rest of the log is unharmed.',
  count: ({ malformed }) => malformed,
}

export const DOUBTS: readonly Doubt[] = [
  MALFORMED,
  {
    name: 'Events dropped',
    short: 'Dropped',
    meaning:
      'A recorder had no room for them. They are missing from every figure; a mark shows where.',
    count: ({ dropped }) => dropped,
    query: 'is:dropped',
    hits: ({ droppedMarks }) => droppedMarks,
  },
  {
    name: 'Events lost on the way',
    short: 'Lost',
    meaning: 'They were numbered and never reached the server. They are missing from every figure.',
    count: ({ lost, dropped }) => lost - dropped,
  },
  {
    name: 'Pairings that are a guess',
    short: 'Ambiguous',
    meaning:
      'Several starts could own one end, and no id tells them apart. Drawn with a dotted outline.',
    count: ({ ambiguous }) => ambiguous,
    query: 'is:ambiguous',
  },
  {
    name: 'Ends without a start',
    short: 'No start',
    meaning: 'Shown as marks; they have no duration.',
    count: ({ orphan }) => orphan,
    query: 'is:orphan',
  },
  {
    name: 'Spans that did not end',
    short: 'No end',
    meaning: 'Their writer stopped first. They fade out and count in no duration.',
    count: ({ unfinished }) => unfinished,
    query: 'is:unfinished',
  },
  {
    name: 'Parents that are a guess',
    short: 'Parent?',
    meaning: 'Several open spans were equally likely. A parent_id decides.',
    count: ({ parentUnsure }) => parentUnsure,
    query: 'is:parent?',
  },
  {
    name: 'Ends before their start',
    short: 'Set back',
    meaning: 'The writer’s clock was set back in between.',
    count: ({ clock }) => clock,
    query: 'is:clock',
  },
  {
    name: 'Timestamps not in seconds',
    short: 'Unit',
    meaning: 'Read as milli-, micro- or nanoseconds by their size.',
    count: ({ rescaled }) => rescaled,
    isHarmless: true,
  },
  {
    name: 'Spans and points out of order',
    short: 'Late',
    meaning:
      'An event of theirs is older than one before it in the log. Nothing is wrong: pairing has taken it in.',
    count: ({ lateItems }) => lateItems,
    query: 'is:late',
    isHarmless: true,
  },
  {
    name: 'Events that came twice',
    short: 'Twice',
    meaning:
      'Sent again after a broken connection, and skipped by the server: each is in the log once.',
    count: ({ duplicates }) => duplicates,
    isHarmless: true,
  },
]

/** Over all writers; undefined = not known of any. */
export function countOf(doubt: Doubt, writers: readonly LogWriter[]): number | undefined {
  const known = writers.map(doubt.count).filter((count) => count !== undefined)
  return known.length === 0 ? undefined : sum(known)
}

/** How many spans and marks a doubt's query finds. */
export function hitsOf(doubt: Doubt, writers: readonly LogWriter[]): number {
  return sum(writers.map((writer) => doubt.hits?.(writer) ?? doubt.count(writer) ?? 0))
}

/** What a click on a doubt's figure does, in words. */
export function showText(doubt: Doubt, writers: readonly LogWriter[]): string {
  if (doubt.hits === undefined) return 'Show them'
  const hits = hitsOf(doubt, writers)
  return hits === 1 ? 'Show the one place' : `Show the ${hits.toLocaleString('en')} places`
}

/** The doubts that there are. */
export function doubtsOf(writers: readonly LogWriter[]): Doubt[] {
  return DOUBTS.filter((doubt) => (countOf(doubt, writers) ?? 0) > 0)
}

/** How many events, spans and lines are in doubt. */
export function doubtCount(writers: readonly LogWriter[]): number {
  const harmful = DOUBTS.filter(({ isHarmless }) => isHarmless !== true)
  return sum(harmful.map((doubt) => countOf(doubt, writers) ?? 0))
}

/** Less than this is the time lines take to arrive. */
const LEAST_SKEW_S = 1

/** Writers whose clock is not the server's. */
export function withOtherClock(writers: readonly LogWriter[]): LogWriter[] {
  return writers.filter(({ clockBehindS = 0 }) => Math.abs(clockBehindS) >= LEAST_SKEW_S)
}

/** @example clockText(3.2) // '3.2 s behind' */
export function clockText(behindS: number): string {
  return `${formatDuration(Math.abs(behindS))} ${behindS > 0 ? 'behind' : 'ahead'}`
}

const SHORT_ID_CHARS = 8

/** What a writer is called; '' = nobody told. */
export function writerLabel({ id, name }: LogWriter): string {
  return name === '' ? shortId(id) : name
}

/** Enough of an id to tell two writers of one name apart. */
export function shortId(id: string): string {
  return id.length > 2 * SHORT_ID_CHARS ? `${id.slice(0, SHORT_ID_CHARS)}…` : id
}

/** Searches what one writer wrote. Ids have neither blanks nor quotes. */
export function ofWriter(query: string | undefined, { id }: LogWriter): string {
  return query === undefined ? `writer:${id}` : `${query} writer:${id}`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
