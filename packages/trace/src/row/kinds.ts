/**
 * The kinds of spans that Wattline knows. All rules that depend on a kind read this table, so that a
 * new kind is one row. Any other kind is legal and follows {@link OTHER_KIND}.
 */
import { isBlank } from '../line/hidden-characters.ts'

/** The name of a kind's color. The page has a CSS variable for each, the terminal a style. */
export type KindColor =
  | 'lm-inference'
  | 'prefill'
  | 'decode'
  | 'tool-call'
  | 'submodel-call'
  | 'agent'
  | 'turn'
  | 'wait'

export interface Kind {
  /**
   * Depth in the nesting agent 0 < turn 1 < call or wait 2 < part of a call 3. A span is only nested
   * by time in a span of lower rank.
   */
  readonly rank: 0 | 1 | 2 | 3
  /** What its spans do. The work of a `model` span, and of no other known one, is its model's. */
  readonly family: 'agent' | 'turn' | 'model' | 'tool' | 'wait' | 'other'
  /** Default: a color that depends on the kind alone. */
  readonly color?: KindColor
  /** Default: the kind itself, with spaces. */
  readonly label?: string
  /** A phase of the model call around it, which names the model and the place. */
  readonly isPhase?: boolean
}

/** Ranks are 0 … RANK_COUNT − 1. A point, which fits into spans of every rank, has RANK_COUNT. */
export const RANK_COUNT = 4

/** Shown for a blank name. */
export const NO_NAME = 'no name'

const OTHER_KIND: Kind = { rank: 2, family: 'other' }

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['agent', { rank: 0, family: 'agent', color: 'agent' }],
  ['turn', { rank: 1, family: 'turn', color: 'turn' }],
  ['lm_inference', { rank: 2, family: 'model', color: 'lm-inference', label: 'model call' }],
  ['tool_call', { rank: 2, family: 'tool', color: 'tool-call' }],
  ['wait', { rank: 2, family: 'wait', color: 'wait' }],
  ['submodel_call', { rank: 3, family: 'model', color: 'submodel-call', label: 'sub-model call' }],
  ['prefill', { rank: 3, family: 'model', color: 'prefill', isPhase: true }],
  ['decode', { rank: 3, family: 'model', color: 'decode', isPhase: true }],
])

export function kindOf(kind: string): Kind {
  return KINDS.get(kind) ?? OTHER_KIND
}

/** A kind as people read it: `lm_inference` → `model call`, `my_kind` → `my kind`. */
export function kindLabel(kind: string): string {
  const label = kindOf(kind).label ?? kind.replaceAll('_', ' ')
  return isBlank(label) ? NO_NAME : label
}
