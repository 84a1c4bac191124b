/** The files that `--telemetry` names: samples as JSONL, or the table of a power tool. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { LogDecoder, readTelemetryCsv, type TelemetrySample } from '@wattline/trace'
import { CliError, fileError } from './errors.ts'
import type { CliIo } from './io.ts'
import { count, printable } from './terminal.ts'

export interface TelemetryFile {
  /** As messages call it. */
  readonly name: string
  readonly samples: readonly TelemetrySample[]
  /** What could not be used, as sentences. */
  readonly notes: readonly string[]
}

/** @throws {CliError} when there is no such file, or no sample in it. */
export async function readTelemetryFile(file: string, io: CliIo): Promise<TelemetryFile> {
  const path = resolve(io.cwd, file)
  const name = basename(file)
  try {
    const isLines = await beginsAsJson(path)
    const found = isLines ? await readLines(path, name) : await readTable(path, file, name)
    if (found.samples.length > 0) return found
  } catch (error) {
    throw error instanceof CliError ? error : fileError('read', file, error)
  }
  throw new CliError(`${file} holds no telemetry sample; a sample has a timestamp and a reading.`)
}

async function beginsAsJson(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1023, encoding: 'utf8' })) {
    return /^\uFEFF?\s*\{/.test(String(chunk))
  }
  return false
}

async function readTable(path: string, file: string, name: string): Promise<TelemetryFile> {
  const table = readTelemetryCsv(await readFile(path, 'utf8'))
  if ('reason' in table) throw new CliError(`${file} is no telemetry: ${printable(table.reason)}.`)
  return { name, samples: table.samples, notes: unreadable(name, table.unreadable) }
}

async function readLines(path: string, name: string): Promise<TelemetryFile> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decoder = new LogDecoder({ decode: (bytes) => utf8.decode(bytes) })
  const samples: TelemetrySample[] = []
  const bad: { line: number; reason: string }[] = []
  for await (const chunk of createReadStream(path)) {
    decoder.push(chunk as Uint8Array, (line, _position, lineNumber) => {
      if (line.type === 'sample') samples.push(line.sample)
      if (line.type === 'malformed') bad.push({ line: lineNumber, reason: line.reason })
    })
  }
  return { name, samples, notes: unreadable(name, bad) }
}

function unreadable(name: string, lines: readonly { line: number; reason: string }[]): string[] {
  const [first] = lines
  if (first === undefined) return []
  const what = count(lines.length, 'line that cannot be read', 'lines that cannot be read')
  return [`${name}: ${what} (line ${first.line}: ${printable(first.reason)})`]
}
