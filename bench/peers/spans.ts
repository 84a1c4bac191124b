/**
 * Converts the spans of the log for the peers. Two peers draw one stack in which spans nest and never
 * cross, so concurrent spans are distributed over tracks in which they nest:
 *
 *     track 0   |---- agent ----------|      |-- agent --|
 *                 |- call -| |- call -|        |- call -|
 *     track 1        |- call -|                             would have crossed track 0
 *
 * The tracks follow each other on one time axis. Every span is on it once, with its name and duration.
 */
import { benchEvents, isStart } from '../lib/log.ts'

export interface PeerSpan {
  readonly name: string
  readonly startS: number
  endS: number
  depth: number
  track: number
}

interface Track {
  readonly stack: PeerSpan[]
}

/** Returns the spans in order of start; spans without an end last until the end of the log. */
export function collectSpans(count: number): PeerSpan[] {
  const spans: PeerSpan[] = []
  const open = new Map<unknown, PeerSpan>()
  let lastS = 0
  for (const { event_type: type, timestamp, metadata } of benchEvents(count)) {
    lastS = timestamp
    const id = metadata['span_id']
    const started = open.get(id)
    if (isStart({ event_type: type })) {
      const subject = metadata['tool'] ?? metadata['model'] ?? metadata['agent_name'] ?? ''
      const kind = type.slice(0, -'_start'.length)
      const name = typeof subject === 'string' ? `${kind} ${subject}` : kind
      const span = { name, startS: timestamp, endS: NaN, depth: 0, track: 0 }
      spans.push(span)
      open.set(id, span)
    } else if (started !== undefined && type.endsWith('_end')) {
      started.endS = timestamp
      open.delete(id)
    }
  }
  for (const span of open.values()) span.endS = lastS
  return nest(spans)
}

/** Gives each span the first track in which it is nested in, or follows, the spans there. */
function nest(spans: PeerSpan[]): PeerSpan[] {
  spans.sort((a, b) => a.startS - b.startS || b.endS - a.endS)
  const tracks: Track[] = []
  for (const span of spans) {
    let index = tracks.findIndex((track) => fits(track, span))
    if (index < 0) index = tracks.push({ stack: [] }) - 1
    const { stack } = tracks[index] as Track
    span.track = index
    span.depth = stack.push(span) - 1
  }
  return spans
}

function fits({ stack }: Track, { startS, endS }: PeerSpan): boolean {
  while ((stack.at(-1)?.endS ?? Infinity) <= startS) stack.pop()
  return (stack.at(-1)?.endS ?? Infinity) >= endS
}

/** Calls `open` and `close` in stack order, track after track, from time 0. */
export function walkStack(
  spans: readonly PeerSpan[],
  open: (span: PeerSpan, atS: number) => void,
  close: (span: PeerSpan, atS: number) => void,
): number {
  const tracks = 1 + spans.reduce((most, { track }) => Math.max(most, track), -1)
  let offsetS = 0
  for (let index = 0; index < tracks; index++) {
    const track = spans.filter((span) => span.track === index)
    const fromS = track[0]?.startS ?? 0
    const stack: PeerSpan[] = []
    const at = (timeS: number): number => offsetS + timeS - fromS
    let lastS = fromS
    const closeTop = (): void => {
      const top = stack.pop() as PeerSpan
      lastS = Math.max(lastS, top.endS)
      close(top, at(top.endS))
    }
    for (const span of track) {
      while (stack.length > span.depth) closeTop()
      stack.push(span)
      open(span, at(span.startS))
    }
    while (stack.length > 0) closeTop()
    offsetS = at(lastS)
  }
  return offsetS
}
