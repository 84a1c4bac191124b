import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameReader, Opcode, type Message } from './ws-frames.ts'

/** Unmasks a frame like a server, with a simple loop. */
function unmask(frame: Buffer): { opcode: number; payload: Buffer } {
  const short = (frame[1] as number) & 0x7f
  const at = short === 126 ? 4 : short === 127 ? 10 : 2
  const length =
    short === 126 ? frame.readUInt16BE(2) : short === 127 ? Number(frame.readBigUInt64BE(2)) : short
  const key = frame.subarray(at, at + 4)
  const payload = Buffer.from(frame.subarray(at + 4))
  expect(payload.length).toBe(length)
  for (let i = 0; i < payload.length; i++)
    payload[i] = (payload[i] as number) ^ (key[i % 4] as number)
  return { opcode: (frame[0] as number) & 0x0f, payload }
}

/** Encodes an unmasked frame of a server. */
function serverFrame(opcode: number, payload: Buffer, final = true): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([(final ? 0x80 : 0) | opcode, payload.length])
      : Buffer.from([(final ? 0x80 : 0) | opcode, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}

describe('encodeFrame', () => {
  it.each([0, 1, 5, 125, 126, 65_535, 65_536, 200_001])(
    'masks %i bytes according to RFC 6455',
    (length) => {
      const payload = Buffer.alloc(length, 'wattline')
      const frame = encodeFrame(
        Opcode.BINARY,
        [payload.subarray(0, 3), payload.subarray(3)],
        0x5a11_cafe | 0,
      )
      expect((frame[1] as number) & 0x80).toBe(0x80)
      expect(unmask(frame).opcode).toBe(Opcode.BINARY)
      expect(unmask(frame).payload.equals(payload)).toBe(true)
    },
  )
})

describe('FrameReader', () => {
  const message = fc.record({
    opcode: fc.constantFrom(Opcode.TEXT, Opcode.BINARY),
    parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
    pingBetween: fc.boolean(),
  })

  it('joins fragments with control frames between them, for chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        (sent, chunk) => {
          const bytes: Buffer[] = []
          const expected: Message[] = []
          for (const { opcode, parts, pingBetween } of sent) {
            for (const [i, part] of parts.entries()) {
              bytes.push(
                serverFrame(i === 0 ? opcode : 0, Buffer.from(part), i === parts.length - 1),
              )
              if (pingBetween && i === 0) {
                bytes.push(serverFrame(Opcode.PING, Buffer.from('hi')))
                if (parts.length > 1)
                  expected.push({ opcode: Opcode.PING, payload: Buffer.from('hi') })
              }
            }
            expected.push({ opcode, payload: Buffer.concat(parts) })
            if (pingBetween && parts.length === 1)
              expected.push({ opcode: Opcode.PING, payload: Buffer.from('hi') })
          }
          const all = Buffer.concat(bytes)
          const reader = new FrameReader(10_000)
          const got: Message[] = []
          for (let at = 0; at < all.length; at += chunk)
            got.push(...reader.push(all.subarray(at, at + chunk)))
          expect(got.map(({ opcode, payload }) => [opcode, payload.toString('hex')])).toEqual(
            expected.map(({ opcode, payload }) => [opcode, payload.toString('hex')]),
          )
        },
      ),
    )
  })

  it.each([
    ['reserved bits', Buffer.from([0xc1, 0])],
    ['a mask', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ['a lone continuation', Buffer.from([0x80, 0])],
    ['a fragmented ping', Buffer.from([0x09, 0])],
    [
      'a message inside another',
      Buffer.concat([serverFrame(1, Buffer.from('a'), false), serverFrame(1, Buffer.from('b'))]),
    ],
    ['too much', Buffer.from([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0])],
  ])('rejects %s', (_, bytes) => {
    expect(() => new FrameReader(1_000).push(bytes)).toThrow(/WebSocket/)
  })
})
