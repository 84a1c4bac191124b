/** A log of three writers with every kind of quality problem. */
import { encodeEvent, type Metadata } from '@wattline/trace'

export interface WrittenLines {
  readonly writer: string
  readonly text: string
}

const event = (event_type: string, timestamp: number, metadata: Metadata = {}): string =>
  `${encodeEvent({ event_type, timestamp, metadata })}\n`

/** Unix seconds. */
const T0 = 1_700_000_000

export const DOUBTFUL_LINES: readonly WrittenLines[] = [
  {
    writer: 'p',
    text: [
      // Two agents that run concurrently: an event without an id could belong to either.
      event('agent_start', T0, { agent_name: 'x', span_id: 'p1' }),
      event('agent_start', T0, { agent_name: 'y', span_id: 'p2' }),
      event('tool_call_start', T0 + 1, { tool: 'grep' }),
      event('tool_call_start', T0 + 2, { tool: 'grep' }),
      event('tool_call_end', T0 + 3, { tool: 'grep' }),
      event('recorder_dropped', T0 + 4, { count: 7 }),
      event('recorder_dropped', T0 + 5, { count: 1 }),
      'nonsense\n',
      '{"event_type": 7}\n',
    ].join(''),
  },
  {
    writer: 'coder-1',
    text: [
      event('turn_start', T0 + 2, { span_id: 'c1' }),
      event('turn_end', T0 + 3, { span_id: 'c1' }),
      event('retry_attempt', T0 + 3.5),
      event('lm_inference_end', T0 + 6, { span_id: 'gone' }),
      event('decode_start', T0 + 8, { span_id: 'c2' }),
      event('decode_end', T0 + 7, { span_id: 'c2' }),
      event('wait_start', (T0 + 9) * 1000, { span_id: 'c3' }),
      '{"cut off\n',
    ].join(''),
  },
  {
    writer: 'coder-10',
    text: [
      event('tool_call_start', T0 + 10, { span_id: 'q1', parent_id: 'q0' }),
      event('tool_call_end', T0 + 11, { span_id: 'q1' }),
      event('span_update', T0 + 11, { span_id: 'gone' }),
      event('retry_attempt', 0),
    ].join(''),
  },
]

/** The server's JSON of that run. */
export const DOUBTFUL_RUN = {
  id: 'doubtful',
  name: 'doubtful',
  state: 'lost',
  writers: [
    { id: 'p', name: 'planner', state: 'lost', lost: 0, duplicates: 4, clockBehindS: 3.2 },
    { id: 'coder-1', name: '', state: 'closed', lost: 6, duplicates: 0, clockBehindS: -3600 },
    { id: 'coder-10', name: '', state: 'closed', lost: 0, duplicates: null, clockBehindS: null },
  ],
}
