/** The log that `spans` and `stats` are given, read whole, with failures a person understands. */
import { resolve } from 'node:path'
import {
  type LogReading,
  NotALogError,
  readLogFile,
  readLogStream,
  type ReadLogOptions,
} from '../../files/read-log.ts'
import { CliError, fileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { count } from '../base/terminal.ts'

/** Reads the log at `file`, `-` being stdin. */
export async function readInput(
  file: string,
  io: CliIo,
  options: ReadLogOptions,
): Promise<LogReading> {
  const name = file === '-' ? 'stdin' : file
  if (file === '-' && io.stdin.isTTY === true) {
    io.stderr.write('Reading a log from the terminal; Ctrl+D ends it.\n')
  }
  try {
    const reading =
      file === '-'
        ? await readLogStream(io.stdin, name, options)
        : await readLogFile(resolve(io.cwd, file), options)
    if (reading.cutBy !== undefined) {
      io.stderr.write(
        `${name} cannot be unzipped to its end (${reading.cutBy}); what stands before is read.\n`,
      )
    }
    return reading
  } catch (error) {
    if (error instanceof NotALogError) {
      throw new CliError(error.message.replaceAll(resolve(io.cwd, file), file), { cause: error })
    }
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new CliError(`Cannot unzip ${name}: ${error.message}.`, { cause: error })
    }
    throw fileError('read', name, error)
  }
}

/** @throws {CliError} when nothing in the log is an event. */
export function requireEvents(reading: LogReading, file: string): void {
  const { trace, unreadable, lines } = reading
  if (trace.eventCount > 0) return
  const name = file === '-' ? 'stdin' : file
  if (trace.sampleCount > 0) {
    throw new CliError(
      `${name} holds ${count(trace.sampleCount, 'telemetry sample')} but no event.`,
    )
  }
  const first = unreadable[0]
  if (first !== undefined) {
    const all = lines === 1 ? 'its one line' : `none of its ${count(lines, 'line')}`
    const cannot = lines === 1 ? 'cannot be read' : 'can be read'
    throw new CliError(`${name} is no log: ${all} ${cannot} (line ${first.line}: ${first.reason}).`)
  }
  const { tornLine, tornReason } = reading
  if (tornReason !== undefined) {
    throw new CliError(`${name} is no log: line ${tornLine} is no event (${tornReason}).`)
  }
  throw new CliError(
    `${name} holds no event${tornLine === undefined ? '' : ': its only line has no line end yet'}.`,
  )
}
