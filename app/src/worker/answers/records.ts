/** Spans as the JSON lines of `wattline spans --json`, to copy and to download. */
import {
  costOf,
  overlaidMetadata,
  parseLine,
  spanRecord,
  type Metadata,
  type Span,
  type Trace,
} from '@wattline/trace'
import { isIn } from './answers.ts'
import type { Params } from '../../model/answers.ts'

export interface RecordSource {
  readonly trace: Trace
  readonly groupOf: (span: Span) => string | undefined
  readonly readRaw: (position: number) => Promise<Uint8Array>
}

/** One line per span, in the order of the log. */
export async function spanRecords(
  source: RecordSource,
  params: Params<'records'>,
): Promise<string> {
  const lines: string[] = []
  // Sequentially, since neighbors are usually in the same block of the file.
  const span = source.trace.spanView()
  for (const slot of chosen(source.trace, params)) {
    span.slot = slot
    const parts: Metadata[] = []
    for (const position of [span.startPosition, ...span.updatePositions]) {
      parts.push(await metadataAt(source, position))
    }
    const end =
      span.endPosition === undefined ? undefined : await metadataAt(source, span.endPosition)
    const cost = costOf(source.trace, span)
    const record = spanRecord(span, overlaidMetadata(parts), end, source.groupOf(span), cost)
    lines.push(JSON.stringify(record))
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** What calls do, by slot; null = their arguments do not tell. */
export async function callDetails(
  source: Pick<RecordSource, 'trace' | 'readRaw'>,
  slots: readonly number[],
): Promise<(string | null)[]> {
  // Loaded when labels are painted, not before the first bars.
  const { callDetail } = await import('@wattline/trace/detail')
  const details: (string | null)[] = []
  const span = source.trace.spanView()
  for (const slot of slots) {
    if (slot >= source.trace.spanCount) {
      details.push(null)
      continue
    }
    span.slot = slot
    details.push(callDetail(span.kind, await metadataAt(source, span.startPosition)) ?? null)
  }
  return details
}

async function metadataAt(
  { readRaw }: Pick<RecordSource, 'readRaw'>,
  position: number,
): Promise<Metadata> {
  const line = parseLine(new TextDecoder().decode(await readRaw(position)))
  return line.type === 'event' ? line.event.metadata : {}
}

function* chosen(
  trace: Trace,
  { slots, startS, endS }: Params<'records'>,
): Generator<number, void, void> {
  if (slots !== undefined) {
    for (const slot of slots) if (slot < trace.spanCount) yield slot
    return
  }
  const isRange = startS !== undefined && endS !== undefined
  for (const span of trace.eachSpan()) if (!isRange || isIn(span, startS, endS)) yield span.slot
}
