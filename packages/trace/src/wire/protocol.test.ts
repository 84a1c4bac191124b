import { expect, test } from 'vitest'
import {
  CloseCode,
  closeReaction,
  encodeAck,
  END_FRAME,
  parseRecordReply,
  reconnectDelayMs,
} from './protocol.ts'

test('clients reconnect unless the server refused them permanently', () => {
  const reactions = Object.values(CloseCode).map((code) => [code, closeReaction(code)])
  expect(Object.fromEntries(reactions)).toEqual({
    1000: 'retry',
    1001: 'retry',
    1006: 'retry',
    1007: 'split',
    1009: 'split',
    1013: 'retry',
    4400: 'final',
    4404: 'final',
    4405: 'final',
    4409: 'final',
    4410: 'final',
  })
  expect(closeReaction(4999)).toBe('retry')
})

test('the reconnect delay doubles from 100 ms to 2 s, half of it random', () => {
  const longest = [1, 2, 3, 4, 5, 6, 5000].map((attempt) => reconnectDelayMs(attempt, 1))
  expect(longest).toEqual([100, 200, 400, 800, 1600, 2000, 2000])
  expect(reconnectDelayMs(1, 0)).toBe(50)
})

test('parses the replies that the server encodes', () => {
  expect(parseRecordReply(encodeAck(7))).toEqual({ ack: 7, end: false })
  expect(parseRecordReply(encodeAck(0, 1024))).toEqual({ ack: 0, maxLineBytes: 1024, end: false })
  expect(parseRecordReply(END_FRAME)).toEqual({ end: true })
})

test('ignores unknown and unreadable replies', () => {
  expect(parseRecordReply('{"ack":-1,"later":1}')).toEqual({ end: false })
  expect(parseRecordReply('{"ack":')).toEqual({})
  expect(parseRecordReply('null')).toEqual({})
})
