/**
 * The color scale of bars that are colored by energy or power instead of by kind: 8 steps from pale
 * to strong, and gray for unknown. Joules differ by orders of magnitude, so their scale is
 * logarithmic over three decades; watts are linear. With a top of 1000 J, 10 J is step 2.
 */
import type { Columns } from '../../model/columns.ts'

const HEAT_STEPS = 8
/** The step of spans without a known value. */
export const UNKNOWN_HEAT = HEAT_STEPS
const DECADES = 3

/** Unlikely as the start of a kind's name. */
const HEAT_PREFIX = '\0heat-'

/** Color names by step, {@link UNKNOWN_HEAT} included. */
export const HEAT_COLOR_NAMES: readonly string[] = [
  ...Array.from({ length: HEAT_STEPS }, (_, step) => `${HEAT_PREFIX}${step}`),
  `${HEAT_PREFIX}unknown`,
]

/** The CSS variable of a step's color name; undefined for the name of a kind. */
export function heatVariable(name: string): string | undefined {
  return name.startsWith(HEAT_PREFIX) ? `--heat-${name.slice(HEAT_PREFIX.length)}` : undefined
}

export interface Heat {
  readonly by: 'joules' | 'watts'
  /** The top of the scale. */
  readonly top: number
}

/** The step of a span whose bar ends at `endS`. */
export function heatStep(columns: Columns, heat: Heat, slot: number, endS: number): number {
  const joules = columns.ownJ.at(slot)
  if (Number.isNaN(joules)) return UNKNOWN_HEAT
  if (heat.by === 'joules') return stepOf(1 + Math.log10(joules / heat.top) / DECADES)
  const lengthS = endS - columns.startS.at(slot)
  return lengthS > 0 ? stepOf(joules / lengthS / heat.top) : UNKNOWN_HEAT
}

/** The values at the bottom and the top of the scale, for the legend. */
export function heatRange({ by, top }: Heat): readonly [bottom: number, top: number] {
  return [by === 'joules' ? top / 10 ** DECADES : 0, top]
}

function stepOf(share: number): number {
  return Math.min(HEAT_STEPS - 1, Math.max(0, Math.floor(share * HEAT_STEPS)))
}
