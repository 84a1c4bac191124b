/** The local time of this computer: its days, and how far it is ahead of UTC. Times are in Unix seconds. */

export const DAY_S = 86_400
/** Dates are in English, as all texts of the page are. */
export const LOCALE = 'en'

/** How far local time is ahead of UTC at a time. Before time zones, cities were ahead by odd seconds. */
export function zoneAheadS(timeS: number): number {
  return Math.round(-60 * new Date(timeS * 1e3).getTimezoneOffset())
}

/** `UTC+1`; where the clock changes, `UTC+1/+2`. */
export function zoneNames(fromAheadS: number, toAheadS: number): string {
  const from = zoneName(fromAheadS)
  if (fromAheadS === toAheadS) return from
  return `${from}/${zoneName(toAheadS).slice('UTC'.length) || '+0'}`
}

/** The number of the local day; consecutive days have consecutive numbers. */
export function localDay(timeS: number): number {
  return Math.floor((timeS + zoneAheadS(timeS)) / DAY_S)
}

/** `UTC`, `UTC+1`, `UTC−3:30`, for a zone that is `aheadS` ahead of UTC. */
function zoneName(aheadS: number): string {
  if (aheadS === 0) return 'UTC'
  const minutes = Math.round(Math.abs(aheadS) / 60)
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`
  return `UTC${aheadS < 0 ? '−' : '+'}${Math.floor(minutes / 60)}${rest}`
}

// Local days are formatted as if in UTC: a formatter keeps the zone that it was created in.
const STYLE = { day: 'numeric', month: 'short', timeZone: 'UTC' } as const
const DAY = new Intl.DateTimeFormat(LOCALE, STYLE)
const DAY_OF_YEAR = new Intl.DateTimeFormat(LOCALE, { ...STYLE, year: 'numeric' })
/** Dates exist up to this day. */
const LAST_DAY = 1e8

/** `Mar 12`, or `Mar 12, 2026`, of a day of {@link localDay}. */
export function formatDay(day: number, withYear = false): string {
  if (!(Math.abs(day) <= LAST_DAY)) return '–'
  return (withYear ? DAY_OF_YEAR : DAY).format(day * DAY_S * 1e3)
}

/** `Mar 12, 2026`, `Mar 11 – 12, 2026`. */
export function formatDays(fromDay: number, toDay: number): string {
  if (!(Math.abs(fromDay) <= LAST_DAY && Math.abs(toDay) <= LAST_DAY)) return '–'
  return DAY_OF_YEAR.formatRange(fromDay * DAY_S * 1e3, toDay * DAY_S * 1e3)
}

/** The year of a day of {@link localDay}. */
export function yearOf(day: number): number {
  return new Date(day * DAY_S * 1e3).getUTCFullYear()
}
