/**
 * A proxy for machines without nginx: `node node-proxy.mjs PORT SERVER_PORT documented|rewritten|bare`
 * serves `http://127.0.0.1:SERVER_PORT/` at `/wattline/`.
 */
import http from 'node:http'
import net from 'node:net'

const [port = '', serverPort = '', setting] = process.argv.slice(2)
const PREFIX = '/wattline'

/** @param {http.IncomingMessage} request */
function headersFor({ headers, socket }) {
  const host = setting === 'documented' ? headers.host : `127.0.0.1:${serverPort}`
  const forwarded = { 'x-forwarded-for': socket.remoteAddress, 'x-forwarded-proto': 'http' }
  const passed = { ...headers, host, ...forwarded }
  if (setting !== 'bare') return passed
  return { ...passed, connection: 'close', upgrade: undefined }
}

/** @param {http.IncomingMessage} request */
function pathFor({ url = '' }) {
  return url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : undefined
}

/** @param {http.OutgoingHttpHeaders} headers */
function withoutUndefined(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
}

/**
 * @param {import('node:stream').Duplex} from
 * @param {import('node:stream').Duplex} to
 */
function pass(from, to) {
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
  from.pipe(to)
}

const server = http.createServer((request, response) => {
  const path = pathFor(request)
  if (path === undefined) return response.writeHead(404).end()
  const { method } = request
  const headers = withoutUndefined(headersFor(request))
  const upstream = http.request({ host: '127.0.0.1', port: serverPort, method, path, headers })
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    // Without it, the headers of an answer wait for its first byte.
    response.flushHeaders()
    answer.pipe(response)
  })
  upstream.on('error', () => response.destroy())
  response.on('close', () => upstream.destroy())
  request.pipe(upstream)
})
server.on('upgrade', (request, socket) => {
  const upstream = net.connect(Number(serverPort), '127.0.0.1')
  pass(socket, upstream)
  pass(upstream, socket)
  const headers = withoutUndefined(headersFor(request))
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  const path = pathFor(request) ?? '/'
  upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'))
