/** The files that `--telemetry` names: samples as JSONL, or the table of a power tool. */
import { createReadStream } from 'node:fs'
import { basename, resolve } from 'node:path'
import { readTelemetry, showHiddenInLine, type TelemetrySample } from '@wattline/trace'
import { CliError, fileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { count } from '../base/terminal.ts'

export interface TelemetryFile {
  /** As messages call it. */
  readonly name: string
  readonly samples: readonly TelemetrySample[]
  /** What could not be used, as sentences. */
  readonly notes: readonly string[]
}

/** @throws {CliError} when there is no such file, or no sample in it. */
export async function readTelemetryFile(file: string, io: CliIo): Promise<TelemetryFile> {
  const name = basename(file)
  const found = await read(file, io)
  if ('reason' in found)
    throw new CliError(`${file} is no telemetry: ${showHiddenInLine(found.reason)}.`)
  const { samples, unreadable } = found
  if (samples.length > 0) return { name, samples, notes: notesOf(name, unreadable) }
  throw new CliError(`${file} holds no telemetry sample; a sample has a timestamp and a reading.`)
}

async function read(file: string, io: CliIo): ReturnType<typeof readTelemetry> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return await readTelemetry(createReadStream(resolve(io.cwd, file)), (b) => utf8.decode(b))
  } catch (error) {
    throw fileError('read', file, error)
  }
}

function notesOf(name: string, lines: readonly { line: number; reason: string }[]): string[] {
  const [first] = lines
  if (first === undefined) return []
  const what = count(lines.length, 'line that cannot be read', 'lines that cannot be read')
  return [`${name}: ${what} (line ${first.line}: ${showHiddenInLine(first.reason)})`]
}
