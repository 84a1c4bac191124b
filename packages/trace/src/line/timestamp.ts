/**
 * Times of log lines as Unix seconds. Writers differ in units; a number's size tells which one it
 * is, because the same instant is a thousand times larger in each finer unit:
 *
 *     seconds      ms            µs            ns
 *     … 1e11 │ … 1e14 │ … 1e17 │ … 1e20        (1e11 s is the year 5138)
 *
 * Zero and negative seconds are legal and never rescaled: logs with a relative clock have them.
 */
import { describe } from './excerpt.ts'

/** The unit a timestamp was written in when it was not seconds. */
export type TimeUnit = 'ms' | 'us' | 'ns'

export interface Time {
  readonly seconds: number
  readonly rescaled: TimeUnit | undefined
}

export type ParsedTime = Time | { readonly reason: string }

const MAX_S = 1e11
const TIMESTAMP = /"timestamp"\s*:\s*(\d{10,21})(?![\d.eE])/
const TIMESTAMP_NS = /"timestamp_ns"\s*:\s*(\d{10,21})(?![\d.eE])/

/**
 * Reads a line's `timestamp`. `text` is the line itself: nanoseconds do not fit a float64, so that
 * their digits are read again from it.
 */
export function parseTimestamp(value: unknown, text: string): ParsedTime {
  if (typeof value !== 'number') {
    return { reason: `expected timestamp to be a number of Unix seconds, got ${describe(value)}` }
  }
  if (!(value >= -MAX_S && value <= 1e20)) {
    return { reason: `expected timestamp to be Unix seconds, got ${value}` }
  }
  if (value > 1e17) return { seconds: exactSeconds(value, TIMESTAMP, text), rescaled: 'ns' }
  if (value > 1e14) return { seconds: value / 1e6, rescaled: 'us' }
  if (value > MAX_S) return { seconds: value / 1e3, rescaled: 'ms' }
  return { seconds: value, rescaled: undefined }
}

/** Reads the `timestamp_ns` of a bus event: nanoseconds whatever its size. */
export function parseTimestampNs(value: unknown, text: string): ParsedTime {
  if (typeof value !== 'number') {
    return { reason: `expected timestamp_ns to be a number of nanoseconds, got ${describe(value)}` }
  }
  if (!(Math.abs(value) <= 1e20)) {
    return { reason: `expected timestamp_ns to be Unix nanoseconds, got ${value}` }
  }
  return { seconds: exactSeconds(value, TIMESTAMP_NS, text), rescaled: undefined }
}

/**
 * Nanoseconds → the float64 of seconds nearest to the digits in the line. Above 2^53 ns (104 days
 * after 1970) JSON.parse has rounded `ns` to a multiple of up to 256; dividing would round again.
 * Digits that do not round to `ns` belong to another field of the same name and are not used.
 */
function exactSeconds(ns: number, field: RegExp, text: string): number {
  if (Number.isSafeInteger(ns)) return ns / 1e9
  const digits = field.exec(text)?.[1]
  if (digits === undefined || Number(digits) !== ns) return ns / 1e9
  return Number(`${digits.slice(0, -9)}.${digits.slice(-9)}`)
}
