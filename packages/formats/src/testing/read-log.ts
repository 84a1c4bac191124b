/** Test support: converts bytes of a log and pairs the native lines. */
import {
  LogDecoder,
  SpanFlag,
  Trace,
  type AgentEvent,
  type Metadata,
  type Span,
  overlaidMetadata,
} from '@wattline/trace'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { openLog, type Companions } from '../open.ts'
import type { Coverage } from '../read/coverage.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()
export const utf8 = {
  decode: (bytes: Uint8Array) => decoder.decode(bytes),
  encode: (text: string) => encoder.encode(text),
}

const SRC = path.join(import.meta.dirname, '..')

export interface SourceLine extends AgentEvent {
  readonly source: { readonly file: string; readonly line: number; readonly entry?: string }
}

/** A span with the metadata of its start, its updates and its end, and with its parent's id. */
export interface ReadSpan {
  readonly span: Span
  readonly metadata: Metadata
}

export interface ReadLog {
  /** `native`, `refused`, `unknown`, or the id of the format. */
  readonly format: string
  readonly lines: readonly SourceLine[]
  readonly spans: readonly ReadSpan[]
  readonly trace: Trace
  readonly coverage: Coverage | undefined
}

export interface ReadOptions {
  /** Bytes per chunk. */
  readonly chunkBytes?: number
  readonly file?: string
  readonly companions?: Companions
}

/** Reads a file beside the sources, such as the example of a format. */
export async function readExample(name: string, options: ReadOptions = {}): Promise<ReadLog> {
  const bytes = await readFile(path.join(SRC, name))
  return readBytes(bytes, { file: path.basename(name), ...options })
}

export async function readText(text: string, options: ReadOptions = {}): Promise<ReadLog> {
  return readBytes(encoder.encode(text), options)
}

export async function readBytes(bytes: Uint8Array, options: ReadOptions = {}): Promise<ReadLog> {
  const { chunkBytes = 64 * 1024, file = 'log.jsonl', companions } = options
  const opened = await openLog(chunksOf(bytes, chunkBytes), { file, utf8, companions })
  const parts: Uint8Array[] = []
  if ('chunks' in opened) for await (const chunk of opened.chunks) parts.push(chunk.slice())
  const native = Buffer.concat(parts)
  const isConverted = opened.kind === 'converted'
  return {
    format: isConverted ? opened.format.id : opened.kind,
    ...pairedLines(isConverted ? native : new Uint8Array(0)),
    coverage: isConverted ? opened.coverage() : undefined,
  }
}

export async function* chunksOf(
  bytes: Uint8Array,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    yield bytes.subarray(from, from + chunkBytes)
  }
}

/** Reads native lines and pairs them. */
function pairedLines(native: Uint8Array): Pick<ReadLog, 'lines' | 'spans' | 'trace'> {
  const trace = new Trace()
  const metadata = new Map<number, Metadata>()
  new LogDecoder({ decode: utf8.decode }).push(native, (line, position) => {
    if (line.type !== 'event') throw new Error(`a converted line is ${JSON.stringify(line)}`)
    metadata.set(position, line.event.metadata)
    trace.add(line.event, position)
  })
  trace.closeWriters()
  trace.flush()
  const texts = native.length === 0 ? [] : utf8.decode(native).trimEnd().split('\n')
  const spans = trace.spans.map((span) => ({
    span,
    metadata: {
      ...overlaidMetadata(
        [span.startPosition, ...span.updatePositions].map((at) => metadata.get(at) ?? {}),
      ),
      ...(span.endPosition === undefined ? {} : metadata.get(span.endPosition)),
    },
  }))
  return { lines: texts.map((text) => JSON.parse(text) as SourceLine), spans, trace }
}

/**
 * The spans in order of start: kind, subject, seconds since the first event, error, kind of the parent.
 * For example `tool_call Read 6.5–7 < agent`.
 */
export function summaryOf({ spans, lines }: ReadLog): string[] {
  const firstS = Math.min(...lines.map(({ timestamp }) => timestamp))
  const seconds = (timeS: number): number => Math.round((timeS - firstS) * 1e4) / 1e4
  return spans
    .toSorted(({ span: a }, { span: b }) => a.startS - b.startS)
    .map(({ span: { kind, subject, startS, durationS, error, flags, parent } }) =>
      [
        kind,
        subject ?? '',
        `${seconds(startS)}–${durationS === undefined ? '' : seconds(startS + durationS)}`,
        ...((flags & SpanFlag.CANCELLED) === 0 ? [] : ['cancelled']),
        ...(error === undefined ? [] : [`error: ${error}`]),
        ...(parent === undefined ? [] : [`< ${parent.kind}`]),
      ].join(' '),
    )
}
