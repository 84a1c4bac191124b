import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { Client, line, record, startServer } from '../testing/harness.ts'
import { Unfinished } from './unfinished.ts'

const MEBIBYTE = 1024 * 1024

function open(maxBytes: number) {
  const unfinished = new Unfinished(maxBytes, 2 ** 30)
  onTestFinished(() => unfinished.stop())
  const dropped: string[] = []
  const client = (name: string, isFinite = false) =>
    unfinished.open((reason) => dropped.push(`${name} ${reason}`), isFinite)
  return { unfinished, dropped, client }
}

test('drops the client that holds the most when the budget of all is used up', () => {
  const { unfinished, dropped, client } = open(100)
  const [a, b, c] = [client('a'), client('b'), client('c')]
  a.hold(30, 30)
  b.hold(60, 60)
  c.hold(10, 10)
  expect(dropped).toEqual([])
  c.hold(11, 1)
  expect([dropped, unfinished.bytes]).toEqual([['b full'], 41])
  b.hold(1000, 1000)
  expect(unfinished.bytes).toBe(41)
  a.hold(0, 0)
  c.release()
  expect(unfinished.bytes).toBe(0)
})

test('drops what stays unfinished and does not grow', () => {
  const { unfinished, dropped, client } = open(MEBIBYTE)
  const [idle, stuck, growing] = [client('idle'), client('stuck'), client('growing')]
  const body = client('body', true)
  idle.hold(0, 0)
  stuck.hold(10, 10)
  for (let sweep = 0; sweep < 3; sweep++) {
    growing.hold(100_000 * (sweep + 1), 100_000)
    unfinished.sweep()
  }
  expect(dropped).toEqual(['stuck stalled', 'body stalled'])
  body.release()
})

/** A request whose body does not end. */
function begin(url: string, body: string, headers: Record<string, string> = {}) {
  const outgoing = request(url, { method: 'POST', agent: false, headers })
  onTestFinished(() => void outgoing.destroy())
  const answer = new Promise<string>((resolve, reject) => {
    outgoing.on('response', (response) => {
      void text(response).then((body) => resolve(`${response.statusCode} ${body}`))
    })
    outgoing.on('error', reject)
  })
  outgoing.write(body)
  return answer
}

test('answers a body that does not go on with 408, and keeps its whole lines', async () => {
  const server = await startServer({ unfinishedTimeoutMs: 20 })
  const url = `${server.url}/api/runs/r/events`
  expect(await begin(url, `${line(1)}{"half`)).toMatch(/^408 .*did not arrive in time/)
  const headers = { 'content-length': '1000' }
  expect(await begin(url, line(2), headers)).toMatch(/^408 /)
  const log = await (await fetch(`${url}.jsonl`)).text()
  expect(log).toBe(line(1) + line(2))
})

test('bodies and frames share one budget, and small clients go on', async () => {
  const server = await startServer({ maxUnfinishedBytes: 3 * MEBIBYTE })
  const url = `${server.url}/api/runs/r/events`
  const small = record(server, 'r', 'small')
  await small.control('ack')
  const large = record(server, 'r', 'large')
  await large.control('ack')
  const fragment = Buffer.concat([Buffer.from('1\n'), Buffer.alloc(2 * MEBIBYTE, 'x')])
  large.socket.send(fragment, { fin: false, binary: true })
  const first = begin(url, 'x'.repeat(MEBIBYTE + 1))
  // Which of the two is larger depends on what has arrived; both need more than there is.
  const second = begin(url, 'x'.repeat(2 * MEBIBYTE + 1))
  const refusals = [
    first.then((answer) => answer.slice(0, 3)),
    second.then((answer) => answer.slice(0, 3)),
    large.closed.then(({ code }) => String(code)),
  ]
  expect(['503', '1013']).toContain(await Promise.race(refusals))
  small.send(1, line(1, 'small'))
  await small.acked(1)
})

test('control frames and whole messages leave nothing unfinished', async () => {
  const server = await startServer({ unfinishedTimeoutMs: 20, heartbeatMs: 10 })
  const client = record(server, 'r', 'w')
  for (let number = 1; number <= 30; number++) {
    client.send(number, line(number))
    const pong = new Promise((resolve) => client.socket.once('pong', resolve))
    await client.acked(number)
    client.socket.ping('a ping of the client')
    await pong
  }
  // More pings of the server than sweeps that an unfinished message survives.
  for (let pings = 0; pings < 10; pings++) {
    await new Promise((resolve) => client.socket.once('ping', resolve))
  }
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  const stuck = new Client(`${server.url}/record?run=r&writer=x`)
  await stuck.control('ack')
  stuck.socket.send('1\n{"half', { fin: false })
  expect(await stuck.closed).toMatchObject({ code: 1013 })
})
