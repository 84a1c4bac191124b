/** What a span or mark is called: on its bar, in the hover card, and for those who listen. */
import { SpanFlag, formatDuration, shortModel } from '@wattline/trace'
import { flagsAt, isOpenAt, subjectAt } from './at-playhead.ts'
import { MarkFlag, type TraceColumns } from './trace-columns.ts'
import type { Selected } from './view-state.ts'

/** Kinds whose subject is a model. */
const MODEL_KINDS: ReadonlySet<string> = new Set([
  'lm_inference',
  'prefill',
  'decode',
  'submodel_call',
])

/** Kinds that say more than a model's name inside their parent's bar, which has it already. */
const PHASE_KINDS: ReadonlySet<string> = new Set(['prefill', 'decode'])

/** `tool_call` → `tool call`. */
export function kindLabel(kind: string): string {
  return kind.replaceAll('_', ' ')
}

/** What a group of rows is called. */
export function groupLabel(group: string): string {
  const shown = group
  return shown.trim() === '' ? 'no name' : shown
}

/** What a bar says: `Qwen3-8B`, `web_search`, `turn 4`, `prefill`. */
function barLabel(kind: string, subject: string | undefined): string {
  if (subject === undefined || subject === '' || PHASE_KINDS.has(kind)) return kindLabel(kind)
  if (kind === 'turn') return /^\d+$/.test(subject) ? `turn ${subject}` : subject
  return MODEL_KINDS.has(kind) ? shortModel(subject) : subject
}

export function spanLabel(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): string {
  const kind = columns.kinds[columns.kind.at(slot)] ?? ''
  return barLabel(kind, columns.strings[subjectAt(columns, slot, playheadS)])
}

/** The same where there is little room: a turn's number says it all. */
export function shortLabel(columns: TraceColumns, slot: number, label: string): string {
  const kind = columns.kinds[columns.kind.at(slot)]
  return kind === 'turn' ? label.replace(/^turn (?=\d+$)/, '') : label
}

/** Whether the bar may be named beside it; phases stand under what names them. */
export function isNamedBeside(columns: TraceColumns, slot: number): boolean {
  return !PHASE_KINDS.has(columns.kinds[columns.kind.at(slot)] ?? '')
}

export function markLabel(columns: TraceColumns, slot: number): string {
  const kind = kindLabel(columns.kinds[columns.markKind.at(slot)] ?? '')
  const subject = columns.strings[columns.markSubject.at(slot)]
  const orphan = (columns.markFlags.at(slot) & MarkFlag.ORPHAN) !== 0
  const name = subject === undefined ? kind : `${kind} ${subject}`
  return orphan ? `${name}, end without a start` : name
}

/** Its flags as people would say them, in the order of their weight. */
export function flagWords(flags: number): string[] {
  const words: string[] = []
  if (flags & SpanFlag.ERROR) words.push('failed')
  if (flags & SpanFlag.OPEN) words.push('running')
  if (flags & SpanFlag.DID_NOT_END) words.push('did not end')
  if (flags & SpanFlag.AMBIGUOUS) words.push('pairing is a guess')
  if (flags & SpanFlag.CLOCK) words.push('ends before it starts: the clock stepped')
  if (flags & SpanFlag.PARENT_UNSURE) words.push('parent is a guess')
  return words
}

/** Seconds; undefined for a span without an end (at the playhead). */
export function durationOf(
  columns: TraceColumns,
  slot: number,
  playheadS: number | undefined,
): number | undefined {
  const endS = columns.endS.at(slot)
  if (Number.isNaN(endS) || isOpenAt(columns, slot, playheadS)) return undefined
  return Math.max(0, endS - columns.startS.at(slot))
}

/** `tool call web_search in planner, 318 ms, failed`: what a screen reader hears of a selection. */
export function spokenSelection(
  columns: TraceColumns,
  selected: Selected | undefined,
  playheadS: number | undefined,
): string {
  if (selected === undefined) return 'Nothing selected.'
  if (selected.type === 'mark') return `Point: ${markLabel(columns, selected.slot)}.`
  const { slot } = selected
  const kind = kindLabel(columns.kinds[columns.kind.at(slot)] ?? 'span')
  const label = spanLabel(columns, slot, playheadS)
  const group = groupLabel(columns.groups[columns.group.at(slot)]?.label ?? '')
  // No time for what still runs: it would be read out again with every frame.
  const durationS = durationOf(columns, slot, playheadS)
  const time = durationS === undefined ? [] : [formatDuration(durationS)]
  const flags = flagWords(flagsAt(columns, slot, playheadS))
  const name = label === kind ? kind : `${kind} ${label}`
  return `${[`${name} in ${group}`, ...time, ...flags].join(', ')}.`
}
