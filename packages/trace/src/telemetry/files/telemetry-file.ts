/** Reads a file of telemetry, whichever form it has: samples as JSON lines, or a power tool's table. */
import type { TelemetrySample } from '../../line/event.ts'
import type { Decode } from '../../line/event.ts'
import { LogDecoder } from '../../line/log-decoder.ts'
import { parseLine } from '../../line/parse.ts'
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
  const readLines = (chunk: Uint8Array): void =>
    decoder.push(chunk, (line, _position, lineNumber) => {
      if (line.type === 'sample') samples.push(line.sample)
      if (line.type === 'malformed') unreadable.push({ line: lineNumber, reason: line.reason })
    })
  // What cannot be told yet, and then a table, which is read as a whole.
  const held: Uint8Array[] = []
  let isLines: boolean | undefined
  for await (const chunk of chunks) {
    isLines ??= beginsAsLines(chunk)
    held.push(chunk)
    if (isLines === true) for (const part of held.splice(0)) readLines(part)
  }
  return isLines === true ? { samples, unreadable } : readTable(held, decode)
}

/** Bytes of white space and of a byte order mark. */
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])
const OPEN_OBJECT = 0x7b

/** By the first byte that says something; undefined = none does. */
function beginsAsLines(chunk: Uint8Array): boolean | undefined {
  const first = chunk.find((byte) => !BLANK.has(byte))
  return first === undefined ? undefined : first === OPEN_OBJECT
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
