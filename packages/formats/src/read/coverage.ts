/** Counts what a conversion read and what it did not, for data quality. */
import { cutText, showHiddenInLine } from '@wattline/trace'
import type { Doubt, Taken } from './reader.ts'

/** Types that are listed; records of further types are counted as `MORE_TYPES`. */
const MOST_TYPES = 60
const TYPE_CHARS = 60
const MORE_TYPES = 'other types'

/** A name and how often it occurred. */
export type Count = readonly [name: string, count: number]

/** What a conversion read. A plain object, so that a worker can send it. */
export interface Coverage {
  /** Identifier and name of the format. */
  readonly format: string
  readonly formatName: string
  readonly files: number
  /** Records in all: lines, documents or elements; blank lines are none. */
  readonly records: number
  /** Records that carried an event, or a figure or a time of one. */
  readonly used: number
  /** Records of types that are known to carry no event. */
  readonly known: number
  /** Records, and events of them, without a usable time. */
  readonly untimed: number
  /** Records that are not valid JSON or are too long. */
  readonly broken: number
  /** Whether the last record is incomplete. */
  readonly torn: boolean
  /** Records of unknown types, the most frequent first. */
  readonly unknown: readonly Count[]
  readonly lowerBounds: readonly Count[]
  readonly reconstructed: readonly Count[]
  readonly events: number
  /** Records on which the reader failed, which is a defect of Wattline. */
  readonly faults: number
  /** Companion files that were asked for but belong to another format or could not be read. */
  readonly skippedFiles: number
}

type Mutable = { -readonly [K in keyof Coverage]: Coverage[K] }

/** Counts while a conversion runs. */
export class CoverageCounter {
  readonly counts: Mutable
  readonly #unknown = new Map<string, number>()
  readonly #doubts = {
    'lower-bound': new Map<string, number>(),
    reconstructed: new Map<string, number>(),
  }

  constructor(format: { readonly id: string; readonly name: string }) {
    this.counts = {
      format: format.id,
      formatName: format.name,
      files: 0,
      records: 0,
      used: 0,
      known: 0,
      untimed: 0,
      broken: 0,
      torn: false,
      unknown: [],
      lowerBounds: [],
      reconstructed: [],
      events: 0,
      faults: 0,
      skippedFiles: 0,
    }
  }

  take(taken: Taken): void {
    this.counts.records++
    if (typeof taken === 'string') this.counts[taken]++
    else increase(this.#unknown, taken.unknown)
  }

  note(doubt: Doubt, what: string): void {
    increase(this.#doubts[doubt], what)
  }

  result(): Coverage {
    return {
      ...this.counts,
      unknown: sorted(this.#unknown),
      lowerBounds: sorted(this.#doubts['lower-bound']),
      reconstructed: sorted(this.#doubts.reconstructed),
    }
  }
}

function increase(counts: Map<string, number>, name: string): void {
  const short = name.length > TYPE_CHARS ? cutText(name, TYPE_CHARS) : name
  const key = counts.has(short) || counts.size < MOST_TYPES ? short : MORE_TYPES
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function sorted(counts: ReadonlyMap<string, number>): Count[] {
  return [...counts].toSorted(([, a], [, b]) => b - a)
}

/** `Claude Code session: 97% of 1,204 records are of known types, 350 carry events`. */
export function coverageSentence({ formatName, records, used, known }: Coverage): string {
  const share = records === 0 ? 0 : Math.floor(((used + known) / records) * 100)
  const carried = `${thousands(used)} ${used === 1 ? 'carries' : 'carry'} events`
  return `${formatName}: ${share}% of ${counted(records, 'record')} are of known types, ${carried}`
}

/** What was not read, or is not exact, one sentence each; none if everything was. */
export function coverageNotes(coverage: Coverage): string[] {
  const { unknown, untimed, broken, torn, lowerBounds, reconstructed, skippedFiles } = coverage
  const notes: string[] = []
  const unknownCount = unknown.reduce((sum, [, count]) => sum + count, 0)
  if (unknownCount > 0) {
    notes.push(`${counted(unknownCount, 'record')} of unknown types: ${listed(unknown)}`)
  }
  if (untimed > 0) notes.push(`${counted(untimed, 'record')} without a usable time`)
  if (broken > 0) notes.push(`${counted(broken, 'record')} that cannot be read as JSON`)
  if (torn) notes.push('the last record is incomplete (cut off or still being written)')
  if (lowerBounds.length > 0) notes.push(`lower bounds, never final: ${listed(lowerBounds)}`)
  if (reconstructed.length > 0)
    notes.push(`reconstructed, not in the log: ${listed(reconstructed)}`)
  if (skippedFiles > 0) {
    notes.push(`${counted(skippedFiles, 'file')} beside the log could not be read as part of it`)
  }
  if (coverage.faults > 0) notes.push(`${counted(coverage.faults, 'record')} made the reader fail`)
  return notes
}

/** Why a converted log has no event; follows its name. */
export function emptyReason(coverage: Coverage): string {
  const notes = coverageNotes(coverage)
  const why = notes.length === 0 ? 'none of its records carries one' : notes.join('; ')
  return `is read as ${coverage.formatName}, but no event in it has a time: ${why}`
}

/** Why a log of no known format is not read; follows its name. */
export function unknownReason(keys: readonly string[]): string {
  const shown = keys.map((key) => showHiddenInLine(cutText(key, TYPE_CHARS))).join(', ')
  return `is in no format that Wattline reads: its objects have ${shown}`
}

const MOST_LISTED = 8

function listed(counts: readonly Count[]): string {
  const shown = counts.slice(0, MOST_LISTED).map(([name, count]) => `${name} (${thousands(count)})`)
  const more = counts.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

function counted(count: number, one: string): string {
  return `${thousands(count)} ${one}${count === 1 ? '' : 's'}`
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
