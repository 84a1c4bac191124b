/**
 * What is seen at a playhead. Playback is a clip of the one trace, not a second engine: the picture
 * at T is what a viewer shows that has read exactly the lines with a timestamp up to T.
 *
 * ```
 *            T
 *   ████████ │            ended before T: as it is
 *      ██████│▒▒▒▒        end after T: drawn open, up to T; its end's facts are not known yet
 *            │   █████    not seen
 * ```
 */
import { SpanFlag } from '@wattline/trace'
import type { TraceColumns } from './trace-columns.ts'

/** `playheadS` is undefined at the end of the log, or now: then nothing is hidden. */
export function isVisible(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): boolean {
  return playheadS === undefined || columns.startS.at(slot) <= playheadS
}

/** Whether the span is drawn open: its end is not known, or not known at the playhead. */
export function isOpenAt(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): boolean {
  const endS = columns.endS.at(slot)
  if (playheadS === undefined) return (columns.flags.at(slot) & SpanFlag.OPEN) !== 0
  return !(endS <= playheadS)
}

/** The span's flags as far as they are known at the playhead. */
export function flagsAt(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): number {
  const flags = columns.flags.at(slot)
  if (playheadS === undefined) return flags
  let known = flags & SpanFlag.PARENT_UNSURE
  if (isOpenAt(columns, slot, playheadS)) known |= SpanFlag.OPEN
  else known |= flags & SpanFlag.CLOCK
  if (columns.errorAtS.at(slot) <= playheadS) known |= flags & SpanFlag.ERROR
  if (columns.ambiguousAtS.at(slot) <= playheadS) known |= flags & SpanFlag.AMBIGUOUS
  return known
}

/**
 * Where its bar ends, Unix seconds: its end, the playhead or now while open, else where it fades.
 * `nowS` is the right end of time without a playhead (see `nowOf`).
 */
export function barEndS(
  columns: TraceColumns,
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

/** The subject's index into `strings`: before its end, only what the start told. */
export function subjectAt(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): number {
  const subject = columns.subject.at(slot)
  if (playheadS === undefined || !isOpenAt(columns, slot, playheadS)) return subject
  const startSubject = columns.startSubject.at(slot)
  return Number.isNaN(startSubject) ? subject : startSubject
}

export function isMarkVisible(
  columns: TraceColumns,
  mark: number,
  playheadS: number | undefined,
): boolean {
  return playheadS === undefined || columns.markTimeS.at(mark) <= playheadS
}

/**
 * The right end of time: while a log is followed the wall clock, but never behind its last event
 * (the agent's clock may be ahead of ours); else the last event.
 */
export function nowOf(live: boolean, lastS: number, wallClockS: number): number {
  return live ? Math.max(wallClockS, Number.isNaN(lastS) ? wallClockS : lastS) : lastS
}
