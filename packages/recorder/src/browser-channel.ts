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
  const poll = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount === 0) events.drain()
  }, DRAIN_POLL_MS)
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
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN)
        socket.send(data as Uint8Array<ArrayBuffer> | string)
    },
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
