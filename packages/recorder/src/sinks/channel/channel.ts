/** The WebSocket interface that the socket sink uses, implemented for Node and for browsers. */

export interface ChannelEvents {
  open(): void
  message(text: string): void
  /** Called when anything arrives, pongs included: the other side is alive. */
  alive(): void
  /** Called when there is room to send again after `bufferedBytes` was high. */
  drain(): void
  /** The last event, called once. */
  close(event: ChannelClose): void
}

export interface ChannelClose {
  readonly code: number
  /** Why the connection was closed or could not be opened; may be empty. */
  readonly reason: string
  /** The HTTP status, if the server refused the connection. Browsers do not report it. */
  readonly status?: number | undefined
}

export interface Channel {
  /** Bytes accepted for sending and not yet passed to the system. */
  readonly bufferedBytes: number
  /** Sends one text frame. */
  sendText(text: string): void
  /** Sends one binary frame that contains all the parts. */
  sendBytes(parts: readonly Uint8Array[]): void
  /** Sends a ping; returns false on platforms without pings. */
  ping(): boolean
  /** Starts the closing handshake; `close` follows. */
  close(): void
  /** Closes the connection immediately; `close` follows. */
  terminate(): void
  /**
   * Handles messages without the event loop until `isDone` returns true, at most `timeoutMs`. For the
   * end of the process. Absent on platforms that cannot do so; on Node, does nothing for `wss:`.
   */
  receiveNow?(isDone: () => boolean, timeoutMs: number): void
}

export interface ChannelTarget {
  /** `ws://` or `wss://`. */
  readonly url: string
  readonly token?: string | undefined
}

export type Connect = (target: ChannelTarget, events: ChannelEvents) => Channel
