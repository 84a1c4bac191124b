/** A minimal /record server in its own process: counts lines and acknowledges them. */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.send('{"ack":0}')
  socket.on('message', (/** @type {Buffer} */ frame) => {
    if (frame[0] === 0x7b) {
      socket.send('{"end":true}')
      return
    }
    const headEnd = frame.indexOf(10)
    let last = Number(frame.toString('latin1', 0, headEnd)) - 1
    for (let at = frame.indexOf(10, headEnd + 1); at !== -1; at = frame.indexOf(10, at + 1))
      last += 1
    socket.send(`{"ack":${last}}`)
  })
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.(address?.port)
})
process.on('disconnect', () => process.exit(0))
