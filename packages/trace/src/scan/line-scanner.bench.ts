/**
 * Measures how fast a log is read, in turns within one process: by JSON.parse line by line, by
 * `LogDecoder`, by `LogDecoder` and `readEvent`, by `RowReader`, and through batches.
 *
 *     npm run bench:reader -- [MiB]
 */
import { encodeEvent, encodeSample } from '../line/encode.ts'
import type { AgentEvent } from '../line/event.ts'
import { EventRow } from '../row/event-row.ts'
import { generateRun } from '../generate/generate.ts'
import { Interner } from '../row/interner.ts'
import { LogDecoder } from '../line/log-decoder.ts'
import { RowReader, type RowSink } from './row-reader.ts'
import { readEvent } from '../row/metadata-reader.ts'
import { RowBatchReader, RowBatchWriter, type RowBatch } from './row-batch.ts'

const ROUNDS = 7
const WARM_UPS = 2
const CHUNK_BYTES = 1024 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true })
const decode = (bytes: Uint8Array) => utf8.decode(bytes)

/** The result of a reader. All readers must have the same one, and nothing can be optimized away. */
interface Seen {
  events: number
  timesS: number
}

const log = makeLog(Number(process.argv[2] ?? 50) * 1024 * 1024)

function makeLog(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  const encoder = new TextEncoder()
  let length = 0
  for (const line of generateRun({ seed: 7, agents: 8, spans: Infinity, durationS: 1e9 })) {
    const text = 'event_type' in line ? encodeEvent(line) : encodeSample(line)
    const encoded = encoder.encode(`${text}\n`)
    if (length + encoded.length > sizeBytes) break
    bytes.set(encoded, length)
    length += encoded.length
  }
  return bytes.subarray(0, length)
}

function* chunks(): Generator<Uint8Array> {
  for (let at = 0; at < log.length; at += CHUNK_BYTES) yield log.subarray(at, at + CHUNK_BYTES)
}

function parseLines(seen: Seen): void {
  for (let from = 0; from < log.length;) {
    const end = log.indexOf(10, from)
    const event = JSON.parse(utf8.decode(log.subarray(from, end))) as AgentEvent
    seen.events++
    seen.timesS += event.timestamp
    from = end + 1
  }
}

function decodeLog(seen: Seen): void {
  const decoder = new LogDecoder({ decode })
  for (const chunk of chunks()) {
    decoder.push(chunk, (line) => {
      if (line.type !== 'event') return
      seen.events++
      seen.timesS += line.event.timestamp
    })
  }
}

function decodeRows(seen: Seen): void {
  const decoder = new LogDecoder({ decode })
  const texts = new Interner()
  const row = new EventRow()
  for (const chunk of chunks()) {
    decoder.push(chunk, (line) => {
      if (line.type !== 'event') return
      readEvent(line.event, texts, row)
      seen.events++
      seen.timesS += row.timeS
    })
  }
}

function counting(seen: Seen): RowSink {
  return {
    event(row) {
      seen.events++
      seen.timesS += row.timeS
    },
    sample: () => undefined,
    malformed: () => undefined,
  }
}

function readRows(seen: Seen): void {
  const reader = new RowReader({ decode, texts: new Interner() })
  const sink = counting(seen)
  for (const chunk of chunks()) reader.push(chunk, sink)
}

/** The work of the worker that reads, without the transfer. */
function writeBatches(take: (batch: RowBatch) => void): void {
  const texts = new Interner()
  const reader = new RowReader({ decode, texts })
  const writer = new RowBatchWriter(texts)
  for (const chunk of chunks()) {
    reader.push(chunk, writer)
    take(writer.take())
  }
}

const batches: RowBatch[] = []
writeBatches((batch) => batches.push(batch))

/** The remaining work of the worker that pairs. */
function readBatches(seen: Seen): void {
  const reader = new RowBatchReader(new Interner())
  const sink = counting(seen)
  for (const batch of batches) reader.read(batch, sink)
}

/** Both together. */
function throughBatches(seen: Seen): void {
  const reader = new RowBatchReader(new Interner())
  const sink = counting(seen)
  writeBatches((batch) => reader.read(batch, sink))
}

const BASE = 'JSON.parse a line'
const cases = {
  [BASE]: parseLines,
  LogDecoder: decodeLog,
  'LogDecoder + readEvent': decodeRows,
  RowReader: readRows,
  'RowReader, by batches': throughBatches,
  RowBatchReader: readBatches,
}

const timesMs = new Map<string, number[]>()
const results = new Set<string>()
for (let round = -WARM_UPS; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const seen = { events: 0, timesS: 0 }
    const startedMs = performance.now()
    run(seen)
    const tookMs = performance.now() - startedMs
    results.add(`${seen.events} events, times add up to ${seen.timesS} s`)
    if (round >= 0) timesMs.set(name, [...(timesMs.get(name) ?? []), tookMs])
  }
}
if (results.size > 1) throw new Error(`expected one result, got ${[...results].join('; ')}`)

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function medianMs(name: string): number {
  return (timesMs.get(name) ?? []).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? NaN
}

print(`${(log.length / 1e6).toFixed(1)} MB, ${[...results].join('')}`)
for (const name of timesMs.keys()) {
  const megabytesPerS = log.length / 1e3 / medianMs(name)
  const ratio = medianMs(BASE) / medianMs(name)
  print(`${name.padEnd(24)}${megabytesPerS.toFixed(0).padStart(5)} MB/s ${ratio.toFixed(2)}×`)
}
