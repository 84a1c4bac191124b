/** Converts times of other tools to Unix seconds. */

/** A time without a zone is in this zone. */
export type Naive = 'utc' | 'local' | 'none'

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,15}))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?$/

/**
 * An ISO time with any number of digits after the second; undefined if it is none.
 *
 * @param naive the zone of times without one; `none` = they are not usable
 */
export function isoSeconds(value: unknown, naive: Naive = 'none'): number | undefined {
  if (typeof value !== 'string') return undefined
  const parts = ISO.exec(value)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '0', zone] = parts
  if (zone === undefined && naive === 'none') return undefined
  const fields = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ] as const
  const isLocal = zone === undefined && naive === 'local'
  const ms = isLocal ? new Date(...fields).getTime() : Date.UTC(...fields)
  // The digits are appended as text: a sum of floats would not be the number that was written.
  const wholeS = ms / 1000 - zoneSeconds(zone)
  if (!Number.isFinite(wholeS)) return undefined
  return wholeS >= 0 ? Number(`${wholeS}.${fraction}`) : wholeS + Number(`0.${fraction}`)
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const sign = zone.startsWith('-') ? -1 : 1
  return sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3).replace(':', '')) * 60)
}

/** Milliseconds since 1970 in seconds. */
export function msSeconds(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value / 1000 : undefined
}

/** Nanoseconds as a text of digits or a number, in seconds; undefined for 0 and for other values. */
export function nanoSeconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 0 ? value / 1e9 : undefined
  if (typeof value !== 'string' || !/^\d{1,25}$/.test(value) || /^0+$/.test(value)) return undefined
  const digits = value.padStart(10, '0')
  return Number(`${digits.slice(0, -9)}.${digits.slice(-9)}`)
}

/** Larger numbers are not seconds (the year 5138). */
const MAX_S = 1e11

/** Seconds since 1970; undefined for 0 and for values that are no time. */
export function unixSeconds(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value < MAX_S ? value : undefined
}
