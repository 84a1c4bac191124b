/** Times for people: since the run's first event, or of the day where the reader is. */
import { formatClock } from '@wattline/trace'

/** `00:01:12.318`, or `14:03:51.207`. Unix seconds. */
export function formatTime(timeS: number, firstS: number, clock: 'relative' | 'absolute'): string {
  if (Number.isNaN(timeS)) return '–'
  return clock === 'relative' ? formatClock(timeS - firstS) : formatTimeOfDay(timeS)
}

function formatTimeOfDay(timeS: number): string {
  const date = new Date(timeS * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** Exact, for a tooltip: ISO date and time in UTC and the log's own number. */
export function exactTime(timeS: number): string {
  const date = new Date(timeS * 1000)
  const iso = Number.isNaN(date.getTime()) ? '–' : date.toISOString()
  return `${iso} · ${timeS.toFixed(6)} s`
}

/** `just now`, `5 min ago`, `yesterday 14:03`, `3 Mar 14:03`. */
export function formatSince(timeS: number, nowS: number): string {
  const agoS = nowS - timeS
  if (agoS < 10) return 'just now'
  if (agoS < 60) return `${Math.floor(agoS)} s ago`
  if (agoS < 3600) return `${Math.floor(agoS / 60)} min ago`
  const date = new Date(timeS * 1000)
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  if (agoS < 86_400 && new Date(nowS * 1000).getDate() === date.getDate()) return `today ${time}`
  const day = date.toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
  return `${day}, ${time}`
}

/** A run's age as a stop watch shows it: `04:31`, `1:04:31`; below a minute with tenths: `3.2 s`. */
export function formatElapsed(seconds: number): string {
  if (!(seconds >= 0)) return '–'
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`
  const whole = Math.floor(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

/** Figures with what they count, for people: `1 span`, `1,204 spans`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${plural(count, noun)}`
}

/** `span` of one, else `spans`. */
export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}
