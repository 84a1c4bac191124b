// @vitest-environment node
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanFlag } from '@wattline/trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ColumnStore } from '../model/columns.ts'
import type { FromWorker } from './protocol.ts'
import { localScanner, type LocalScanner } from '../testing/scanners.ts'
import { Session } from './session.ts'

const RUN = '{"run":{"id":"r1","state":"live"}}'
let stop: (() => void) | undefined

afterEach(() => {
  stop?.()
  vi.unstubAllGlobals()
})

/** A frame of the server with one line. */
function message(cursor: number, event: string, at: number): Buffer {
  const line = `{"event_type":"${event}","timestamp":${at},"metadata":{"span_id":"s${at}"}}\n`
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(cursor + line.length))
  return Buffer.concat([head, Buffer.from(line)])
}

/** A session that follows a run, and the server's end of its socket. */
async function watching(onMessage: (message: FromWorker, session: Session) => void) {
  vi.stubGlobal('WebSocket', WebSocket)
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const connected = new Promise<WebSocket>((resolve) => sockets.once('connection', resolve))
  let wake: (type: FromWorker['type']) => void = () => undefined
  const next = (type: FromWorker['type']): Promise<void> =>
    new Promise((resolve) => (wake = (sent) => void (sent === type && resolve())))
  const session = new Session((message) => {
    onMessage(message, session)
    wake(message.type)
  }, 'agent')
  stop = () => {
    session.close()
    for (const socket of sockets.clients) socket.terminate()
    http.close()
  }
  session.watch('r1', `http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  return { session, next, socket: await connected }
}

test('holds patches back until the page has applied the last one, then sends them as one', async () => {
  const patches: number[] = []
  const { session, next, socket } = await watching((sent) => {
    if (sent.type === 'patch') patches.push(sent.patch.spans.slots.length)
  })
  const first = next('patch')
  socket.send(message(0, 'tool_call_start', 1))
  await first

  // A quality report is sent long after a patch would have been, and after these lines.
  const report = next('quality')
  for (const at of [2, 3, 4]) socket.send(message(at * 100, 'tool_call_start', at))
  socket.send(RUN)
  await report
  const later = next('quality')
  socket.send(RUN)
  await later
  expect(patches).toEqual([1])

  session.patches.applied()
  expect(patches).toEqual([1, 3])
})

test('a span without an end fades where its writer ended, also after the log started over', async () => {
  const columns = new ColumnStore()
  const flags: number[] = []
  let ended: () => void = () => undefined
  const hasEnded = new Promise<void>((resolve) => (ended = resolve))
  const { next, socket } = await watching((sent, session) => {
    if (sent.type === 'reset') columns.clear()
    if (sent.type !== 'patch') return
    columns.apply(sent.patch)
    session.patches.applied()
    flags.push(columns.flags.at(0))
    if (flags.at(-1) === SpanFlag.DID_NOT_END) ended()
  })
  const writers = [{ id: 'w1', state: 'closed' }]
  const run = { id: 'r1', state: 'ended', writers }
  socket.send(JSON.stringify({ gen: 'g1', run }))
  socket.send(JSON.stringify({ reset: 'g2' }))
  socket.send(JSON.stringify({ writer: 'w1' }))
  const first = next('patch')
  socket.send(message(0, 'agent_start', 1))
  await first
  socket.send(message(100, 'note', 5))
  socket.send('{"caughtUp":200}')
  await hasEnded
  expect(flags[0]).toBe(SpanFlag.OPEN)
  expect(columns.fadeS.at(0)).toBe(5)
})

describe('a large file that scanners read', () => {
  /** 10 MB; each span has a team. */
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
    const columns = new ColumnStore()
    const scanners: LocalScanner[] = []
    const listeners: ((message: FromWorker) => void)[] = []
    const session = new Session(
      (message) => {
        if (message.type === 'patch') {
          columns.apply(message.patch)
          session.patches.applied()
          session.patches.painted()
        }
        for (const listener of listeners) listener(message)
      },
      groupBy,
      () => {
        const scanner = startScanner()
        scanners.push(scanner)
        return scanner
      },
    )
    const next = (type: FromWorker['type']): Promise<void> =>
      new Promise((resolve) => listeners.push((message) => message.type === type && resolve()))
    const teams = (): unknown =>
      Array.from({ length: columns.spanCount }, (_, slot) => [
        slot,
        columns.groups[columns.group.at(slot)]?.label,
        columns.row.at(slot),
      ])
    return { session, columns, scanners, next, teams }
  }

  test('regrouped while it is read, has the values of the whole file', async () => {
    const alone = reading('team')
    await alone.session.readFile(large)
    expect(alone.scanners).toEqual([])
    const together = reading('agent')
    const first = together.next('patch')
    const regrouped = together.next('regrouped')
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

  test('is read without scanners if none can start', async () => {
    const { session, columns, scanners } = reading('agent', () => {
      const scanner = localScanner()
      scanner.postMessage = () => scanner.onerror?.({ message: '' } as ErrorEvent)
      return scanner
    })
    await session.readFile(large, 8)
    expect(columns.spanCount).toBe(60_000)
    expect(scanners.map(({ isTerminated }) => isTerminated)).toEqual([true, true, true])
  })

  test('is read no further after the session is closed, and its scanners end', async () => {
    const { session, scanners, next, columns } = reading('agent')
    const first = next('patch')
    const read = session.readFile(large, 8)
    await first
    session.close()
    await read
    expect(columns.spanCount).toBeLessThan(60_000)
    expect(scanners.map(({ isTerminated }) => isTerminated)).toEqual([true, true, true])
  })
})

test('a file that was cut while it was read fails', async () => {
  const file = new File(['{"event_type":"x","timestamp":1}\n'], 'cut.jsonl')
  Object.defineProperty(file, 'size', { value: 1000 })
  const reasons: unknown[] = []
  const session = new Session((message) => {
    if (message.type === 'connection') reasons.push(message.connection.reason)
  }, 'agent')
  const reading = session.readFile(file)
  session.patches.painted()
  await reading
  expect(reasons.at(-1)).toBe(
    'cut.jsonl could not be read to its end: it ended after 33 of its 1,000 bytes. Choose it again.',
  )
})
