/** What a person must know about telemetry before believing the joules: said, not summed away. */
import { formatDuration } from '../stats/format.ts'
import type { Trace } from '../trace/trace.ts'
import type { PowerSource } from '../telemetry/power-source.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

export type EnergyWarningCode =
  | 'other-time'
  | 'unit'
  | 'no-energy'
  | 'counter-stuck'
  | 'reset'
  | 'gap'
  | 'late'
  | 'duplicate'
  | 'other-writer'
  | 'unusable'

export interface EnergyWarning {
  readonly code: EnergyWarningCode
  /** The source's name. */
  readonly source: string
  readonly text: string
  /** Where to look: the longest of the times it speaks of, Unix seconds. */
  readonly at?: { readonly startS: number; readonly endS: number } | undefined
}

/** All that is to be said of a run's telemetry, source by source. */
export function energyWarnings(telemetry: Telemetry, trace: Trace): EnergyWarning[] {
  return telemetry.sources.flatMap((source) =>
    warningsOf(source, trace).map(([code, text, at]) => ({ code, source: source.name, text, at })),
  )
}

type Said = readonly [code: EnergyWarningCode, text: string, at?: EnergyWarning['at']]

function warningsOf(source: PowerSource, trace: Trace): Said[] {
  const { series, otherWriters, unusable } = source
  const { duplicates, late } = series
  return [
    ...exclusionOf(source, trace),
    ...(source.isCounterStuck
      ? [['counter-stuck', 'its counter stands still; its power is used instead'] as const]
      : []),
    ...breaksOf(source),
    ...counted('late', late, 'sample came', 'samples came', 'out of order and were sorted in'),
    ...counted(
      'duplicate',
      duplicates,
      'sample',
      'samples',
      'of an instant that had one: left out',
    ),
    ...counted('other-writer', otherWriters, 'sample', 'samples', 'of a second writer: left out'),
    ...counted('unusable', unusable, 'value', 'values', 'that are not numbers: left out'),
  ]
}

function exclusionOf(source: PowerSource, trace: Trace): Said[] {
  const { firstEventS = 0, lastEventS = 0 } = trace
  const { firstS = 0, lastS = 0 } = source.curve
  switch (source.excludedBecause(firstEventS, lastEventS)) {
    case 'other-time': {
      const isBefore = lastS < firstEventS
      const apart = formatDuration(isBefore ? firstEventS - lastS : firstS - lastEventS)
      const where = isBefore ? `ends ${apart} before the run` : `begins ${apart} after the run`
      return [
        ['other-time', `not summed: no sample within the run, it ${where}; is its clock off?`],
      ]
    }
    case 'unit':
      return [['unit', `not summed: ${source.wrongUnit}; expected watts and joules`]]
    case 'no-energy':
      return [['no-energy', 'not summed: fewer than two samples of power or energy']]
    case undefined:
      return []
  }
}

function breaksOf({ curve }: PowerSource): Said[] {
  const of = (reason: string, isKnown: boolean) =>
    curve.breaks.filter((at) => at.reason === reason && at.isKnown === isKnown)
  const lengthOf = (breaks: typeof curve.breaks) =>
    formatDuration(breaks.reduce((sum, { fromS, untilS }) => sum + untilS - fromS, 0))
  const said = (code: 'gap' | 'reset', one: string, isKnown: boolean, what: string): Said[] => {
    const breaks = of(code, isKnown)
    if (breaks.length === 0) return []
    const noun = breaks.length === 1 ? one : `${one}s`
    const text = `${breaks.length} ${noun} (${lengthOf(breaks)} in all): ${what}`
    const longest = breaks.reduce((a, b) => (b.untilS - b.fromS > a.untilS - a.fromS ? b : a))
    return [[code, text, { startS: longest.fromS, endS: longest.untilS }]]
  }
  return [
    ...said('gap', 'gap', false, 'what was used then is not known and not counted'),
    ...said('gap', 'gap', true, 'the counter went on, but when within it is not known'),
    ...said('reset', 'counter reset', false, 'what was used then is not known and not counted'),
    ...said('reset', 'counter reset', true, 'power was used instead'),
  ]
}

function counted(
  code: EnergyWarningCode,
  count: number,
  one: string,
  many: string,
  what: string,
): Said[] {
  return count === 0 ? [] : [[code, `${count} ${count === 1 ? one : many} ${what}`]]
}
