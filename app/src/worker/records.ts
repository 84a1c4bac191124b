/** Spans as the JSON lines of `wattline spans --json`, for copying, downloading and comparing. */
import { parseLine, spanRecord, type Metadata, type Span } from '@wattline/trace'
import { spansIn } from './answers.ts'
import type { Ask } from './protocol.ts'

export interface RecordSource {
  readonly spans: readonly Span[]
  readonly groupOf: (span: Span) => string | undefined
  readonly readRaw: (position: number) => Promise<Uint8Array>
}

/** One JSON object a span and a line, in the order of the log. */
export async function spanRecords(source: RecordSource, ask: Ask<'records'>): Promise<string> {
  const lines: string[] = []
  // One after the other: neighbours lie in the same block of the file.
  for (const span of chosen(source.spans, ask)) {
    const start = await metadataAt(source, span.startPosition)
    const end =
      span.endPosition === undefined ? undefined : await metadataAt(source, span.endPosition)
    lines.push(JSON.stringify(spanRecord(span, start, end, source.groupOf(span))))
  }
  return lines.map((line) => `${line}\n`).join('')
}

async function metadataAt({ readRaw }: RecordSource, position: number): Promise<Metadata> {
  const line = parseLine(new TextDecoder().decode(await readRaw(position)))
  return line.type === 'event' ? line.event.metadata : {}
}

function chosen(spans: readonly Span[], { slots, startS, endS }: Ask<'records'>): readonly Span[] {
  if (slots !== undefined) return slots.flatMap((slot) => spans[slot] ?? [])
  if (startS !== undefined && endS !== undefined) return spansIn(spans, startS, endS)
  return spans
}
