/** Makes, merges and splits batches of lines. */
import type { Batch } from './sink.ts'

/** Small batches are merged up to this size: one write, one frame. */
export const BATCH_BYTES = 64 * 1024

const NEWLINE = 0x0a
const encoder = new TextEncoder()

export function makeBatch(text: string, count: number): Batch {
  return { bytes: encoder.encode(text), count }
}

export function mergeBatches(first: Batch, second: Batch): Batch {
  const bytes = new Uint8Array(first.bytes.length + second.bytes.length)
  bytes.set(first.bytes)
  bytes.set(second.bytes, first.bytes.length)
  return { bytes, count: first.count + second.count }
}

/**
 * Splits a batch between lines into batches of at most `maxBytes`. A single longer line becomes a
 * batch of its own.
 */
export function splitBatch({ bytes }: Batch, maxBytes: number): Batch[] {
  const parts: Batch[] = []
  let from = 0
  let to = 0
  let count = 0
  while (to < bytes.length) {
    const lineEnd = bytes.indexOf(NEWLINE, to) + 1
    if (count > 0 && lineEnd - from > maxBytes) {
      parts.push({ bytes: bytes.subarray(from, to), count })
      from = to
      count = 0
    }
    to = lineEnd
    count += 1
  }
  parts.push({ bytes: bytes.subarray(from, to), count })
  return parts
}

/** The event that shows in the log how many lines had to be dropped. */
export function droppedMarker(count: number, timestampS: number): Batch {
  const event = { event_type: 'recorder_dropped', timestamp: timestampS, metadata: { count } }
  return makeBatch(`${JSON.stringify(event)}\n`, 1)
}
