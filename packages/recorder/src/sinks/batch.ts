/** Making, merging and reading batches of lines. */
import type { Batch } from './sink.ts'

/** A tick's lines, and what small batches are merged up to: one write, one frame. */
export const BATCH_BYTES = 64 * 1024

const encoder = new TextEncoder()

export function makeBatch(text: string, count: number): Batch {
  return { bytes: encoder.encode(text), count }
}

export function mergeBatches(batches: readonly Batch[]): Batch {
  const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.bytes.length, 0))
  let at = 0
  for (const batch of batches) {
    bytes.set(batch.bytes, at)
    at += batch.bytes.length
  }
  return { bytes, count: batches.reduce((sum, batch) => sum + batch.count, 0) }
}

/** The event that tells a reader of the log how many lines a full outbox had to give up. */
export function droppedMarker(count: number, timestampS: number): Batch {
  const event = { event_type: 'recorder_dropped', timestamp: timestampS, metadata: { count } }
  return makeBatch(`${JSON.stringify(event)}\n`, 1)
}
