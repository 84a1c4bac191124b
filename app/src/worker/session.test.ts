// @vitest-environment node
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { FromWorker } from './protocol.ts'
import { Session } from './session.ts'

const RUN = '{"run":{"id":"r1","state":"live"}}'
let stop: (() => void) | undefined

afterEach(() => {
  stop?.()
  vi.unstubAllGlobals()
})

/** A span's start as a message of the server. */
function start(cursor: number, at: number): Buffer {
  const line = `{"event_type":"tool_call_start","timestamp":${at},"metadata":{"tool":"t${at}"}}\n`
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(cursor + line.length))
  return Buffer.concat([head, Buffer.from(line)])
}

test('a page that has not taken in a patch gets no other one, and then all that was held back', async () => {
  vi.stubGlobal('WebSocket', WebSocket)
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const connected = new Promise<WebSocket>((resolve) => sockets.once('connection', resolve))
  const patches: number[] = []
  let wake: (type: FromWorker['type']) => void = () => undefined
  const says = (type: FromWorker['type']): Promise<void> =>
    new Promise((resolve) => (wake = (said) => void (said === type && resolve())))
  const session = new Session((message) => {
    if (message.type === 'patch') patches.push(message.patch.spans.slots.length)
    wake(message.type)
  }, 'agent')
  stop = () => {
    session.close()
    for (const socket of sockets.clients) socket.terminate()
    http.close()
  }
  const first = says('patch')
  session.watch('r1', `http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  const socket = await connected
  socket.send(start(0, 1))
  await first

  // Doubts are told long after a patch would have been, and after these have come.
  const told = says('quality')
  for (const at of [2, 3, 4]) socket.send(start(at * 100, at))
  socket.send(RUN)
  await told
  const later = says('quality')
  socket.send(RUN)
  await later
  expect(patches).toEqual([1])

  session.taken()
  expect(patches).toEqual([1, 3])
})
