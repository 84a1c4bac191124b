/**
 * Frames with lines. Control frames, which begin with `{`, are defined in `@wattline/trace`.
 *
 * ```
 * /record   "<first sequence number>\n" + whole lines
 * /watch    u64be cursor after the lines + whole lines
 * ```
 */
import { isUtf8 } from 'node:buffer'
import { CURSOR_BYTES } from '@wattline/trace'
import { countLines } from '../files/line-count.ts'
import type { LogChunk } from '../storage/store.ts'

const LF = 10
const BRACE = 0x7b
const MAX_SEQ_DIGITS = 16

export interface RecordFrame {
  readonly firstSeq: number
  readonly lines: Buffer
  readonly count: number
}

export function isControl(frame: Buffer): boolean {
  return frame[0] === BRACE
}

/**
 * Checks framing and UTF-8. The lines are not parsed.
 *
 * @returns the frame, or a sentence that describes the problem.
 */
export function parseRecordFrame(frame: Buffer, isText: boolean): RecordFrame | string {
  const headerEnd = frame.subarray(0, MAX_SEQ_DIGITS + 1).indexOf(LF)
  const header = frame.toString('latin1', 0, Math.max(0, headerEnd))
  const firstSeq = /^\d+$/.test(header) ? Number(header) : 0
  if (firstSeq < 1 || !Number.isSafeInteger(firstSeq)) {
    return 'expected a frame to begin with the number of its first line (from 1) and a newline'
  }
  const lines = frame.subarray(headerEnd + 1)
  if (lines.length === 0 || lines[lines.length - 1] !== LF) {
    return 'expected a frame to contain whole lines, each ended by a newline'
  }
  // The WebSocket layer has checked text frames.
  if (!isText && !isUtf8(lines)) return 'expected lines in UTF-8'
  return { firstSeq, lines, count: countLines(lines) }
}

export interface WatchFrame {
  readonly bytes: Buffer
  /** Number of lines. */
  readonly count: number
}

/** Frames by chunk: viewers of the same chunk share its frame. */
const watchFrames = new WeakMap<LogChunk, WatchFrame>()

/** The frame that sends a chunk to viewers. */
export function watchFrame(chunk: LogChunk): WatchFrame {
  const known = watchFrames.get(chunk)
  if (known !== undefined) return known
  const bytes = Buffer.allocUnsafe(CURSOR_BYTES + chunk.bytes.length)
  bytes.writeBigUInt64BE(BigInt(chunk.cursor), 0)
  bytes.set(chunk.bytes, CURSOR_BYTES)
  const frame = { bytes, count: countLines(chunk.bytes) }
  watchFrames.set(chunk, frame)
  return frame
}
