/** A WebSocket as the socket sink needs it: Node's own client and the browser's look the same. */

export interface ChannelEvents {
  open(): void
  message(text: string): void
  /** Anything arrived, pongs included: the other side lives. */
  alive(): void
  /** There is room to send again after `bufferedBytes` was high. */
  drain(): void
  /** Once, and last. `reason` says what went wrong before it was open, or why it was closed. */
  close(code: number, reason: string): void
}

export interface Channel {
  /** Bytes accepted for sending and not yet handed to the system. */
  readonly bufferedBytes: number
  /** One text frame. */
  sendText(text: string): void
  /** One binary frame of all the parts. */
  sendBytes(parts: readonly Uint8Array[]): void
  /** Asks for a sign of life; false where the platform cannot ask. */
  ping(): boolean
  /** Says goodbye; `close` follows. */
  close(): void
  /** Cuts the line; `close` follows. */
  terminate(): void
}

export interface ChannelTarget {
  /** `ws://` or `wss://`. */
  readonly url: string
  readonly token?: string | undefined
}

export type Connect = (target: ChannelTarget, events: ChannelEvents) => Channel

export const SUBPROTOCOL = 'wattline.v1'

/** Close codes used on the wire. */
export const CloseCode = {
  NORMAL: 1000,
  ABNORMAL: 1006,
  /** The server cannot take what we send, now or later. */
  BAD_FRAME: 4400,
  /** The run is a file that the server only reads. */
  READ_ONLY: 4405,
  RUN_DELETED: 4410,
} as const
