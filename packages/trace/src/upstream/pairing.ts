/**
 * Intelligence Per Watt's own pairing (`_pair_events`), for people who must compare numbers.
 *
 * One pending start a type: a later start of that type overwrites it, an end takes it. Ids and
 * metadata play no part, the order is that of the list, and what is left over is dropped. That is
 * wrong as soon as two spans of one type overlap, which is why Wattline pairs differently:
 *
 *     index   0 start A   1 start B   2 end A   3 end B
 *     pairs               └───────────────┘                 A's end closes B; B's end is lost
 */
import type { AgentEvent } from '../line/event.ts'

/** Positions of a start and of the end that closed it, in the list given. */
export type UpstreamPair = readonly [start: number, end: number]

/**
 * Pairs event types, or events, as upstream does. Pairs stand in the order of their ends.
 *
 * Every `_start` and `_end` counts, `trajectory_end` included, and as upstream does, the suffix is
 * taken out wherever it occurs: `a_start_start` and `a_end` are a pair.
 *
 * @example pairUpstream(['decode_start', 'decode_end', 'decode_end']) // [[0, 1]]
 */
export function pairUpstream(events: readonly (string | AgentEvent)[]): UpstreamPair[] {
  const pairs: UpstreamPair[] = []
  const pending = new Map<string, number>()
  for (const [index, event] of events.entries()) {
    const type = typeof event === 'string' ? event : event.event_type
    if (type.endsWith('_start')) {
      pending.set(type.replaceAll('_start', ''), index)
    } else if (type.endsWith('_end')) {
      const kind = type.replaceAll('_end', '')
      const start = pending.get(kind)
      if (start === undefined) continue
      pending.delete(kind)
      pairs.push([start, index])
    }
  }
  return pairs
}
