/**
 * The wire between recorders, the server and pages. Every package imports these definitions, so
 * that all sides agree on paths, frames and close codes.
 *
 * ```
 * recorder                              server                              page
 *    │ ── connect /record ─────────────▶ │ ◀───────────── connect /watch ── │
 *    │ ◀── {"ack": n, "maxLineBytes"} ── │ ── {"gen", "run"} ─────────────▶ │
 *    │ ── "n+1\n" + whole lines ───────▶ │ ── {"writer": id} ─────────────▶ │
 *    │ ◀──────────────────── {"ack": m} ─ │ ── u64be cursor + whole lines ─▶ │
 *    │ ── {"end": true} ───────────────▶ │ ── {"caughtUp": cursor} ───────▶ │
 *    │ ◀────────────────── {"end": true} │                                  │
 * ```
 *
 * Frames are text or binary. A frame that begins with `{` is a control frame, a JSON object. A
 * receiver ignores control frames and fields that it does not know: the other side may be newer.
 */
import type { RunInfo } from './run-info.ts'

/** The WebSocket subprotocol. */
export const SUBPROTOCOL = 'wattline.v1'

/** A browser cannot set headers of a WebSocket: it offers its token as a second subprotocol. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'wattline.token.'

export const DEFAULT_PORT = 9288

/** Query: `run`, `writer`, and optionally `name`. */
export const RECORD_PATH = '/record'
/** Query: `run`, and optionally `cursor` with `gen`. */
export const WATCH_PATH = '/watch'

/** Codes with which a WebSocket closes. {@link closeReaction} says what a client does then. */
export const CloseCode = {
  NORMAL: 1000,
  /** The server shuts down. */
  GOING_AWAY: 1001,
  /** The connection broke. Never sent: the WebSocket implementation reports it. */
  ABNORMAL: 1006,
  /** A text frame was not UTF-8. */
  INVALID_TEXT: 1007,
  /** A frame was longer than the server accepts. */
  TOO_LARGE: 1009,
  /** The log cannot be written or read now. */
  TRY_LATER: 1013,
  /** The frame or its request can never be accepted. */
  BAD_FRAME: 4400,
  /** There is no such run to watch. */
  NO_SUCH_RUN: 4404,
  /** The run is a file that the server only reads. */
  READ_ONLY: 4405,
  /** A newer connection of the same writer replaced this one. */
  REPLACED: 4409,
  /** The run was deleted. */
  DELETED: 4410,
} as const

/**
 * What a client does after its connection closed.
 *
 * - `retry`: reconnect after {@link reconnectDelayMs}, and send unacknowledged lines again.
 * - `split`: the same, but one line per frame until the refused line is found. That line is
 *   dropped and counted.
 * - `final`: do not reconnect.
 */
export type CloseReaction = 'retry' | 'split' | 'final'

/** The reaction to a close code. Codes that are not listed mean `retry`, which loses no event. */
export function closeReaction(code: number): CloseReaction {
  switch (code) {
    case CloseCode.INVALID_TEXT:
    case CloseCode.TOO_LARGE:
      return 'split'
    case CloseCode.BAD_FRAME:
    case CloseCode.NO_SUCH_RUN:
    case CloseCode.READ_ONLY:
    case CloseCode.REPLACED:
    case CloseCode.DELETED:
      return 'final'
    default:
      return 'retry'
  }
}

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 2000

/**
 * Milliseconds to wait before the next attempt to connect: doubles from 100 ms to 2 s. Half of it
 * is random, so that clients of a restarted server do not reconnect all together.
 *
 * @param attempt number of failed attempts so far, from 1.
 * @param random a number in [0, 1), such as `Math.random()`.
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const fullMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
  return fullMs * (0.5 + random / 2)
}

/** Closes a writer, from the recorder. The server answers with the same frame. */
export const END_FRAME = '{"end":true}'

/** What precedes the lines in a frame of a recorder. Lines are numbered from 1 by their writer. */
export function recordHeader(firstSeq: number): string {
  return `${firstSeq}\n`
}

/** Upper limit of the length of {@link recordHeader}. */
export const MAX_RECORD_HEADER_BYTES = 64

/** A control frame from the server to a recorder. */
export interface RecordReply {
  /** Number of the last line of this writer in the log; 0 for none. */
  readonly ack?: number | undefined
  /**
   * Only with the first ack of a connection: how many bytes of lines, newlines included, the server
   * accepts in one frame. It closes with {@link CloseCode.TOO_LARGE} on much longer frames.
   */
  readonly maxLineBytes?: number | undefined
  /** The writer is closed, and all of its lines are in the log. */
  readonly end?: boolean | undefined
}

export function encodeAck(ack: number, maxLineBytes?: number): string {
  return JSON.stringify({ ack, maxLineBytes })
}

/** Reads a control frame from the server to a recorder. Unreadable fields are undefined. */
export function parseRecordReply(text: string): RecordReply {
  try {
    const reply = JSON.parse(text) as Record<keyof RecordReply, unknown>
    return {
      ack: countOf(reply.ack),
      maxLineBytes: countOf(reply.maxLineBytes),
      end: reply.end === true,
    }
  } catch {
    // A later server may send other frames.
    return {}
  }
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** What precedes the lines in a frame of `/watch`: the cursor after them, as a big-endian u64. */
export const CURSOR_BYTES = 8

/** A control frame from the server to a viewer. */
export type WatchControl =
  /** The first frame. `gen` is the generation of the log. `now`: the server's clock, Unix seconds. */
  | { readonly gen: string; readonly run: RunInfo; readonly now: number }
  /** The cursor was not of this generation: the viewer forgets the log and reads from 0. */
  | { readonly reset: string }
  /** The lines that follow are of this writer. */
  | { readonly writer: string }
  /** All committed lines were sent. Repeated each time after the viewer was behind. */
  | { readonly caughtUp: number }
  /** The name, the state or a writer of the run changed. */
  | { readonly run: RunInfo; readonly now: number }
  /** A heartbeat with the current cursor, for pages: they cannot see WebSocket pings. */
  | { readonly beat: number; readonly now: number }

/** A control frame before a close, and the body of an HTTP error: what was expected, what came. */
export interface ErrorReply {
  readonly error: string
}
