/** Logs for tests: `['tool_call', 1, 3, { tool: 'grep' }]` is a span from 1 to 3 s. */
import { encodeEvent, type Metadata } from '@wattline/trace'

/** Kind, start, end (undefined: none), metadata of the start line and of the end line. */
export type SpanRow = readonly [
  kind: string,
  startS: number,
  endS?: number | undefined,
  start?: Metadata,
  end?: Metadata,
]

/** The start of the logs, Unix seconds. */
export const T0 = 1_700_000_000

interface Line {
  readonly timeS: number
  readonly text: string
}

/** The lines in the order of time, each with its newline. Each span gets an id. */
export function logLines(rows: readonly SpanRow[]): string[] {
  return rows
    .flatMap(([kind, startS, endS, start = {}, end = {}], index): Line[] => {
      const id = { span_id: `s${index}` }
      const first = line(`${kind}_start`, startS, { ...id, ...start })
      return endS === undefined ? [first] : [first, line(`${kind}_end`, endS, { ...id, ...end })]
    })
    .sort((a, b) => a.timeS - b.timeS)
    .map(({ text }) => text)
}

export function logText(rows: readonly SpanRow[]): string {
  return logLines(rows).join('')
}

/** One line; `timeS` counts from {@link T0}. */
function line(eventType: string, timeS: number, metadata: Metadata = {}): Line {
  const event = { event_type: eventType, timestamp: T0 + timeS, metadata }
  return { timeS, text: `${encodeEvent(event)}\n` }
}
