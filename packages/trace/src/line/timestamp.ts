/**
 * Converts times of log lines to Unix seconds. Writers use different units. The size of a number shows
 * its unit, because the same instant is a thousand times larger in each finer unit:
 *
 *     seconds      ms            µs            ns
 *     … 1e11 │ … 1e14 │ … 1e17 │ … 1e20        (1e11 s is the year 5138)
 *
 * Zero and negative seconds are valid and not rescaled: logs with a relative clock have them.
 */
import { describe } from './excerpt.ts'

/** The unit of a timestamp that was not written in seconds. */
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
 * Reads a line's `timestamp`. Nanoseconds do not fit into a float64, so their digits are read again from
 * `text`, which is the whole line.
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

/** Reads the `timestamp_ns` of a bus event, which is in nanoseconds whatever its size. */
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
 * The float64 of seconds that is nearest to the digits of the nanoseconds in the line. Above 2^53 ns (104
 * days after 1970) JSON.parse has rounded `ns` to a multiple of up to 256, and a division would round
 * again. Digits that do not round to `ns` are those of another field with this name and are not used.
 */
function exactSeconds(ns: number, field: RegExp, text: string): number {
  if (Number.isSafeInteger(ns)) return ns / 1e9
  const digits = field.exec(text)?.[1]
  if (digits === undefined || Number(digits) !== ns) return ns / 1e9
  return Number(`${digits.slice(0, -9)}.${digits.slice(-9)}`)
}
