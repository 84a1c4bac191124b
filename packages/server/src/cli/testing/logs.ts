/** Logs for tests: short ones made here, and a folder of larger ones where it is at hand. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NATIVE = fileURLToPath(new URL('../../../../../../shared/logs/native', import.meta.url))

/** Whether the optional fixture folder is there; tests that need it are skipped without it. */
export const hasNativeLogs = existsSync(NATIVE)

/** Path of a log in the optional fixture folder. */
export function nativeLog(name: string): string {
  return `${NATIVE}/${name}`
}

/** Lines of a log from short events: `['tool_call_start', 1, { tool: 'grep' }]`. */
export function logText(events: readonly (readonly [string, number, object?])[]): string {
  return events
    .map(([event_type, timestamp, metadata = {}]) =>
      JSON.stringify({ event_type, timestamp, metadata }),
    )
    .map((line) => `${line}\n`)
    .join('')
}
