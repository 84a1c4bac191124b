/** Logs that are hard to pair: each kind grows with `count`. */
import type { AgentEvent, JsonValue } from '../line/event.ts'

type Fields = Readonly<Record<string, JsonValue>>
type Add = (type: string, timestamp: number, metadata: Fields, writer?: number) => void

export interface HardEvent {
  readonly event: AgentEvent
  readonly writer: number
}

/** Calls `step` for each number below `count`, ascending. */
const up = (count: number, step: (index: number) => void) => {
  for (let index = 0; index < count; index++) step(index)
}

const openThenClosed = (fields: (index: number) => Fields) => (count: number, add: Add) => {
  up(count, (i) => add('tool_call_start', i, fields(i)))
  up(count, (i) => add('tool_call_end', count + i, fields(i)))
}

const KINDS = {
  'starts without ids, then ends': openThenClosed(() => ({ tool: 'x' })),
  'starts without ids': (count, add) => up(count, (i) => add('tool_call_start', i, {})),
  'ends without ids': (count, add) => up(count, (i) => add('tool_call_end', i, { tool: 'x' })),
  'a scope for each span': openThenClosed((i) => ({ tool: `t${i}`, agent_name: `a${i % 97}` })),
  'a scope for each start, ends without one': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { tool: `t${i}` }))
    up(count, (i) => add('tool_call_end', count + i, {}))
  },
  'a scope for each end': (count, add) => {
    up(count, (i) => add('tool_call_start', i, {}))
    up(count, (i) => add('tool_call_end', count + i, { tool: `t${i}` }))
  },
  'ends of other scopes': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { tool: `t${i}` }))
    up(count, (i) => add('tool_call_end', count + i, { tool: `u${i}` }))
  },
  'scopes closed, then orphans': (count, add) => {
    up(count, (i) => {
      add('tool_call_start', 2 * i, { tool: `t${i}` })
      add('tool_call_end', 2 * i + 1, { tool: `t${i}` })
    })
    up(count, (i) => add('tool_call_end', 2 * count + i, {}))
  },
  'a scope for each parent': (count, add) => {
    up(count, (i) => add('agent_start', i, { agent_name: `a${i}` }))
    up(count, (i) => add('tool_call_start', count + i, { agent_name: `a${i}`, span_id: i }))
    up(count, (i) => add('tool_call_end', 2 * count + i, { span_id: i }))
  },
  'a scope for each parent, children without one': (count, add) => {
    up(count, (i) => add('agent_start', i, { agent_name: `a${i}` }))
    up(count, (i) => add('tool_call_start', count + i, { span_id: i }))
  },
  'points under many parents': (count, add) => {
    up(count, (i) => add('agent_start', i, { agent_name: `a${i}` }))
    up(count, (i) => add('retry_attempt', count + i, {}))
  },
  'updates of one span': (count, add) => {
    add('tool_call_start', 0, { span_id: 's' })
    up(count, (i) => add('span_update', i + 1, { span_id: 's', tool: `t${i}`, input_tokens: i }))
  },
  'updates of spans with one id': (count, add) => {
    up(count, (i) => {
      add('span_update', 4 * i, { span_id: 's' }, i % 3)
      add('tool_call_start', 4 * i + 1, { span_id: 's' }, i % 2)
      add('span_update', 4 * i + 2, { span_id: 's', tool: `t${i}` }, i % 3)
      add('tool_call_end', 4 * i + 3, { span_id: 's' }, i % 2)
    })
  },
  'many sets of keys': (count, add) => {
    const keys = [
      'run_id',
      'agent',
      'thread',
      'worker',
      'pid',
      'turn_id',
      'task_id',
      'tool',
      'name',
    ]
    const fields = (i: number) => keys.flatMap((key, bit) => (i & (1 << bit) ? [[key, 'x']] : []))
    up(count, (i) => add('wait_start', i, Object.fromEntries(fields(i % 500))))
    up(count, (i) => add('wait_end', count + i, Object.fromEntries(fields((i * 7) % 500))))
  },
  'one id starts': (count, add) => up(count, (i) => add('tool_call_start', i, { span_id: 's' })),
  'one id starts and ends': openThenClosed(() => ({ span_id: 's' })),
  'one id ends': (count, add) => up(count, (i) => add('tool_call_end', i, { span_id: 's' })),
  'one id ends before it starts': (count, add) => {
    up(count, (i) => add('tool_call_end', i, { span_id: 's' }))
    up(count, (i) => add('tool_call_start', count + i, { span_id: 's' }))
  },
  'one id in turn': (count, add) =>
    up(count, (i) => add(i % 2 === 0 ? 'tool_call_start' : 'tool_call_end', i, { span_id: 's' })),
  'one id, a scope for each span': openThenClosed((i) => ({ span_id: 's', tool: `t${i}` })),
  'one id, ends without scope': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { span_id: 's', tool: `t${i}` }))
    up(count, (i) => add('tool_call_end', count + i, { span_id: 's' }))
  },
  'two ids, one shared': openThenClosed((i) => ({ request_id: 'r', call_id: i })),
  'two ids, the end has the shared one': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { request_id: 'r', call_id: i }))
    up(count, (i) => add('tool_call_end', count + i, { request_id: 'r' }))
  },
  'two ids, the end differs in one': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { request_id: 'r', call_id: i }))
    up(count, (i) => add('tool_call_end', count + i, { request_id: 'r', call_id: -i - 1 }))
  },
  'two ids, ends before starts': (count, add) => {
    up(count, (i) => add('tool_call_end', i, { request_id: 'r', call_id: i }))
    up(count, (i) => add('tool_call_start', count + i, { request_id: 'r', call_id: i }))
  },
  'a chain of two ids': openThenClosed((i) => ({ request_id: i, call_id: i + (i % 2) })),
  'one id for spans and parents': (count, add) =>
    up(count, (i) => add('agent_start', i, { span_id: 's', parent_id: 's' })),
  'one id for ended parents': (count, add) => {
    up(count, (i) => {
      add('agent_start', 2 * i, { span_id: 's' })
      add('agent_end', 2 * i + 1, { span_id: 's' })
    })
    up(count, (i) => add('tool_call_start', 2 * count + i, { call_id: i, parent_id: 's' }))
  },
  'one id under another key than the parent': (count, add) => {
    up(count, (i) => add('agent_start', i, { call_id: 's' }))
    up(count, (i) => add('tool_call_start', count + i, { call_id: i, parent_span_id: 's' }))
  },
  'points with one id': (count, add) => {
    up(count, (i) => add('agent_start', i, { call_id: 's' }))
    up(count, (i) => add('error_classified', count + i, { span_id: 's' }))
  },
  'points with one id before its spans': (count, add) => {
    up(count, (i) => add('error_classified', i, { span_id: 's' }))
    up(count, (i) => add('agent_start', count + i, { span_id: 's' }))
  },
  'children before their parent': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { call_id: i, parent_id: 's' }))
    add('agent_start', count, { span_id: 's' })
  },
  'children before many parents of one id': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { call_id: i, parent_id: 's' }))
    up(count, (i) => add('agent_start', count + i, { span_id: 's' }))
  },
  deep: (count, add) => up(count, (i) => add('agent_start', i, { id: i, parent_id: i - 1 })),
  'deep, children first': (count, add) =>
    up(count, (i) => add('agent_start', i, { id: i, parent_id: i + 1 })),
  'a cycle': (count, add) =>
    up(count, (i) => add('agent_start', i, { id: i, parent_id: (i + 1) % count })),
  'cycles of two, then deep': (count, add) => {
    add('agent_start', 0, { id: 'a', parent_id: 'b' })
    add('agent_start', 1, { id: 'b' })
    up(count, (i) => add('agent_start', i + 2, { id: i, parent_id: i - 1 }))
  },
  'deep without ids': (count, add) => {
    up(count, (i) => add('agent_start', i, {}))
    up(count, (i) => add('tool_call_start', count + i, {}))
    up(count, (i) => add('agent_end', 2 * count + i, {}))
  },
  'time goes back': (count, add) =>
    up(count, (i) => {
      add('tool_call_start', count - i, { span_id: i })
      add('tool_call_end', count - i + 0.5, { span_id: i })
    }),
  'a kind for each span': (count, add) =>
    up(count, (i) => {
      add(`k${i}_start`, i, { span_id: i })
      add(`k${i}_end`, i + 0.5, { span_id: i })
    }),
  'an open kind for each span': (count, add) => {
    up(count, (i) => add(`k${i}_start`, i, {}))
    up(count, (i) => add('prefill_start', count + i, {}))
  },
  'a hundred open spans without ids': (count, add) =>
    up(count, (i) => {
      add('tool_call_start', i, {})
      if (i > 100) add('tool_call_end', i, {})
    }),
  'nested without ids': (count, add) => {
    up(count, (i) => add(`k${i % 3}_start`, i, { agent_name: `a${i % 7}` }))
    up(count, (i) => add(`k${i % 3}_end`, 2 * count - i, { agent_name: `a${i % 7}` }))
  },
  'one agent that ends over and over': (count, add) => {
    add('agent_start', 0, {})
    up(count, (i) => add('tool_call_start', i + 1, {}))
    up(count, (i) => {
      add('agent_end', count + 2 * i + 1, {})
      add('agent_start', count + 2 * i + 2, {})
    })
  },
  'a writer for each span': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { span_id: 1 }, i))
    up(count, (i) => add('tool_call_end', count + i, { span_id: 1 }, i))
  },
  'starts of one writer, ends of others': (count, add) => {
    up(count, (i) => add('tool_call_start', i, { span_id: 1 }, 0))
    up(count, (i) => add('tool_call_end', count + i, { span_id: 1 }, i))
  },
  'children of many writers': (count, add) => {
    up(count, (i) => add('agent_start', i, { span_id: 1 }, i))
    up(count, (i) => add('tool_call_start', count + i, { span_id: 2, parent_id: 1 }, i))
  },
} satisfies Record<string, (count: number, add: Add) => void>

export const HARD_KINDS = Object.keys(KINDS) as readonly (keyof typeof KINDS)[]

/** The events of a log of a kind, in order of arrival. */
export function hardLog(kind: keyof typeof KINDS, count: number): HardEvent[] {
  const events: HardEvent[] = []
  const make: (count: number, add: Add) => void = KINDS[kind]
  make(count, (event_type, timestamp, metadata, writer = 0) => {
    events.push({ event: { event_type, timestamp, metadata } as AgentEvent, writer })
  })
  return events
}
