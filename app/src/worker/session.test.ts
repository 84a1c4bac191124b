// @vitest-environment node
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanFlag } from '@wattline/trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Columns } from '../model/columns.ts'
import type { FromWorker } from './protocol.ts'
import { localScanner, type LocalScanner } from '../testing/scanners.ts'
import { Session } from './session.ts'

const RUN = '{"run":{"id":"r1","state":"live"}}'
let stop: (() => void) | undefined

afterEach(() => {
  stop?.()
  vi.unstubAllGlobals()
})

/** A line as a message of the server. */
function message(cursor: number, event: string, at: number): Buffer {
  const line = `{"event_type":"${event}","timestamp":${at},"metadata":{"span_id":"s${at}"}}\n`
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(cursor + line.length))
  return Buffer.concat([head, Buffer.from(line)])
}

/** A session that watches a run, and the server's side of its socket. */
async function watching(hear: (message: FromWorker, session: Session) => void) {
  vi.stubGlobal('WebSocket', WebSocket)
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const connected = new Promise<WebSocket>((resolve) => sockets.once('connection', resolve))
  let wake: (type: FromWorker['type']) => void = () => undefined
  const says = (type: FromWorker['type']): Promise<void> =>
    new Promise((resolve) => (wake = (said) => void (said === type && resolve())))
  const session = new Session((message) => {
    hear(message, session)
    wake(message.type)
  }, 'agent')
  stop = () => {
    session.close()
    for (const socket of sockets.clients) socket.terminate()
    http.close()
  }
  session.watch('r1', `http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  return { session, says, socket: await connected }
}

test('a page that has not taken in a patch gets no other one, and then all that was held back', async () => {
  const patches: number[] = []
  const { session, says, socket } = await watching((said) => {
    if (said.type === 'patch') patches.push(said.patch.spans.slots.length)
  })
  const first = says('patch')
  socket.send(message(0, 'tool_call_start', 1))
  await first

  // Doubts are told long after a patch would have been, and after these have come.
  const told = says('quality')
  for (const at of [2, 3, 4]) socket.send(message(at * 100, 'tool_call_start', at))
  socket.send(RUN)
  await told
  const later = says('quality')
  socket.send(RUN)
  await later
  expect(patches).toEqual([1])

  session.applied()
  expect(patches).toEqual([1, 3])
})

test('what did not end fades where its writer ended, however the run came and began anew', async () => {
  const columns = new Columns()
  const flags: number[] = []
  let ended: () => void = () => undefined
  const hasEnded = new Promise<void>((resolve) => (ended = resolve))
  const { says, socket } = await watching((said, session) => {
    if (said.type === 'reset') columns.clear()
    if (said.type !== 'patch') return
    columns.apply(said.patch)
    session.applied()
    flags.push(columns.flags.at(0))
    if (flags.at(-1) === SpanFlag.DID_NOT_END) ended()
  })
  const writers = [{ id: 'w1', state: 'closed' }]
  const run = { id: 'r1', state: 'ended', writers }
  socket.send(JSON.stringify({ gen: 'g1', run }))
  socket.send(JSON.stringify({ reset: 'g2' }))
  socket.send(JSON.stringify({ writer: 'w1' }))
  const first = says('patch')
  socket.send(message(0, 'agent_start', 1))
  await first
  socket.send(message(100, 'note', 5))
  socket.send('{"caughtUp":200}')
  await hasEnded
  expect(flags[0]).toBe(SpanFlag.OPEN)
  expect(columns.fadeS.at(0)).toBe(5)
})

describe('a large file, read by several', () => {
  /** Each of its spans belongs to a team; ten megabytes. */
  const lines = Array.from({ length: 60_000 }, (_, n) => {
    const about = `"metadata":{"span_id":"s${n}","team":"team ${n % 3}","tool":"t"}`
    const at = 1_700_000_000 + n / 10
    return (
      `{"event_type":"tool_call_start","timestamp":${at},${about}}\n` +
      `{"event_type":"tool_call_end","timestamp":${at + 0.05},"metadata":{"span_id":"s${n}"}}\n`
    )
  })
  const large = new File([lines.join('')], 'large.jsonl')

  function reading(groupBy: string, startScanner: () => LocalScanner = localScanner) {
    const columns = new Columns()
    const scanners: LocalScanner[] = []
    const heard: ((message: FromWorker) => void)[] = []
    const session = new Session(
      (message) => {
        if (message.type === 'patch') {
          columns.apply(message.patch)
          session.applied()
          session.painted()
        }
        for (const hear of heard) hear(message)
      },
      groupBy,
      () => {
        const scanner = startScanner()
        scanners.push(scanner)
        return scanner
      },
    )
    const says = (type: FromWorker['type']): Promise<void> =>
      new Promise((resolve) => heard.push((message) => message.type === type && resolve()))
    const teams = (): unknown =>
      Array.from({ length: columns.spanCount }, (_, slot) => [
        slot,
        columns.groups[columns.group.at(slot)]?.label,
        columns.row.at(slot),
      ])
    return { session, columns, scanners, says, teams }
  }

  test('grouped by a key that nobody noted, while it is read, is as if noted from the beginning', async () => {
    const alone = reading('team')
    await alone.session.readFile(large)
    expect(alone.scanners).toEqual([])
    const together = reading('agent')
    const first = together.says('patch')
    const regrouped = together.says('regrouped')
    const read = together.session.readFile(large, 8)
    await first
    void together.session.regroup('team')
    await Promise.all([read, regrouped])
    expect(together.scanners).toHaveLength(3)
    expect(together.columns.spanCount).toBe(60_000)
    expect(together.columns.groups.map(({ label }) => label)).toEqual([
      'team 0',
      'team 1',
      'team 2',
    ])
    expect(together.teams()).toEqual(alone.teams())
  })

  test('where no scanner can start, it is read all the same', async () => {
    const { session, columns, scanners } = reading('agent', () => {
      const scanner = localScanner()
      scanner.postMessage = () => scanner.onerror?.({ message: '' } as ErrorEvent)
      return scanner
    })
    await session.readFile(large, 8)
    expect(columns.spanCount).toBe(60_000)
    expect(scanners.map(({ isTerminated }) => isTerminated)).toEqual([true, true, true])
  })

  test('left before it is read, it is read no further and its scanners end', async () => {
    const { session, scanners, says, columns } = reading('agent')
    const first = says('patch')
    const read = session.readFile(large, 8)
    await first
    session.close()
    await read
    expect(columns.spanCount).toBeLessThan(60_000)
    expect(scanners.map(({ isTerminated }) => isTerminated)).toEqual([true, true, true])
  })
})

test('a file that has been cut while it was read is not taken for a whole one', async () => {
  const file = new File(['{"event_type":"x","timestamp":1}\n'], 'cut.jsonl')
  Object.defineProperty(file, 'size', { value: 1000 })
  const reasons: unknown[] = []
  const session = new Session((message) => {
    if (message.type === 'connection') reasons.push(message.connection.reason)
  }, 'agent')
  const reading = session.readFile(file)
  session.painted()
  await reading
  expect(reasons.at(-1)).toBe(
    'cut.jsonl could not be read to its end: it ended after 33 of its 1,000 bytes. Choose it again.',
  )
})
