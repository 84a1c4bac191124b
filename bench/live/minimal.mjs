/**
 * A minimal live viewer to compare with: a `ws` relay that parses nothing, and a page that parses each
 * line and fills one rectangle for it. Runs in its own process and sends its port to the parent.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const PAGE = `<!doctype html><title>minimal</title><body style="margin:0">
<main data-spans="0"><canvas width="1440" height="860"></canvas></main><script>
const canvas = document.querySelector('canvas'), context = canvas.getContext('2d')
context.fillStyle = '#fff'
context.fillRect(0, 0, 1440, 860)
let pending = [], spans = 0
const lanes = new Map()
const socket = new WebSocket('ws://' + location.host + '/watch')
socket.onmessage = ({ data }) => {
  for (const line of data.split('\\n')) pending.push(JSON.parse(line))
  requestAnimationFrame(draw)
}
function draw() {
  for (const { event_type: type, timestamp, metadata } of pending) {
    const isStart = type.endsWith('_start')
    if (isStart) spans++
    if (metadata.tool === 'probe' || String(metadata.span_id).startsWith('probe')) {
      // The row of the probes: a bar at the right edge while a probe is open.
      context.fillStyle = isStart ? '#b35900' : '#fff'
      context.fillRect(1200, 4, 200, 16)
      continue
    }
    if (!lanes.has(type)) lanes.set(type, 30 + lanes.size * 18)
    context.fillStyle = isStart ? '#2f6fd6' : '#8a93a3'
    context.fillRect((timestamp * 50) % 1440, lanes.get(type), 2, 16)
  }
  pending = []
  document.querySelector('main').dataset.spans = spans
}
</script>`

const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.end(PAGE)
})
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
/** @type {Set<import('ws').WebSocket>} */
const viewers = new Set()
sockets.on('connection', (socket, request) => {
  if (request.url === '/watch') {
    viewers.add(socket)
    socket.on('close', () => viewers.delete(socket))
    return
  }
  socket.on('message', (data) => {
    for (const viewer of viewers) viewer.send(data, { binary: false })
  })
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const address = server.address()
process.send?.(typeof address === 'object' ? address?.port : undefined)
process.on('disconnect', () => process.exit())
