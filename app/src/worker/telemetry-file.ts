/** Reads a telemetry file that was dropped onto a run: samples as JSON lines, or a power tool's table. */
import { LogDecoder, readTelemetryCsv, type TelemetrySample } from '@wattline/trace'
import { chunksOf } from './raw-lines.ts'

export interface TelemetryFile {
  readonly samples: readonly TelemetrySample[]
  /** What could not be used, as sentences. */
  readonly notes: readonly string[]
}

/** @throws {Error} with a sentence, when there is no sample in it. */
export async function readTelemetryFile(file: File): Promise<TelemetryFile> {
  const head = await file.slice(0, 1024).text()
  const read = /^\uFEFF?\s*\{/.test(head) ? await readLines(file) : await readTable(file)
  if (read.samples.length > 0) return read
  throw new Error(`${file.name} holds no telemetry sample; a sample has a timestamp and a reading.`)
}

async function readTable(file: File): Promise<TelemetryFile> {
  const table = readTelemetryCsv(await file.text())
  if ('reason' in table) throw new Error(`${file.name} is no telemetry: ${table.reason}.`)
  return { samples: table.samples, notes: notesOf(file.name, table.unreadable) }
}

async function readLines(file: File): Promise<TelemetryFile> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decoder = new LogDecoder({ decode: (bytes) => utf8.decode(bytes) })
  const samples: TelemetrySample[] = []
  const unreadable: { line: number; reason: string }[] = []
  for await (const chunk of chunksOf(file.stream())) {
    decoder.push(chunk, (line, _position, lineNumber) => {
      if (line.type === 'sample') samples.push(line.sample)
      if (line.type === 'malformed') unreadable.push({ line: lineNumber, reason: line.reason })
    })
  }
  return { samples, notes: notesOf(file.name, unreadable) }
}

function notesOf(name: string, lines: readonly { line: number; reason: string }[]): string[] {
  const [first] = lines
  if (first === undefined) return []
  const what = lines.length === 1 ? '1 line' : `${lines.length} lines`
  return [`${name}: ${what} cannot be read (line ${first.line}: ${first.reason})`]
}
