/** The title above a listing and the data-quality notes below it. */
import { basename } from 'node:path'
import {
  type DataQuality,
  formatDuration,
  showHiddenInLine,
  SpanFlag,
  type Trace,
} from '@wattline/trace'
import { coverageNotes } from '@wattline/formats'
import type { LogReading } from '../../files/read-log.ts'
import { count, type Style } from '../base/terminal.ts'

/** `run.jsonl  38 spans  2 errors  4.31 s  at 2026-11-24 03:23:15`. */
export function logTitle(file: string, trace: Trace, style: Style): string {
  const { firstS, lastS, spans } = trace
  let errors = 0
  for (const span of spans) if ((span.flags & SpanFlag.ERROR) !== 0) errors++
  const parts = [
    style.bold(file === '-' ? 'stdin' : showHiddenInLine(basename(file))),
    count(spans.length, 'span'),
  ]
  if (errors > 0) parts.push(style.red(count(errors, 'error')))
  if (firstS !== undefined && lastS !== undefined) {
    parts.push(formatDuration(lastS - firstS), style.dim(`at ${localTime(firstS)}`))
  }
  return parts.join('  ')
}

/** Times before 2001 are not dates but a clock that starts with the run. Unix seconds. */
const FIRST_DATE_S = 978_307_200

/** `2026-11-24 03:23:15` in the local time zone, or `1000 s` for a relative clock. */
function localTime(timeS: number): string {
  if (Math.abs(timeS) < FIRST_DATE_S) return `${timeS} s`
  const date = new Date(timeS * 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${day} ${time}`
}

/** `2026-11-24 03:23:15 to 03:29:41`, with the day of the end only if it differs. */
export function timeRange(startS: number, endS: number): string {
  const start = localTime(startS)
  const isSameDay = (day: string) => start.startsWith(day)
  return `${start} to ${localTime(endS).replace(/^\d+-\d\d-\d\d /, (day) => (isSameDay(day) ? '' : day))}`
}

/** Outliers are listed up to this number of different times. */
const MOST_OUTLIERS = 3

/** `1970-01-01T00:00:00Z, 9999-12-31T00:00:00Z`. */
function outlierText({ outliers }: Trace): string {
  const shown = outliers.slice(0, MOST_OUTLIERS).map(({ firstS }) => {
    return new Date(firstS * 1000).toISOString().replace('.000', '')
  })
  const more = outliers.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

type Note = readonly [key: keyof DataQuality, one: string, many: string]

const NOTES: readonly Note[] = [
  ['ambiguous', 'uncertain pairing', 'uncertain pairings'],
  ['parentUnsure', 'uncertain parent', 'uncertain parents'],
  ['unfinished', 'unfinished span', 'unfinished spans'],
  ['orphan', 'end without a start', 'ends without a start'],
  ['unknownUpdates', 'update of a missing span', 'updates of missing spans'],
  [
    'parentMissing',
    'span without the parent that it names',
    'spans without the parent that they name',
  ],
  ['clock', 'span with an unusable end time', 'spans with an unusable end time'],
  ['late', 'event out of order', 'events out of order'],
  ['lost', 'lost event', 'lost events'],
  ['rescaled', 'time not in seconds (converted)', 'times not in seconds (converted)'],
]

/** One line per problem; no line when the log has none. */
export function qualityNotes(reading: LogReading, trace: Trace, style: Style): string[] {
  const quality = trace.quality()
  const mark = style.yellow('!')
  // A conversion writes events when their records allow it, so their order means nothing.
  const isConverted = reading.coverage !== undefined
  const notes = NOTES.filter(([key]) => quality[key] > 0 && !(isConverted && key === 'late'))
  const lines = notes.map(([key, one, many]) => `${mark} ${count(quality[key], one, many)}`)
  if (quality.outliers > 0) {
    const events = count(quality.outliers, 'event')
    lines.push(`${mark} ${events} more than a year away from the run: ${outlierText(trace)}`)
  }
  const malformed = reading.trace.quality().malformed
  if (malformed > 0) {
    lines.push(`${mark} ${count(malformed, 'unreadable line')}`)
    for (const { line, reason } of reading.unreadable) {
      lines.push(style.dim(`    line ${line}: ${showHiddenInLine(reason)}`))
    }
    const more = malformed - reading.unreadable.length
    if (more > 0) lines.push(style.dim(`    and ${count(more, 'more', 'more')}`))
  }
  if (reading.coverage !== undefined) {
    for (const note of coverageNotes(reading.coverage)) {
      lines.push(`${mark} ${showHiddenInLine(note)}`)
    }
  }
  if (reading.cutBy !== undefined) {
    lines.push(`${mark} the gzip is damaged and only read in part: ${reading.cutBy}`)
  }
  if (reading.tornLine !== undefined) {
    lines.push(
      `${mark} line ${reading.tornLine} is incomplete (cut off or still being written) and is ignored`,
    )
  }
  return lines
}
