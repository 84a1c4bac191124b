/** Warnings about telemetry that limit the accuracy of the joules. */
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
  /** The longest affected interval, Unix seconds. */
  readonly at?: { readonly startS: number; readonly endS: number } | undefined
}

/** The warnings about the telemetry of a run, by source. */
export function energyWarnings(telemetry: Telemetry, trace: Trace): EnergyWarning[] {
  return telemetry.sources.flatMap((source) =>
    warningsOf(source, trace).map(([code, text, at]) => ({ code, source: source.name, text, at })),
  )
}

type CodeAndText = readonly [code: EnergyWarningCode, text: string, at?: EnergyWarning['at']]

function warningsOf(source: PowerSource, trace: Trace): CodeAndText[] {
  const { series, otherWriters, unusable } = source
  const { duplicates, late } = series
  return [
    ...exclusionOf(source, trace),
    ...(source.isCounterStuck
      ? [['counter-stuck', 'its counter does not change, power is used instead'] as const]
      : []),
    ...breaksOf(source),
    ...counted('late', late, 'sample', 'out of order: sorted by time'),
    ...counted('duplicate', duplicates, 'sample', 'at the time of another sample: ignored'),
    ...counted('other-writer', otherWriters, 'sample', 'of a second writer: ignored'),
    ...counted('unusable', unusable, 'value', 'without a number: ignored'),
  ]
}

function exclusionOf(source: PowerSource, trace: Trace): CodeAndText[] {
  const { firstEventS = 0, lastEventS = 0 } = trace
  const { firstS = 0, lastS = 0 } = source.curve
  switch (source.excludedBecause(firstEventS, lastEventS)) {
    case 'other-time': {
      const isBefore = lastS < firstEventS
      const apart = formatDuration(isBefore ? firstEventS - lastS : firstS - lastEventS)
      const where = isBefore ? `ends ${apart} before the run` : `begins ${apart} after the run`
      return [
        ['other-time', `not counted: no sample within the run, it ${where}; is its clock wrong?`],
      ]
    }
    case 'unit':
      return [['unit', `not counted: ${source.wrongUnit}; expected watts and joules`]]
    case 'no-energy':
      return [['no-energy', 'not counted: fewer than two samples of power or energy']]
    case undefined:
      return []
  }
}

function breaksOf({ curve }: PowerSource): CodeAndText[] {
  const of = (reason: string, isKnown: boolean) =>
    curve.breaks.filter((at) => at.reason === reason && at.isKnown === isKnown)
  const lengthOf = (breaks: typeof curve.breaks) =>
    formatDuration(breaks.reduce((sum, { fromS, untilS }) => sum + untilS - fromS, 0))
  const warning = (
    code: 'gap' | 'reset',
    noun: string,
    isKnown: boolean,
    consequence: string,
  ): CodeAndText[] => {
    const breaks = of(code, isKnown)
    if (breaks.length === 0) return []
    const text = `${numbered(breaks.length, noun)} (${lengthOf(breaks)} in total): ${consequence}`
    const longest = breaks.reduce((a, b) => (b.untilS - b.fromS > a.untilS - a.fromS ? b : a))
    return [[code, text, { startS: longest.fromS, endS: longest.untilS }]]
  }
  return [
    ...warning('gap', 'gap', false, 'the energy is unknown and not counted'),
    ...warning('gap', 'gap', true, 'the energy is counted, but its time is unknown'),
    ...warning('reset', 'counter reset', false, 'the energy is unknown and not counted'),
    ...warning('reset', 'counter reset', true, 'power is used instead'),
  ]
}

function counted(
  code: EnergyWarningCode,
  count: number,
  noun: string,
  problem: string,
): CodeAndText[] {
  return count === 0 ? [] : [[code, `${numbered(count, noun)} ${problem}`]]
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
