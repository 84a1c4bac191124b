import { expect, test } from 'vitest'
import { createIngest, type Report, type WorkerPort } from './ingest-client.ts'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'

/** A page's end of a worker that says what it is told to. */
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
  const says = (message: FromWorker): void =>
    port.onmessage?.({ data: message } as MessageEvent<FromWorker>)
  return { ingest, reports, sent, says }
}

const RESET = { type: 'reset' } as const
const REGROUPED = { type: 'regrouped', groupBy: 'kind' } as const

test('what was on its way when another run was asked for is no news of that run', () => {
  const { ingest, reports, says } = client()
  ingest.send({ type: 'watch', runId: 'a', base: '', groupBy: 'agent' })
  says({ type: 'runChanged' })
  says(RESET)
  expect(reports).toEqual(['reset'])

  ingest.send({ type: 'close' })
  ingest.send({ type: 'watch', runId: 'b', base: '', groupBy: 'agent' })
  says(RESET)
  says({ type: 'runChanged' })
  says(RESET)
  says({ type: 'runChanged' })
  expect(reports).toEqual(['reset'])

  says(REGROUPED)
  expect(reports).toEqual(['reset', 'regrouped'])
})

test('a question is answered, whatever run is asked for meanwhile', async () => {
  const { ingest, says } = client()
  const estimate = ingest.ask('estimate', {})
  const refused = ingest.ask('overview', { playheadS: undefined })
  ingest.send({ type: 'close' })
  says({ type: 'answer', id: 1, answer: undefined })
  says({ type: 'requestFailed', id: 2, reason: 'No run is open.' })
  await expect(estimate).resolves.toBeUndefined()
  await expect(refused).rejects.toThrow('No run is open.')
})
