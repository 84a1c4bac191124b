/** Notices peers that are gone without a word: a half-open connection never closes by itself. */
import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** Notes a sign of life that is not a message or a pong, such as a drained buffer. */
  seen(): void
}

/**
 * Pings the peer and cuts the connection before `silenceMs` pass without any sign of life. Time is
 * taken from the monotonic clock: a wall clock that is set must cut nobody.
 */
export function keepAlive(socket: WebSocket, everyMs: number, silenceMs: number): Heartbeat {
  let seenMs = performance.now()
  let lookedMs = seenMs
  const seen = () => {
    seenMs = performance.now()
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    // This process itself stood still: the peer may have spoken, unheard.
    if (nowMs - lookedMs > everyMs + silenceMs / 2) seenMs = nowMs
    lookedMs = nowMs
    if (nowMs - seenMs > silenceMs - everyMs) socket.terminate()
    else socket.ping()
  }, everyMs).unref()
  socket.on('message', seen)
  socket.on('pong', seen)
  socket.on('ping', seen)
  socket.once('close', () => clearInterval(timer))
  return { seen }
}

/** Says why, then closes. A reason of the closing handshake has room for 123 bytes only. */
export function refuse(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(JSON.stringify({ error: reason }))
  let short = reason
  while (Buffer.byteLength(short) > 123) short = short.slice(0, -1)
  socket.close(code, short)
}
