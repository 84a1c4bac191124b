/** Detects dead peers: a half-open connection never closes by itself. */
import type { ErrorReply } from '@wattline/trace'
import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** Records a sign of life other than a message, ping or pong, such as a drained buffer. */
  seen(): void
}

/**
 * Pings the peer, and terminates the connection before `silenceMs` pass without a sign of life.
 * Measures time by the monotonic clock, so that setting the wall clock has no effect.
 */
export function keepAlive(socket: WebSocket, everyMs: number, silenceMs: number): Heartbeat {
  let seenMs = performance.now()
  let checkedMs = seenMs
  const seen = () => {
    seenMs = performance.now()
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    // This process was suspended, and may not have received the peer's messages.
    if (nowMs - checkedMs > everyMs + silenceMs / 2) seenMs = nowMs
    checkedMs = nowMs
    if (nowMs - seenMs > silenceMs - everyMs) socket.terminate()
    else socket.ping()
  }, everyMs).unref()
  socket.on('message', seen)
  socket.on('pong', seen)
  socket.on('ping', seen)
  socket.once('close', () => clearInterval(timer))
  return { seen }
}

/** Sends the reason, then closes. The reason in the close frame is cut to its limit of 123 bytes. */
export function refuse(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(JSON.stringify({ error: reason } satisfies ErrorReply))
  let short = reason
  while (Buffer.byteLength(short) > 123) short = short.slice(0, -1)
  socket.close(code, short)
}
