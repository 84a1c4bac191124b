/** Adapts the browser's WebSocket to {@link Channel}. It answers pings but cannot send them. */
import { CloseCode, joinBytes, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '@wattline/trace'
import type { Channel, ChannelEvents, ChannelTarget } from './channel.ts'

/** How often a full socket is checked: `bufferedAmount` has no event. */
const DRAIN_POLL_MS = 20

export function connectBrowser(target: ChannelTarget, events: ChannelEvents): Channel {
  const protocols: string[] = [SUBPROTOCOL]
  if (target.token !== undefined) {
    // A browser sets no headers, so the token is a second subprotocol.
    protocols.push(TOKEN_SUBPROTOCOL_PREFIX + base64Url(target.token))
  }
  const socket = new WebSocket(target.url, protocols)
  let isClosed = false
  const finish = (code: number, reason: string) => {
    if (isClosed) return
    isClosed = true
    clearInterval(poll)
    events.close({ code, reason })
  }
  let poll: ReturnType<typeof setInterval> | undefined
  const checkDrained = () => {
    if (socket.bufferedAmount > 0) return
    clearInterval(poll)
    poll = undefined
    events.drain()
  }
  const send = (data: string | Uint8Array<ArrayBuffer>) => {
    if (socket.readyState !== WebSocket.OPEN) return
    socket.send(data)
    if (socket.bufferedAmount > 0) poll ??= setInterval(checkDrained, DRAIN_POLL_MS)
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
    sendBytes: (parts) => send(joinBytes(parts)),
    ping: () => false,
    close: () => socket.close(CloseCode.NORMAL),
    terminate: () => {
      socket.close()
      finish(CloseCode.ABNORMAL, 'terminated')
    },
  }
}

function base64Url(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const base64 = btoa(String.fromCharCode(...bytes))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
