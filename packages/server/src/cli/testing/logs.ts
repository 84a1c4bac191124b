/** Logs for tests: short ones built from tuples, and paths of the recorded ones. */
import { fileURLToPath } from 'node:url'

const FIXTURES = new URL('../../../../trace/fixtures/', import.meta.url)

/** Path of a recorded log in `packages/trace/fixtures`. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, FIXTURES))
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
