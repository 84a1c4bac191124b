/** The line over a listing: what the log is, when it was and how much is in it. */
import { formatDuration, showHiddenInLine, SpanFlag, type Trace } from '@wattline/trace'
import { basename } from 'node:path'
import { count, type Style } from '../terminal.ts'

/** `run.jsonl  38 spans  2 errors  4.31 s  2026-11-24 03:23:15`. */
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
    parts.push(formatDuration(lastS - firstS), style.dim(localTime(firstS)))
  }
  return parts.join('  ')
}

/** `2026-11-24 03:23:15` in the local time zone; a relative clock as seconds. */
export function localTime(timeS: number): string {
  // Times before 2001 are a clock that starts with the run, not dates.
  if (Math.abs(timeS) < 978_307_200) return `at ${timeS} s`
  const date = new Date(timeS * 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${day} ${time}`
}
