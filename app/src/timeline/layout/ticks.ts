/**
 * The ticks of the time axis, from steps of 10 µs to years. Steps are 1, 2 and 5 below a second, and
 * those of clocks and calendars above. For a view of 60 s on 500 px:
 *
 * ```
 *   |0:00      |0:15      |0:30      |0:45      |1:00
 * ```
 */
import { DAY_S, formatDay, localDay, zoneAheadS } from '../../base/local-time.ts'
import type { Viewport } from '../../model/view-state.ts'

export interface Tick {
  readonly timeS: number
  readonly label: string
}

export interface TickOptions {
  readonly viewport: Viewport
  readonly widthPx: number
  /** Since `originS` (`1:12.3`), or the local time of day (`14:03:51`). */
  readonly clock: 'relative' | 'absolute'
  /** The start of the run, Unix seconds. */
  readonly originS: number
}

const MICROS = 1e6
/** More than fit on any screen. */
const MOST_TICKS = 1000
const MINUTE_S = 60
const HOUR_S = 3600

/** Width of a tabular digit in the axis's 11 px font. */
export const CHAR_PX = 6.3
/** The least distance between two labels. */
const GAP_PX = 44
/** Room for a label of years: `1 Jan 2026`, `20454 d`. */
const YEAR_LABEL_PX = 130
/** Steps are chosen for labels of at least this many characters, plus the fraction of a second. */
const LABEL_CHARS = '00:00:00'.length

/** Steps of at least this many days have labels with a year. */
const YEAR_LABELS_FROM_DAYS = 182
const DATE_CHARS = 'Sep 30, 2026'.length

const CLOCK_STEPS_S: readonly number[] = [1, 2, 5, 10, 15, 30].concat(
  [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_S),
  [1, 2, 3, 6, 12].map((hours) => hours * HOUR_S),
  [1, 2, 7, 14, 30, 91, 182, 365].map((days) => days * DAY_S),
)

/** Ascending. In microseconds, so that steps below a second are whole numbers. */
const STEPS_MICROS: readonly number[] = [
  ...[10, 100, 1e3, 1e4, 1e5].flatMap((decade) => [decade, 2 * decade, 5 * decade]),
  ...CLOCK_STEPS_S.map((stepS) => stepS * MICROS),
]

export function timeTicks({ viewport, widthPx, clock, originS }: TickOptions): readonly Tick[] {
  const spanS = viewport.endS - viewport.startS
  if (!(spanS > 0) || widthPx <= 0 || !Number.isFinite(originS)) return []
  const labelChars = clock === 'relative' ? relativeChars(viewport, originS) : absoluteChars
  const stepMicros = chooseStep(spanS / widthPx, labelChars)
  return clock === 'relative'
    ? relativeTicks(viewport, stepMicros, originS)
    : stepMicros >= DAY_S * MICROS
      ? dayTicks(viewport, stepMicros)
      : clockTicks(viewport, stepMicros)
}

/** The smallest step whose labels do not touch. `labelChars`: the longest label of a step. */
function chooseStep(sPerPx: number, labelChars: (stepMicros: number) => number): number {
  const step = STEPS_MICROS.find((stepMicros) => {
    return stepMicros / MICROS / sPerPx >= labelChars(stepMicros) * CHAR_PX + GAP_PX
  })
  const yearS = 365 * DAY_S
  return step ?? yearS * MICROS * Math.max(1, Math.ceil((sPerPx * YEAR_LABEL_PX) / yearS))
}

/** `20454 d 0:00:00` is longer than the labels of a run that starts at the origin. */
function relativeChars({ startS, endS }: Viewport, originS: number) {
  const days = Math.floor(Math.max(Math.abs(startS - originS), Math.abs(endS - originS)) / DAY_S)
  const sign = startS < originS ? 1 : 0
  const day = days > 0 ? `${days} d `.length : 0
  return (stepMicros: number): number =>
    stepMicros >= DAY_S * MICROS
      ? Math.max(LABEL_CHARS, sign + day)
      : sign + day + absoluteChars(stepMicros)
}

function absoluteChars(stepMicros: number): number {
  if (stepMicros >= YEAR_LABELS_FROM_DAYS * DAY_S * MICROS) return DATE_CHARS
  const digits = fractionDigits(stepMicros)
  return LABEL_CHARS + (digits === 0 ? 0 : digits + 1)
}

function fractionDigits(stepMicros: number): number {
  if (stepMicros >= MICROS) return 0
  return 6 - Math.floor(Math.log10(stepMicros) + 1e-9)
}

/** The ticks at whole steps from `originS`, in the view. */
function relativeTicks(viewport: Viewport, stepMicros: number, originS: number): Tick[] {
  const stepS = stepMicros / MICROS
  const first = Math.ceil((viewport.startS - originS) / stepS)
  const last = Math.floor((viewport.endS - originS) / stepS)
  const ticks: Tick[] = []
  let lastS = -Infinity
  for (let index = 0; index <= Math.min(last - first, MOST_TICKS); index++) {
    const at = first + index
    // Whole microseconds avoid errors such as 0.1 + 0.2.
    const micros = at * stepMicros
    const timeS = originS + micros / MICROS
    // Far from the origin, float64 rounds times to more than a step.
    if (timeS <= lastS || timeS < viewport.startS || timeS > viewport.endS) continue
    lastS = timeS
    ticks.push({ timeS, label: relativeLabel(micros, stepMicros) })
  }
  return ticks
}

/** `0:10`, `1:00:00`, `1 d 6:00:00`; steps of whole days: `7 d`. */
function relativeLabel(micros: number, stepMicros: number): string {
  const magnitude = Math.abs(micros)
  const seconds = Math.floor(magnitude / MICROS)
  const sign = micros < 0 ? '−' : ''
  const days = Math.floor(seconds / DAY_S)
  if (stepMicros >= DAY_S * MICROS) return `${sign}${days} d`
  const hours = Math.floor(seconds / HOUR_S) % 24
  const minutes = Math.floor(seconds / MINUTE_S) % 60
  const day = days > 0 ? `${days} d ` : ''
  const hour = seconds >= HOUR_S ? `${hours}:${pad(minutes)}` : `${minutes}`
  return `${sign}${day}${hour}:${pad(seconds % 60)}${fraction(magnitude % MICROS, stepMicros)}`
}

function fraction(micros: number, stepMicros: number): string {
  const digits = fractionDigits(stepMicros)
  return digits === 0 ? '' : `.${pad(micros, 6).slice(0, digits)}`
}

/**
 * Ticks at whole steps of local time: of 6 h, at 0:00, 6:00, 12:00 and 18:00, also where the clock
 * changes. A step that the change skips has no tick; one that it repeats has two.
 *
 * ```
 *   ticks of 1 h, +1 h ▸ +2 h at 2:00      |0:00 |1:00 |3:00 |4:00
 *                 +2 h ▸ +1 h at 3:00      |1:00 |2:00 |2:00 |3:00
 * ```
 */
function clockTicks(viewport: Viewport, stepMicros: number): Tick[] {
  const stepS = stepMicros / MICROS
  let aheadS = zoneAheadS(viewport.startS)
  // Local times are seconds as if in UTC. Counted from a midnight, they have all their digits.
  const midnightS = Math.floor((viewport.startS + aheadS) / DAY_S) * DAY_S
  const unixAt = (index: number): number => midnightS + (index * stepMicros) / MICROS - aheadS
  const indexAfter = (timeS: number): number => (timeS + aheadS - midnightS) / stepS
  const ticks: Tick[] = []
  let lastS = -Infinity
  let index = Math.ceil(indexAfter(viewport.startS))
  const add = (timeS: number): void => {
    // Far from 1970, float64 rounds times to more than a step.
    if (timeS <= lastS || timeS < viewport.startS) return
    const micros = (index * stepMicros) % MICROS
    ticks.push({ timeS, label: absoluteLabel(timeS, micros, stepMicros) })
    lastS = timeS
  }
  for (let count = 0; count < MOST_TICKS; count++, index++) {
    let timeS = unixAt(index)
    const nextAheadS = zoneAheadS(timeS)
    if (nextAheadS !== aheadS) {
      aheadS = nextAheadS
      index = Math.floor(indexAfter(Math.max(lastS, viewport.startS))) + 1
      while (zoneAheadS(unixAt(index)) < aheadS || zoneAheadS(unixAt(index)) > aheadS) index++
      timeS = unixAt(index)
      // A day whose midnight is skipped starts later, and has a tick there.
      const dayS = midnightAfter(new Date(timeS * 1e3), 0).getTime() / 1e3
      if (dayS < timeS && dayS <= viewport.endS) add(dayS)
    }
    if (!(timeS <= viewport.endS)) break
    add(timeS)
  }
  return ticks
}

/** The first label of a day is its date. */
function absoluteLabel(timeS: number, micros: number, stepMicros: number): string {
  const date = new Date(Math.round(timeS * 1e6 - micros) / 1e3)
  const isDayStart = micros === 0 && midnightAfter(date, 0).getTime() === date.getTime()
  if (isDayStart && stepMicros >= MINUTE_S * MICROS)
    return formatDay(localDay(date.getTime() / 1e3))
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
  return `${time}${fraction(micros, stepMicros)}`
}

/** Local midnight, some days after the day of `start`. `new Date(year, …)` takes the year 1 for 1901. */
function midnightAfter(start: Date, days: number): Date {
  const midnight = new Date(start)
  midnight.setHours(0, 0, 0, 0)
  midnight.setDate(midnight.getDate() + days)
  return midnight
}

/** Days are counted by the calendar: some have 23 or 25 hours, and where the date line moves, none. */
function dayTicks({ startS, endS }: Viewport, stepMicros: number): Tick[] {
  const start = new Date(startS * 1e3)
  const days = Math.round(stepMicros / MICROS / DAY_S)
  const epochDay = Math.floor(
    Date.UTC(start.getFullYear(), start.getMonth(), start.getDate()) / (DAY_S * 1e3),
  )
  const ticks: Tick[] = []
  for (let skip = (days - (epochDay % days)) % days; ; skip += days) {
    const date = midnightAfter(start, skip)
    const timeS = date.getTime() / 1e3
    if (!(timeS <= endS)) return ticks
    const isNew = timeS > (ticks.at(-1)?.timeS ?? -Infinity)
    if (timeS >= startS && isNew)
      ticks.push({ timeS, label: formatDay(localDay(timeS), days >= YEAR_LABELS_FROM_DAYS) })
  }
}

function pad(value: number, width = 2): string {
  return `${value}`.padStart(width, '0')
}
