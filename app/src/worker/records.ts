/** Spans as the JSON lines of `wattline spans --json`, for copying, downloading and comparing. */
import type { Span, Trace } from '@wattline/trace'
import { spansIn } from './answers.ts'
import type { Ask } from './protocol.ts'

/** Until trace has `spanRecord`. */
export async function spanRecords(
  trace: Trace,
  ask: Ask<'records'>,
  _readRaw: (position: number) => Promise<Uint8Array>,
): Promise<string> {
  return chosen(trace, ask).map((span) => JSON.stringify({ kind: span.kind })).join('\n')
}

function chosen(trace: Trace, { slots, startS, endS }: Ask<'records'>): readonly Span[] {
  if (slots !== undefined) return slots.flatMap((slot) => trace.spans[slot] ?? [])
  if (startS !== undefined && endS !== undefined) return spansIn(trace.spans, startS, endS)
  return trace.spans
}
