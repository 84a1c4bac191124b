/**
 * The trace as known at a playhead T: what a viewer shows that has read exactly the lines with a
 * timestamp up to T. Playback reads the one trace through these functions; there is no second engine.
 *
 * ```
 *            T
 *   ████████ │            ended before T: unchanged
 *      ██████│▒▒▒▒        ends after T: open up to T, without the data of its end
 *            │   █████    hidden
 * ```
 */
import { SpanFlag } from '@wattline/trace'
import type { Columns } from './columns.ts'

/** `playheadS` is undefined at the end of the log or at "now": nothing is hidden then. */
export function isVisible(columns: Columns, slot: number, playheadS: number | undefined): boolean {
  return playheadS === undefined || columns.startS.at(slot) <= playheadS
}

/** Whether the span is open, or not known to have ended at the playhead. */
export function isOpenAt(columns: Columns, slot: number, playheadS: number | undefined): boolean {
  const endS = columns.endS.at(slot)
  if (playheadS === undefined) return (columns.flags.at(slot) & SpanFlag.OPEN) !== 0
  return !(endS <= playheadS)
}

/** The span's flags that are known at the playhead. */
export function flagsAt(columns: Columns, slot: number, playheadS: number | undefined): number {
  const flags = columns.flags.at(slot)
  if (playheadS === undefined) return flags
  let known = flags & (SpanFlag.PARENT_UNSURE | SpanFlag.PARENT_MISSING)
  if (isOpenAt(columns, slot, playheadS)) known |= SpanFlag.OPEN
  else known |= flags & (SpanFlag.CLOCK | SpanFlag.CANCELLED)
  if (columns.errorAtS.at(slot) <= playheadS) known |= flags & SpanFlag.ERROR
  if (columns.ambiguousAtS.at(slot) <= playheadS) known |= flags & SpanFlag.AMBIGUOUS
  return known
}

/**
 * Where the bar of a span ends, Unix seconds: its end; while open the playhead or now; else where it
 * fades out. `nowS` is the right end of time without a playhead, see {@link nowOf}.
 */
export function barEndS(
  columns: Columns,
  slot: number,
  playheadS: number | undefined,
  nowS: number,
): number {
  const endS = columns.endS.at(slot)
  const startS = columns.startS.at(slot)
  if (playheadS !== undefined) return Math.max(startS, endS <= playheadS ? endS : playheadS)
  if (!Number.isNaN(endS)) return Math.max(startS, endS)
  const fadeS = columns.fadeS.at(slot)
  return Math.max(startS, Number.isNaN(fadeS) ? nowS : fadeS)
}

/** Index of the subject in `strings`. Before the end, it is the subject of the start line. */
export function subjectAt(columns: Columns, slot: number, playheadS: number | undefined): number {
  const subject = columns.subject.at(slot)
  if (playheadS === undefined || !isOpenAt(columns, slot, playheadS)) return subject
  const startSubject = columns.startSubject.at(slot)
  return Number.isNaN(startSubject) ? subject : startSubject
}

export function isMarkVisible(
  columns: Columns,
  mark: number,
  playheadS: number | undefined,
): boolean {
  return playheadS === undefined || columns.markTimeS.at(mark) <= playheadS
}

/** The right end of time: the clock of a followed log, whatever times its events have; else the last event. */
export function nowOf(live: boolean, lastS: number, clockS: number): number {
  return live ? clockS : lastS
}
