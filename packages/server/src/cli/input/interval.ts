/** `--interval`: how often power is read. */
import { checkIntervalMs, DEFAULT_INTERVAL_MS } from '@wattline/power'
import { usageError } from '../errors.ts'
import { parseDurationS } from './settings.ts'

/** `100ms`, `0.5s`: 50 ms to 1 s, as milliseconds. */
export function parseIntervalMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_INTERVAL_MS
  const intervalMs = parseDurationS('--interval', text) * 1000
  try {
    return checkIntervalMs(intervalMs)
  } catch (error) {
    throw usageError(`--interval takes 50ms to 1s, not '${text}'.`, error)
  }
}
