/**
 * Encodes and decodes WebSocket frames of a client (RFC 6455, section 5), without a socket.
 *
 * ```
 *  byte 0      byte 1        2 or 8 bytes        4 bytes     rest
 *  FIN opcode  MASK length7  length16 / 64       mask        payload, masked by the client
 * ```
 */

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const

/** Offset of the payload: a multiple of four with room for the longest header. */
const PAYLOAD_AT = 16

/**
 * Encodes one final, masked frame. Its payload is the concatenation of `parts`; `maskKey` is four
 * random bytes as a 32-bit integer.
 */
export function encodeFrame(opcode: number, parts: readonly Uint8Array[], maskKey: number): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const padded = PAYLOAD_AT + Math.ceil(length / 4) * 4
  const buffer = Buffer.allocUnsafeSlow(padded)
  let at = PAYLOAD_AT
  for (const part of parts) {
    buffer.set(part, at)
    at += part.length
  }
  // Mask four bytes at a time. The padding after the payload is not sent.
  const words = new Int32Array(buffer.buffer, PAYLOAD_AT, (padded - PAYLOAD_AT) / 4)
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ maskKey
  const keyAt = PAYLOAD_AT - 4
  new Int32Array(buffer.buffer, keyAt, 1)[0] = maskKey
  return buffer.subarray(writeHeader(buffer, opcode, length, keyAt), PAYLOAD_AT + length)
}

/** Writes the header so that it ends at `endAt`; returns the offset where it begins. */
function writeHeader(buffer: Buffer, opcode: number, length: number, endAt: number): number {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const at = endAt - extended - 2
  buffer[at] = 0x80 | opcode
  buffer[at + 1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) buffer.writeUInt16BE(length, at + 2)
  if (extended === 8) buffer.writeBigUInt64BE(BigInt(length), at + 2)
  return at
}

export interface Message {
  readonly opcode: number
  readonly payload: Buffer
}

/** Decodes a server's bytes into messages: fragments are joined, control frames come separately. */
export class FrameReader {
  readonly #maxBytes: number
  #rest: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #fragmentOpcode: number = Opcode.CONTINUATION

  /** A message longer than `maxBytes` is an error. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Returns the messages completed by `chunk`. Throws an Error if the server breaks RFC 6455. */
  push(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Message[] = []
    while (true) {
      const frame = this.#takeFrame()
      if (frame === undefined) return messages
      const message = this.#join(frame)
      if (message !== undefined) messages.push(message)
    }
  }

  #takeFrame(): (Message & { readonly final: boolean }) | undefined {
    const rest = this.#rest
    if (rest.length < 2) return undefined
    const first = rest[0] as number
    const second = rest[1] as number
    if ((first & 0x70) !== 0) throw new Error('WebSocket: a frame with reserved bits')
    if ((second & 0x80) !== 0) throw new Error('WebSocket: a masked frame from the server')
    const short = second & 0x7f
    const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10
    if (rest.length < headerBytes) return undefined
    const length =
      short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
    if (length > this.#maxBytes) throw new Error(`WebSocket: a frame of ${length} bytes`)
    if (rest.length < headerBytes + length) return undefined
    this.#rest = rest.subarray(headerBytes + length)
    const payload = rest.subarray(headerBytes, headerBytes + length)
    return { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload }
  }

  #join(frame: Message & { readonly final: boolean }): Message | undefined {
    if (frame.opcode >= Opcode.CLOSE) {
      if (!frame.final || frame.payload.length > 125)
        throw new Error('WebSocket: a bad control frame')
      return frame
    }
    const continues = frame.opcode === Opcode.CONTINUATION
    if (continues !== this.#fragments.length > 0)
      throw new Error('WebSocket: fragments out of order')
    if (!continues) this.#fragmentOpcode = frame.opcode
    this.#fragments.push(frame.payload)
    const size = this.#fragments.reduce((sum, part) => sum + part.length, 0)
    if (size > this.#maxBytes)
      throw new Error(`WebSocket: a message of over ${this.#maxBytes} bytes`)
    if (!frame.final) return undefined
    const payload = Buffer.concat(this.#fragments)
    this.#fragments = []
    return { opcode: this.#fragmentOpcode, payload }
  }
}
