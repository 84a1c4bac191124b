/**
 * The least a command can do to summarize a log: `JSON.parse` per line and a Map from span_id to
 * start. Prints the number of spans and their total duration.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

const starts = new Map()
let spans = 0
let totalS = 0
const [path = ''] = process.argv.slice(2)
for await (const line of createInterface({ input: createReadStream(path) })) {
  const { event_type: type, timestamp, metadata } = JSON.parse(line)
  if (type.endsWith('_start')) {
    spans++
    starts.set(metadata.span_id, timestamp)
  } else if (type.endsWith('_end')) {
    totalS += timestamp - (starts.get(metadata.span_id) ?? timestamp)
    starts.delete(metadata.span_id)
  }
}
console.log(JSON.stringify({ spans, totalS }))
