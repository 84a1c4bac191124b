/** Reads a file of telemetry, whichever form it has: samples as JSON lines, or a power tool's table. */
import type { TelemetrySample } from '../event.ts'
import { LogDecoder, type Decode } from '../jsonl.ts'
import { parseLine } from '../parse.ts'
import { readTelemetryCsv } from './telemetry-csv.ts'

export interface TelemetryFile {
  readonly samples: readonly TelemetrySample[]
  /** Lines count from 1. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[]
}

/** Whether a file that begins like this holds telemetry and no events. */
export function isTelemetry(head: string): boolean {
  const [first = ''] = head.split(/\r?\n/, 1)
  return parseLine(first).type === 'sample' || !('reason' in readTelemetryCsv(first))
}

/**
 * Reads it from chunks of its bytes, cut anywhere; `decode` throws on what is not UTF-8.
 *
 * @returns its samples, which may be none, or the reason why it is no table that is known.
 */
export async function readTelemetry(
  chunks: AsyncIterable<Uint8Array>,
  decode: Decode,
): Promise<TelemetryFile | { readonly reason: string }> {
  const samples: TelemetrySample[] = []
  const unreadable: { line: number; reason: string }[] = []
  const decoder = new LogDecoder({ decode })
  let table: Uint8Array[] | undefined
  let isFirst = true
  for await (const chunk of chunks) {
    if (isFirst) table = beginsAsLine(chunk) ? undefined : []
    isFirst = false
    table?.push(chunk)
    if (table !== undefined) continue
    decoder.push(chunk, (line, _position, lineNumber) => {
      if (line.type === 'sample') samples.push(line.sample)
      if (line.type === 'malformed') unreadable.push({ line: lineNumber, reason: line.reason })
    })
  }
  return table === undefined ? { samples, unreadable } : readTable(table, decode)
}

const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d])
const BOM = [0xef, 0xbb, 0xbf] as const

/** By its first byte that is neither white space nor of a byte order mark. */
function beginsAsLine(chunk: Uint8Array): boolean {
  const from = BOM.every((byte, at) => chunk[at] === byte) ? BOM.length : 0
  return chunk.subarray(from).find((byte) => !WHITE.has(byte)) === 0x7b
}

function readTable(
  chunks: readonly Uint8Array[],
  decode: Decode,
): TelemetryFile | { readonly reason: string } {
  let text: string
  try {
    text = decode(joined(chunks))
  } catch {
    return { reason: 'expected UTF-8, got bytes that are not' }
  }
  return readTelemetryCsv(text)
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
