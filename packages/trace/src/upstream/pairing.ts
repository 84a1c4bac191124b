/**
 * The pairing of Intelligence Per Watt (`_pair_events`), for comparing numbers.
 *
 * There is one pending start for each type: a later start of the type overwrites it, an end takes it.
 * Ids and metadata are ignored, the order is that of the list, and unpaired events are dropped. That
 * is wrong if two spans of one type overlap, so Wattline pairs differently by default:
 *
 *     index   0 start A   1 start B   2 end A   3 end B
 *     pairs               └───────────────┘                 A's end closes B; B's end is lost
 */
import type { AgentEvent } from '../line/event.ts'

/** Indexes of a start and its end in the given list. */
export type UpstreamPair = readonly [start: number, end: number]

/**
 * Pairs event types or events like upstream. Pairs are in the order of their ends.
 *
 * Every `_start` and `_end` counts, also `trajectory_end`. The suffix is removed wherever it occurs:
 * `a_start_start` and `a_end` are a pair.
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
