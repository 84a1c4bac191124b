/**
 * A minimal relay to compare with: it sends each frame of a recorder to every viewer immediately and
 * acknowledges it. It keeps no log, so a viewer cannot join late, fall behind or reconnect.
 */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
/** @type {Set<import('ws').WebSocket>} */
const viewers = new Set()
server.on('connection', (socket, request) => {
  if (request.url?.startsWith('/watch') === true) {
    viewers.add(socket)
    socket.on('close', () => viewers.delete(socket))
    return
  }
  socket.send('{"ack":0}')
  let held = 0
  socket.on('message', (/** @type {Buffer} */ frame) => {
    const lines = frame.subarray(frame.indexOf(10) + 1)
    for (const viewer of viewers) viewer.send(lines)
    held += 64
    socket.send(`{"ack":${held}}`)
  })
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.(address?.port)
})
process.on('disconnect', () => process.exit(0))
