import { expect, test } from 'vitest'
import { createIngest, type Report, type WorkerPort } from './ingest-client.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'

/** The page's side of a worker whose messages the test sends. */
function client() {
  const reports: Report['type'][] = []
  const sent: ToWorker['type'][] = []
  const port: WorkerPort = {
    onmessage: null,
    onerror: null,
    postMessage: ({ type }) => void sent.push(type),
  }
  const ingest = createIngest(
    port,
    ({ type }) => void reports.push(type),
    (reason) => {
      throw new Error(reason)
    },
    () => undefined,
  )
  const receive = (message: FromWorker): void =>
    port.onmessage?.({ data: message } as MessageEvent<FromWorker>)
  return { ingest, reports, sent, receive }
}

const RESET = { type: 'reset' } as const
const REGROUPED = { type: 'regrouped', groupBy: 'kind' } as const

test('drops messages of an earlier run until the worker confirms the change', () => {
  const { ingest, reports, receive } = client()
  ingest.send({ type: 'watch', runId: 'a', base: '', groupBy: 'agent' })
  receive({ type: 'runChanged' })
  receive(RESET)
  expect(reports).toEqual(['reset'])

  ingest.send({ type: 'close' })
  ingest.send({ type: 'watch', runId: 'b', base: '', groupBy: 'agent' })
  receive(RESET)
  receive({ type: 'runChanged' })
  receive(RESET)
  receive({ type: 'runChanged' })
  expect(reports).toEqual(['reset'])

  receive(REGROUPED)
  expect(reports).toEqual(['reset', 'regrouped'])
})

test('answers a request even if another run is opened meanwhile', async () => {
  const { ingest, receive } = client()
  const joules = ingest.ask('joulesPerToken', {})
  const refused = ingest.ask('overview', { playheadS: undefined })
  ingest.send({ type: 'close' })
  receive({ type: 'answer', id: 1, answer: undefined })
  receive({ type: 'requestFailed', id: 2, reason: 'No run is open.' })
  await expect(joules).resolves.toBeUndefined()
  await expect(refused).rejects.toThrow('No run is open.')
})
