/** Formats times and counts for people, in English whatever the language of the browser. */
import {
  COST_MARKS,
  formatClock,
  formatCost,
  formatCount,
  PRICES_AS_OF,
  type Cost,
  type CostSums,
  type TokenSums,
} from '@wattline/trace'
import { formatDay, localDay, LOCALE, yearOf } from './local-time.ts'

export type Clock = 'relative' | 'absolute'

/** The first and the last event of a run, Unix seconds. */
export interface RunTimes {
  readonly firstS: number
  readonly lastS: number
}

/**
 * The time since the first event, `1:12.318`, or the local time of day, `14:03:51.207`, with its date
 * where the run or the time is of several days. `decimals` is 0 or 3.
 */
export function formatTime(
  timeS: number,
  { firstS, lastS }: RunTimes,
  clock: Clock,
  decimals: 0 | 3 = 3,
): string {
  if (Number.isNaN(timeS)) return '–'
  if (clock === 'relative') return formatClock(timeS - firstS, decimals)
  const whole = formatTimeOfDay(timeS)
  const time = decimals === 0 ? whole.slice(0, 'hh:mm:ss'.length) : whole
  const day = localDay(timeS)
  const days = [localDay(firstS), localDay(lastS)].filter((known) => !Number.isNaN(known))
  if (days.every((other) => other === day)) return time
  const isOfYears = days.some((other) => yearOf(other) !== yearOf(day))
  return `${formatDay(day, isOfYears)}, ${time}`
}

function formatTimeOfDay(timeS: number): string {
  const date = new Date(timeS * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** For a tooltip: ISO date and time in UTC, and the number that the log contains. */
export function exactTime(timeS: number): string {
  const date = new Date(timeS * 1000)
  const iso = Number.isNaN(date.getTime()) ? '–' : date.toISOString()
  return `${iso} · ${timeS.toFixed(6)} s`
}

/** `just now`, `5 min ago`, `today 14:03`, `Mar 3, 2026, 14:03`. */
export function formatSince(timeS: number, nowS: number): string {
  const agoS = nowS - timeS
  if (agoS < 10) return 'just now'
  if (agoS < 60) return `${Math.floor(agoS)} s ago`
  if (agoS < 3600) return `${Math.floor(agoS / 60)} min ago`
  const date = new Date(timeS * 1000)
  const time = formatTimeOfDay(timeS).slice(0, 'hh:mm'.length)
  if (agoS < 86_400 && new Date(nowS * 1000).getDate() === date.getDate()) return `today ${time}`
  return `${date.toLocaleDateString(LOCALE, { dateStyle: 'medium' })}, ${time}`
}

/** `1,204`. */
export function formatInteger(value: number): string {
  return value.toLocaleString(LOCALE)
}

/** A share from 0 to 1 as `44 %`. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** A count with its noun: `1 span`, `1,204 spans`. */
export function counted(count: number, noun: string): string {
  return `${formatInteger(count)} ${plural(count, noun)}`
}

/** `span` for one, else `spans`. */
export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}

const COST_ORIGINS = {
  logged: '',
  estimated: `, estimated from list prices of ${PRICES_AS_OF}`,
  'lower-bound': `, at least, estimated from list prices of ${PRICES_AS_OF}`,
} as const

/** A cost with a sign if it is estimated, or a lower bound. */
export function shortCost({ usd, source }: Cost): string {
  return `${COST_MARKS[source]}${formatCost(usd)}`
}

/** A cost with all digits, where it is from, and what it does not include. */
export function exactCost({ usd, source, unpricedTokens = 0 }: Cost & Partial<CostSums>): string {
  const without =
    unpricedTokens > 0 ? `, without ${formatCount(unpricedTokens)} tokens of unknown price` : ''
  return `$${usd}${COST_ORIGINS[source]}${source === 'logged' ? '' : without}`
}

/** A count of tokens, with a sign if a part of it is a lower bound. */
export function shortTokens(count: number, tokens: TokenSums | undefined): string {
  return `${tokens?.isLowerBound === true ? '≥ ' : ''}${formatCount(count)}`
}

/** The known parts of tokens with all digits. */
export function exactTokens(tokens: TokenSums): string {
  const { input, cacheRead, cacheCreation, output, reasoning, total, isLowerBound } = tokens
  const part = (value: number | undefined, name: string): string[] =>
    value === undefined ? [] : [`${formatInteger(value)} ${name}`]
  return [
    `${isLowerBound ? 'at least ' : ''}${formatInteger(total)} tokens`,
    ...part(input, 'in'),
    ...part(cacheRead, 'of them from the cache'),
    ...part(cacheCreation, 'written to the cache'),
    ...part(output, 'out'),
    ...part(reasoning, 'of them reasoning'),
  ].join(', ')
}
