/**
 * Where the axis has ticks and what they say, from 10 µs to years. Steps are 1, 2, 5 below a
 * second and those of clocks and calendars above. All labels of one step have one width, so that
 * nothing jumps while the view slides.
 */
import type { Viewport } from '../../model/view-state.ts'

export interface Tick {
  readonly timeS: number
  readonly label: string
}

export interface TickOptions {
  readonly viewport: Viewport
  readonly widthPx: number
  /** Relative to `originS` (`00:01:12.318`), or the local time of day. */
  readonly clock: 'relative' | 'absolute'
  /** The run's start, Unix seconds. */
  readonly originS: number
}

const MICROS = 1e6
const MINUTE_S = 60
const HOUR_S = 3600
const DAY_S = 86_400

/** Width of a tabular digit in the axis's 11 px type. */
export const CHAR_PX = 6.3
/** Air between two labels. */
const AIR_PX = 44

const CLOCK_STEPS_S: readonly number[] = [
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_S),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_S),
  ...[1, 2, 7, 14, 30, 91, 182, 365].map((days) => days * DAY_S),
]

/** Ascending; times below a second in microseconds, so that they are whole numbers. */
const STEPS_MICROS: readonly number[] = [
  ...[10, 100, 1e3, 1e4, 1e5].flatMap((decade) => [decade, 2 * decade, 5 * decade]),
  ...CLOCK_STEPS_S.map((stepS) => stepS * MICROS),
]

export function timeTicks({ viewport, widthPx, clock, originS }: TickOptions): readonly Tick[] {
  const spanS = viewport.endS - viewport.startS
  if (!(spanS > 0) || widthPx <= 0 || !Number.isFinite(originS)) return []
  const stepMicros = chooseStep(spanS / widthPx)
  return clock === 'relative'
    ? relativeTicks(viewport, stepMicros, originS)
    : absoluteTicks(viewport, stepMicros)
}

/** The smallest step at which labels have air between them. */
function chooseStep(sPerPx: number): number {
  const fits = (stepMicros: number): boolean => {
    const labelPx = ('00:00:00'.length + fractionWidth(stepMicros)) * CHAR_PX
    return stepMicros / MICROS / sPerPx >= labelPx + AIR_PX
  }
  const step = STEPS_MICROS.find(fits)
  if (step !== undefined) return step
  const yearMicros = 365 * DAY_S * MICROS
  return yearMicros * Math.max(1, Math.ceil((sPerPx * 100) / (365 * DAY_S)))
}

/** Characters after the seconds: `.1` of tenths, `.00001` of 10 µs. */
function fractionWidth(stepMicros: number): number {
  const digits = fractionDigits(stepMicros)
  return digits === 0 ? 0 : digits + 1
}

function fractionDigits(stepMicros: number): number {
  if (stepMicros >= MICROS) return 0
  return 6 - Math.floor(Math.log10(stepMicros) + 1e-9)
}

function relativeTicks(viewport: Viewport, stepMicros: number, originS: number): Tick[] {
  const stepS = stepMicros / MICROS
  const first = Math.ceil((viewport.startS - originS) / stepS)
  const last = Math.floor((viewport.endS - originS) / stepS)
  const ticks: Tick[] = []
  for (let at = first; at <= last; at++) {
    // Whole microseconds: 0.1 + 0.2 never shows.
    const micros = at * stepMicros
    const timeS = originS + micros / MICROS
    ticks.push({ timeS, label: relativeLabel(micros, stepMicros) })
  }
  return ticks
}

function relativeLabel(micros: number, stepMicros: number): string {
  const magnitude = Math.abs(micros)
  const seconds = Math.floor(magnitude / MICROS)
  const days = Math.floor(seconds / DAY_S)
  const sign = micros < 0 ? '−' : ''
  const day = days > 0 ? `${days} d ` : ''
  const hours = Math.floor(seconds / HOUR_S) % 24
  const minutes = Math.floor(seconds / MINUTE_S) % 60
  const time = `${pad(hours)}:${pad(minutes)}:${pad(seconds % 60)}`
  return `${sign}${day}${time}${fraction(magnitude % MICROS, stepMicros)}`
}

function fraction(micros: number, stepMicros: number): string {
  const digits = fractionDigits(stepMicros)
  if (digits === 0) return ''
  return `.${pad(micros, 6).slice(0, digits)}`
}

/** One time to the millisecond, as the axis writes it. */
export function exactTime(timeS: number, clock: 'relative' | 'absolute', originS: number): string {
  const millis = 1e3
  if (clock === 'relative') {
    return relativeLabel(Math.round((timeS - originS) * millis) * millis, millis)
  }
  const date = new Date(Math.round(timeS * millis))
  const wholeS = Math.floor(date.getTime() / millis)
  return absoluteLabel(date.getTime() / millis, (date.getTime() - wholeS * millis) * millis, millis)
}

function absoluteTicks(viewport: Viewport, stepMicros: number): Tick[] {
  const start = new Date(viewport.startS * 1e3)
  if (stepMicros >= DAY_S * MICROS) return dayTicks(start, viewport, stepMicros)
  // From local midnight on: steps of hours fall on hours in every time zone.
  const midnight = new Date(start.getFullYear(), start.getMonth(), start.getDate())
  const midnightS = midnight.getTime() / 1e3
  const stepS = stepMicros / MICROS
  const first = Math.ceil((viewport.startS - midnightS) / stepS)
  const last = Math.floor((viewport.endS - midnightS) / stepS)
  const ticks: Tick[] = []
  for (let at = first; at <= last; at++) {
    const micros = at * stepMicros
    const timeS = midnightS + micros / MICROS
    const label = absoluteLabel(timeS, micros % MICROS, stepMicros)
    ticks.push({ timeS, label })
  }
  return ticks
}

function absoluteLabel(timeS: number, micros: number, stepMicros: number): string {
  const date = new Date(Math.round(timeS * 1e6 - micros) / 1e3)
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
  if (time === '00:00:00' && micros === 0 && stepMicros >= MINUTE_S * MICROS) return dayLabel(date)
  return `${time}${fraction(micros, stepMicros)}`
}

/** Days are counted by the calendar: with daylight saving some have 23 hours. */
function dayTicks(start: Date, viewport: Viewport, stepMicros: number): Tick[] {
  const days = Math.round(stepMicros / MICROS / DAY_S)
  const epochDay = Math.floor(
    Date.UTC(start.getFullYear(), start.getMonth(), start.getDate()) / (DAY_S * 1e3),
  )
  const ticks: Tick[] = []
  for (let skip = (days - (epochDay % days)) % days; ; skip += days) {
    const date = new Date(start.getFullYear(), start.getMonth(), start.getDate() + skip)
    const timeS = date.getTime() / 1e3
    if (timeS > viewport.endS) return ticks
    if (timeS >= viewport.startS) ticks.push({ timeS, label: dayLabel(date, days >= 182) })
  }
}

const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})

function dayLabel(date: Date, withYear = false): string {
  return (withYear ? DAY_OF_YEAR : DAY).format(date)
}

function pad(value: number, width = 2): string {
  return `${value}`.padStart(width, '0')
}
