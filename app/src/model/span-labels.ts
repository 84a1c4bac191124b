/** The texts of spans and marks: labels of bars, the hover card, and descriptions for screen readers. */
import {
  SpanFlag,
  formatDuration,
  isBlank,
  kindLabel,
  kindOf,
  labelWithDetail,
  NO_NAME,
  shortModel,
} from '@wattline/trace'
import { isolated } from '../base/isolated.ts'
import { flagsAt, isOpenAt, isVisible, subjectAt } from './at-playhead.ts'
import type { Columns } from './columns.ts'
import { MarkFlag } from './patch.ts'
import type { Selected } from './view-state.ts'

/** The label of a group of rows. */
export function groupLabel(group: string): string {
  return isBlank(group) ? NO_NAME : group
}

/** The label of a bar: `Qwen3-8B`, `web_search`, `turn 4`, `prefill`. */
function barLabel(kind: string, subject: string | undefined): string {
  if (subject === undefined || isBlank(subject) || kindOf(kind).isPhase) return kindLabel(kind)
  if (kind === 'turn') return /^\d+$/.test(subject) ? `turn ${subject}` : subject
  return kindOf(kind).family === 'model' ? shortModel(subject) : subject
}

function spanLabel(columns: Columns, slot: number, playheadS: number | undefined): string {
  const kind = columns.kinds[columns.kind.at(slot)] ?? ''
  return barLabel(kind, columns.strings[subjectAt(columns, slot, playheadS)])
}

/** The label of a bar with what a call does: `bash · npm test`. */
export function detailedLabel(
  columns: Columns,
  slot: number,
  playheadS: number | undefined,
): string {
  const label = spanLabel(columns, slot, playheadS)
  const { family } = kindOf(columns.kinds[columns.kind.at(slot)] ?? '')
  return family === 'tool' ? labelWithDetail(label, columns.details.of(slot)) : label
}

/** The label for little room: only the number of a turn. */
export function shortLabel(columns: Columns, slot: number, label: string): string {
  const kind = columns.kinds[columns.kind.at(slot)]
  return kind === 'turn' ? label.replace(/^turn (?=\d+$)/, '') : label
}

/** Whether the label may be beside the bar. Phases are below a model call that has a label. */
export function isNamedBeside(columns: Columns, slot: number): boolean {
  return kindOf(columns.kinds[columns.kind.at(slot)] ?? '').isPhase !== true
}

export function markLabel(columns: Columns, slot: number): string {
  const kind = kindLabel(columns.kinds[columns.markKind.at(slot)] ?? '')
  const subject = columns.strings[columns.markSubject.at(slot)]
  const orphan = (columns.markFlags.at(slot) & MarkFlag.ORPHAN) !== 0
  const name =
    subject === undefined || isBlank(subject) ? kind : `${isolated(kind)} ${isolated(subject)}`
  return orphan ? `${isolated(name)}, end without a start` : name
}

/** The flags in words, the most important first. */
export function flagWords(flags: number): string[] {
  const words: string[] = []
  if (flags & SpanFlag.ERROR) words.push('failed')
  if (flags & SpanFlag.CANCELLED) words.push('cancelled')
  if (flags & SpanFlag.OPEN) words.push('running')
  if (flags & SpanFlag.DID_NOT_END) words.push('unfinished')
  if (flags & SpanFlag.AMBIGUOUS) words.push('uncertain pairing')
  if (flags & SpanFlag.CLOCK) words.push('unusable end time')
  if (flags & SpanFlag.PARENT_UNSURE) words.push('uncertain parent')
  if (flags & SpanFlag.PARENT_MISSING) words.push('missing parent')
  return words
}

/** The duration in seconds; undefined without a usable end (at the playhead). */
export function durationOf(
  columns: Columns,
  slot: number,
  playheadS: number | undefined,
): number | undefined {
  const endS = columns.endS.at(slot)
  if (Number.isNaN(endS) || isOpenAt(columns, slot, playheadS)) return undefined
  if ((columns.flags.at(slot) & SpanFlag.CLOCK) !== 0) return undefined
  return Math.max(0, endS - columns.startS.at(slot))
}

/** The duration of a span in a list of spans. */
export function listedDuration(
  columns: Columns,
  slot: number,
  playheadS: number | undefined,
): string {
  if (!isVisible(columns, slot, playheadS)) return 'starts later'
  if (isOpenAt(columns, slot, playheadS)) return 'running'
  return formatDuration(durationOf(columns, slot, playheadS))
}

/** A duration for screen readers: `24.8 seconds`, `1:12`. */
function spokenDuration(seconds: number): string {
  const words = { s: 'second', ms: 'millisecond', µs: 'microsecond', ns: 'nanosecond' }
  return formatDuration(seconds).replace(
    /^(\S+) (s|ms|µs|ns)$/,
    (_, count: string, unit: keyof typeof words) =>
      `${count} ${words[unit]}${count === '1' ? '' : 's'}`,
  )
}

/** The selection for screen readers: `tool call web_search in planner, 318 milliseconds, failed`. */
export function spokenSelection(
  columns: Columns,
  selected: Selected | undefined,
  playheadS: number | undefined,
): string {
  if (selected === undefined) return 'Nothing selected.'
  if (selected.type === 'mark') return `Point: ${markLabel(columns, selected.slot)}.`
  const { slot } = selected
  const kind = kindLabel(columns.kinds[columns.kind.at(slot)] ?? 'span')
  const label = detailedLabel(columns, slot, playheadS)
  const group = groupLabel(columns.groups[columns.group.at(slot)]?.label ?? '')
  // No duration of a running span: it would be read out in every frame.
  const durationS = durationOf(columns, slot, playheadS)
  const time = durationS === undefined ? [] : [spokenDuration(durationS)]
  const flags = flagWords(flagsAt(columns, slot, playheadS))
  const name = label === kind ? isolated(kind) : `${isolated(kind)} ${isolated(label)}`
  const place = label === group ? name : `${name} in ${isolated(group)}`
  return `${[place, ...time, ...flags].join(', ')}.`
}
