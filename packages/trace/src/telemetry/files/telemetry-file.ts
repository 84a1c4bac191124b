/** Reads a telemetry file: samples as JSON lines, or a CSV table of a power tool. */
import { joinBytes } from '../../line/join-bytes.ts'
import type { Decode, TelemetrySample } from '../../line/event.ts'
import { LogDecoder } from '../../line/log-decoder.ts'
import { parseLine } from '../../line/parse.ts'
import { readTelemetryCsv, type TelemetryRecords } from './telemetry-csv.ts'

/** Whether a file with this beginning contains telemetry and no events. */
export function isTelemetry(head: string): boolean {
  const [first = ''] = head.split(/\r?\n/, 1)
  return parseLine(first).type === 'sample' || !('reason' in readTelemetryCsv(first))
}

/**
 * Reads a file from chunks of bytes. `decode` must throw for bytes that are not UTF-8.
 *
 * @returns its samples, which may be none, or the reason why the file cannot be read.
 */
export async function readTelemetry(
  chunks: AsyncIterable<Uint8Array>,
  decode: Decode,
): Promise<TelemetryRecords | { readonly reason: string }> {
  const samples: TelemetrySample[] = []
  const unreadable: { line: number; reason: string }[] = []
  const decoder = new LogDecoder({ decode })
  const readLines = (chunk: Uint8Array): void =>
    decoder.push(chunk, (line, _position, lineNumber) => {
      if (line.type === 'sample') samples.push(line.sample)
      if (line.type === 'malformed') unreadable.push({ line: lineNumber, reason: line.reason })
    })
  // Chunks before the format is known, and all chunks of a table, which is read as a whole.
  const pending: Uint8Array[] = []
  let isLines: boolean | undefined
  for await (const chunk of chunks) {
    isLines ??= startsWithObject(chunk)
    pending.push(chunk)
    if (isLines === true) for (const part of pending.splice(0)) readLines(part)
  }
  return isLines === true ? { samples, unreadable } : readTable(pending, decode)
}

/** Bytes of whitespace and of a byte order mark. */
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])
const OPEN_OBJECT = 0x7b

/** Whether the first byte that is not blank starts an object; undefined = all are blank. */
function startsWithObject(chunk: Uint8Array): boolean | undefined {
  const first = chunk.find((byte) => !BLANK.has(byte))
  return first === undefined ? undefined : first === OPEN_OBJECT
}

function readTable(
  chunks: readonly Uint8Array[],
  decode: Decode,
): TelemetryRecords | { readonly reason: string } {
  let text: string
  try {
    text = decode(joinBytes(chunks))
  } catch {
    return { reason: 'expected UTF-8, got bytes that are not' }
  }
  return readTelemetryCsv(text)
}
