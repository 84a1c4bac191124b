/**
 * Frames of the wire, subprotocol `wattline.v1`. A frame that begins with `{` is control.
 *
 * ```
 * /record   "<first sequence number>\n" + whole lines
 * /watch    u64be cursor after the lines   + whole lines
 * ```
 */
import { isUtf8 } from 'node:buffer'
import { CURSOR_BYTES } from '@wattline/trace'
import type { LogChunk } from '../storage/store.ts'

const LF = 10
const BRACE = 0x7b
const MAX_HEADER_DIGITS = 16

export interface RecordFrame {
  readonly firstSeq: number
  readonly lines: Buffer
  readonly count: number
}

export function isControl(frame: Buffer): boolean {
  return frame[0] === BRACE
}

/**
 * Checks framing and UTF-8 without looking into the lines.
 *
 * @returns the frame, or a sentence that says what is wrong with it.
 */
export function parseRecordFrame(frame: Buffer, isText: boolean): RecordFrame | string {
  const headerEnd = frame.subarray(0, MAX_HEADER_DIGITS + 1).indexOf(LF)
  const header = frame.toString('latin1', 0, Math.max(0, headerEnd))
  const firstSeq = /^\d+$/.test(header) ? Number(header) : 0
  if (firstSeq < 1 || !Number.isSafeInteger(firstSeq)) {
    return 'expected a frame to begin with the number of its first line (from 1) and a newline'
  }
  const lines = frame.subarray(headerEnd + 1)
  if (lines.length === 0 || lines[lines.length - 1] !== LF) {
    return 'expected a frame to hold whole lines, each ended by a newline'
  }
  // The WebSocket layer has checked text frames.
  if (!isText && !isUtf8(lines)) return 'expected lines in UTF-8'
  return { firstSeq, lines, count: countLines(lines) }
}

function countLines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) count += 1
  return count
}

export interface WatchFrame {
  readonly bytes: Buffer
  /** Lines in it. */
  readonly count: number
}

/** Frames of chunks that several viewers get: built once. */
const watchFrames = new WeakMap<LogChunk, WatchFrame>()

/** The chunk as viewers get it. */
export function watchFrame(chunk: LogChunk): WatchFrame {
  const known = watchFrames.get(chunk)
  if (known !== undefined) return known
  const built = { bytes: withCursor(chunk), count: countLines(chunk.bytes) }
  watchFrames.set(chunk, built)
  return built
}

function withCursor(chunk: LogChunk): Buffer {
  const frame = Buffer.allocUnsafe(CURSOR_BYTES + chunk.bytes.length)
  frame.writeBigUInt64BE(BigInt(chunk.cursor), 0)
  frame.set(chunk.bytes, CURSOR_BYTES)
  return frame
}
