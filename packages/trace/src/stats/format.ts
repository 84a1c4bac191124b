/**
 * Formats numbers for people: three significant digits without trailing zeros. A value is rounded
 * before its unit is chosen, so there is no "1000 ms" or "60 s". Tooltips and `--json` show exact values.
 *
 * Unknown values (undefined, NaN) are `–`, infinity is `∞`, and negative values have a `−`.
 */

import type { CostSource } from './prices.ts'
import { isBlank } from '../line/hidden-characters.ts'

const UNKNOWN = '–'
const MINUS = '−'

/** Renders a finite value ≥ 0. */
type Render = (value: number) => string

function render(value: number | undefined, finite: Render): string {
  if (value === undefined || Number.isNaN(value)) return UNKNOWN
  const magnitude = value === Infinity || value === -Infinity ? '∞' : finite(Math.abs(value))
  return value < 0 && /[1-9∞]/.test(magnitude) ? `${MINUS}${magnitude}` : magnitude
}

/** Rounds to `digits` significant digits, at least to an integer, without exponent or trailing zeros. */
function significant(value: number, digits: number): string {
  const [, exponent] = value.toExponential(digits - 1).split('e')
  const decimals = Math.max(digits - 1 - Number(exponent), 0)
  return trimZeros(value.toFixed(Math.min(decimals, 20)))
}

/**
 * Uses the first unit in which the rounded value is below 1000. Each unit is 1000 times the last, the
 * first is 10^`exponent`.
 */
function scaled(value: number, units: readonly string[], exponent = 0): string {
  const texts = units.map((_, at) => significant(value / Number(`1e${exponent + 3 * at}`), 3))
  const fitting = texts.findIndex((text) => Number(text) < 1000)
  const at = fitting < 0 ? units.length - 1 : fitting
  return `${texts[at]} ${units[at]}`.trimEnd()
}

/**
 * A duration in seconds: `42 µs`, `850 ms`, `8.9 s`, `1:12`, `1:04:31`, `2 d 4 h`. One minute or more
 * has the format of a clock. Less than half a nanosecond is `0 s`.
 */
export function formatDuration(seconds: number | undefined): string {
  return render(seconds, (value) => {
    if (value < 0.5e-9) return '0 s'
    if (value < 59.95) return scaled(value, ['ns', 'µs', 'ms', 's'], -9)
    const wholeS = Math.round(value)
    const minutes = Math.floor(wholeS / 60)
    if (minutes < 60) return `${minutes}:${pad2(wholeS % 60)}`
    const hours = Math.floor(minutes / 60)
    if (hours < 24) return `${hours}:${pad2(minutes % 60)}:${pad2(wholeS % 60)}`
    const wholeH = Math.round(value / 3600)
    return `${Math.floor(wholeH / 24)} d ${wholeH % 24} h`
  })
}

const COUNTS = ['', 'k', 'M', 'G', 'T']

/** A count: `7`, `999`, `48.1 k`, `1.2 M`. */
export function formatCount(count: number | undefined): string {
  return render(count, (value) => {
    const whole = Math.round(value)
    return whole < 1000 ? `${whole}` : scaled(value, COUNTS)
  })
}

/** US dollars: `$0`, `$0.0042`, `$0.318`, `$12.40`, `$48.1 k`; below a millionth `<$0.000001`. */
export function formatCost(usd: number | undefined): string {
  return render(usd, (value) => {
    if (value === 0) return '$0'
    if (value < 1e-6) return '<$0.000001'
    if (value < 0.995) return `$${padCents(significant(value, value < 0.1 ? 2 : 3))}`
    return value < 999.995 ? `$${value.toFixed(2)}` : `$${scaled(value, COUNTS)}`
  })
}

/**
 * A cost in a column of costs: `$0.092`, `$1.280`, `<$0.001`. Three decimals below $1000, so that the
 * rows can be compared.
 */
export function formatCostInColumn(usd: number | undefined): string {
  if (usd === undefined || !(usd >= 0 && usd < 1000)) return formatCost(usd)
  return usd > 0 && usd < 0.0005 ? '<$0.001' : `$${usd.toFixed(3)}`
}

/** What stands before a cost that is not logged. */
export const COST_MARKS: Readonly<Record<CostSource, string>> = {
  logged: '',
  estimated: '≈ ',
  'lower-bound': '≥ ',
}

/** Joules: `0 J`, `318 mJ`, `48.1 J`, `2.1 kJ`, `1.3 MJ`. */
export function formatJoules(joules: number | undefined): string {
  return render(joules, (value) => withPrefix(value, 'J'))
}

/** Watts: `0 W`, `318 mW`, `71.5 W`, `1.2 kW`. */
export function formatWatts(watts: number | undefined): string {
  return render(watts, (value) => withPrefix(value, 'W'))
}

function withPrefix(value: number, unit: string): string {
  if (value < 0.5e-6) return `0 ${unit}`
  const names = ['µ', 'm', '', 'k', 'M', 'G'].map((prefix) => `${prefix}${unit}`)
  return scaled(value, names, -6)
}

/** Bytes, in powers of 1000: `0 B`, `512 B`, `48.1 kB`, `1.2 GB`. */
export function formatBytes(bytes: number | undefined): string {
  return render(bytes, (value) => {
    const whole = Math.round(value)
    return whole < 1000 ? `${whole} B` : scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'])
  })
}

/** A time in seconds since the start of a run: `0:12.318`, `1:12.318`, `1:04:31.250`. */
export function formatClock(seconds: number | undefined, decimals = 3): string {
  return render(seconds, (value) => {
    const rounded = Number(value.toFixed(decimals))
    const hours = Math.floor(rounded / 3600)
    const minutes = Math.floor(rounded / 60) % 60
    const rest = (rounded % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0')
    return hours > 0 ? `${hours}:${pad2(minutes)}:${rest}` : `${minutes}:${rest}`
  })
}

/** The model in a Python repr: `OpenAIChat(id='Qwen/Qwen3-8B', …)`. */
const REPR = /^[\w.]+\(.*?\b(?:id|model|model_id|model_name|name)=(['"])(.+?)\1/s

/**
 * Shortens a subject for a bar: takes the model name from a repr (`OpenAIChat(id='Qwen/…')`) or a path
 * (`Qwen/Qwen3-8B`). Other texts, URLs and absolute paths stay unchanged.
 *
 * @example shortModel("OpenAIChat(id='Qwen/Qwen3-8B', name='OpenAIChat')") // 'Qwen3-8B'
 */
export function shortModel(subject: string | undefined): string {
  if (subject === undefined || isBlank(subject)) return UNKNOWN
  const name = REPR.exec(subject)?.[2] ?? subject
  // Only a plain relative path is shortened.
  if (/\s/.test(name) || name.includes('://')) return name
  return /^(?:[\w.@-]+\/)+([\w.:@-]+)$/.exec(name)?.[1] ?? name
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function padCents(text: string): string {
  return text.padEnd(text.indexOf('.') + 3, '0')
}

function pad2(value: number): string {
  return `${value}`.padStart(2, '0')
}

/** A label with what the call does: `Read · routes.ts`. */
export function labelWithDetail(label: string, detail: string | undefined): string {
  return detail === undefined || detail === label ? label : `${label} · ${detail}`
}
