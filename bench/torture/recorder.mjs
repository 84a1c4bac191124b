/**
 * A recorder in its own process: records events numbered from 1 at a steady rate, to a server and a
 * file, until the parent stops it. It reports to the parent which events were acknowledged and, at the
 * end, how many were recorded. Arguments: URL, run, label of the writer, events per second, file.
 */
import { EventRecorder } from '@wattline/recorder'

const [url = '', run = '', writer = '', rate = '1000', file = ''] = process.argv.slice(2)
const TICK_MS = 10

const wallMs = Date.now
let aheadMs = 0
Date.now = () => wallMs() + aheadMs

const recorder = new EventRecorder({
  url,
  run,
  name: writer,
  file,
  silent: true,
  closeTimeoutMs: 120_000,
})
const startMs = performance.now()
let recorded = 0

const recording = setInterval(() => {
  const due = ((performance.now() - startMs) / 1000) * Number(rate)
  while (recorded < due) recorder.record('step', { writer, n: (recorded += 1) })
}, TICK_MS)

let flushing = false
const telling = setInterval(() => {
  if (flushing) return
  flushing = true
  const upTo = recorded
  void recorder.flush(60_000).then((all) => {
    flushing = false
    if (all) process.send?.({ acknowledged: upTo })
  })
}, 50)

process.on('message', (message) => {
  if (message === 'step clock') aheadMs = aheadMs === 0 ? 3_600_000 : 0
  if (message === 'stop') void stop()
})
// Without its parent it would never stop.
process.on('disconnect', () => process.exit(1))

async function stop() {
  clearInterval(recording)
  clearInterval(telling)
  const { sinks } = await recorder.close()
  const undelivered = sinks.reduce((sum, sink) => sum + sink.undelivered + sink.dropped, 0)
  process.send?.({ recorded, undelivered }, () => process.exit(0))
}
