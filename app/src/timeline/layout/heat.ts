/**
 * Bars colored by what they use instead of by what they are: one scale from pale to strong. Joules
 * differ by orders of magnitude, so their scale is logarithmic over three of them; watts are linear.
 * What is not known is grey.
 */
import type { TraceColumns } from '../../model/trace-columns.ts'

const HEAT_STEPS = 8
/** The step of what is not known: the one behind those of the scale. */
export const UNKNOWN_HEAT = HEAT_STEPS
const DECADES = 3

/** No kind of a log is likely to be called so. */
const HEAT_PREFIX = '\0heat-'

/** Names of the inks by step; see `kindVariable`. */
export const HEAT_COLOR_NAMES: readonly string[] = [
  ...Array.from({ length: HEAT_STEPS }, (_, step) => `${HEAT_PREFIX}${step}`),
  `${HEAT_PREFIX}unknown`,
]

/** The CSS variable of a step's ink; undefined for a kind. */
export function heatVariable(ink: string): string | undefined {
  return ink.startsWith(HEAT_PREFIX) ? `--heat-${ink.slice(HEAT_PREFIX.length)}` : undefined
}

export interface Heat {
  readonly by: 'joules' | 'watts'
  /** The top of the scale. */
  readonly top: number
}

/** The step of a span that is drawn until `endS`. */
export function heatStep(columns: TraceColumns, heat: Heat, slot: number, endS: number): number {
  const joules = columns.ownJ.at(slot)
  if (Number.isNaN(joules)) return UNKNOWN_HEAT
  if (heat.by === 'joules') return stepOf(1 + Math.log10(joules / heat.top) / DECADES)
  const lengthS = endS - columns.startS.at(slot)
  return lengthS > 0 ? stepOf(joules / lengthS / heat.top) : UNKNOWN_HEAT
}

/** Values at which the legend names the scale: its bottom and its top. */
export function heatRange({ by, top }: Heat): readonly [bottom: number, top: number] {
  return [by === 'joules' ? top / 10 ** DECADES : 0, top]
}

function stepOf(share: number): number {
  return Math.min(HEAT_STEPS - 1, Math.max(0, Math.floor(share * HEAT_STEPS)))
}
