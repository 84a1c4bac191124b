/** The browser's own WebSocket as a {@link Channel}. It answers pings by itself and cannot ask. */
import {
  CloseCode,
  SUBPROTOCOL,
  type Channel,
  type ChannelEvents,
  type ChannelTarget,
} from './channel.ts'

/** A browser sets no headers: the token travels as a second subprotocol, in base64url. */
const TOKEN_PREFIX = 'wattline.token.'

/** `bufferedAmount` has no event; this is how often a full socket is looked at again. */
const DRAIN_POLL_MS = 20

export function connectBrowser(target: ChannelTarget, events: ChannelEvents): Channel {
  const protocols = [SUBPROTOCOL]
  if (target.token !== undefined) protocols.push(TOKEN_PREFIX + base64Url(target.token))
  const socket = new WebSocket(target.url, protocols)
  let closed = false
  const finish = (code: number, reason: string) => {
    if (closed) return
    closed = true
    clearInterval(poll)
    events.close(code, reason)
  }
  /** Looks after a full socket until it is empty. */
  let poll: ReturnType<typeof setInterval> | undefined
  const look = () => {
    if (socket.bufferedAmount > 0) return
    clearInterval(poll)
    poll = undefined
    events.drain()
  }
  const send = (data: string | Uint8Array<ArrayBuffer>) => {
    if (socket.readyState !== WebSocket.OPEN) return
    socket.send(data)
    if (socket.bufferedAmount > 0) poll ??= setInterval(look, DRAIN_POLL_MS)
  }
  socket.addEventListener('open', () => events.open())
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    events.alive()
    if (typeof event.data === 'string') events.message(event.data)
  })
  socket.addEventListener('close', (event) => finish(event.code, event.reason))
  return {
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    sendText: send,
    sendBytes: (parts) => send(joined(parts)),
    ping: () => false,
    close: () => socket.close(CloseCode.NORMAL),
    terminate: () => {
      socket.close()
      finish(CloseCode.ABNORMAL, 'cut off')
    },
  }
}

function base64Url(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
