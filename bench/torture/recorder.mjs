/**
 * A recorder in a process of its own: events numbered from 1 at a steady rate, into a server and a
 * file, until it is told to stop. It tells its parent what the server has acknowledged, and how many
 * there were when it ended. Arguments: URL, run, writer's label, events a second, file.
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

process.on('message', (told) => {
  if (told === 'step clock') aheadMs = aheadMs === 0 ? 3_600_000 : 0
  if (told === 'stop') void stop()
})
// Without its parent nobody would ever stop it.
process.on('disconnect', () => process.exit(1))

async function stop() {
  clearInterval(recording)
  clearInterval(telling)
  const { sinks } = await recorder.close()
  const undelivered = sinks.reduce((sum, sink) => sum + sink.undelivered + sink.dropped, 0)
  process.send?.({ recorded, undelivered }, () => process.exit(0))
}
