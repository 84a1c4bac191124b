/** Reads the files of `--telemetry`: samples as JSONL, or the CSV of a power tool. */
import { createReadStream } from 'node:fs'
import { basename, resolve } from 'node:path'
import { readTelemetry, showHiddenInLine, type TelemetrySample } from '@wattline/trace'
import { CliError, orFileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { count } from '../base/terminal.ts'

export interface TelemetryFile {
  /** Name of the file in messages. */
  readonly name: string
  readonly samples: readonly TelemetrySample[]
  /** Lines that could not be used, as sentences. */
  readonly notes: readonly string[]
}

/** @throws {CliError} when the file cannot be read or contains no sample. */
export async function readTelemetryFile(file: string, io: CliIo): Promise<TelemetryFile> {
  const name = basename(file)
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const reading = readTelemetry(createReadStream(resolve(io.cwd, file)), (b) => utf8.decode(b))
  const found = await orFileError('read', file, reading)
  if ('reason' in found)
    throw new CliError(`${file} is not telemetry: ${showHiddenInLine(found.reason)}.`)
  const { samples, unreadable } = found
  if (samples.length > 0) return { name, samples, notes: notesOf(name, unreadable) }
  throw new CliError(
    `${file} contains no telemetry sample; expected lines with a timestamp and a reading.`,
  )
}

function notesOf(name: string, lines: readonly { line: number; reason: string }[]): string[] {
  const [first] = lines
  if (first === undefined) return []
  const what = count(lines.length, 'unreadable line')
  return [`${name}: ${what} (line ${first.line}: ${showHiddenInLine(first.reason)})`]
}
