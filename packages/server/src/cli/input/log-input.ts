/** Reads the whole log of `spans`, `stats` and `energy`; errors are written for users. */
import { emptyReason, unknownReason } from '@wattline/formats'
import { showHidden } from '@wattline/trace'
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

/** Reads the log `file`; `-` is stdin. */
export async function readInput(
  file: string,
  io: CliIo,
  options: ReadLogOptions,
): Promise<LogReading> {
  const name = file === '-' ? 'stdin' : file
  if (file === '-' && io.stdin.isTTY === true) {
    io.stderr.write('Reading a log from the terminal; press Ctrl+D to end it.\n')
  }
  try {
    const reading =
      file === '-'
        ? await readLogStream(io.stdin, name, options)
        : await readLogFile(resolve(io.cwd, file), options)
    if (reading.cutBy !== undefined) {
      io.stderr.write(
        `${showHidden(name)} is damaged (${reading.cutBy}); the part before that is used.\n`,
      )
    }
    return reading
  } catch (error) {
    if (error instanceof NotALogError) {
      throw new CliError(error.message.replaceAll(resolve(io.cwd, file), file), { cause: error })
    }
    throw fileError('read', name, error)
  }
}

/** @throws {CliError} when the log contains no event. */
export function requireEvents(reading: LogReading, file: string): void {
  const { trace, unreadable, lines } = reading
  if (trace.eventCount > 0) return
  const name = file === '-' ? 'stdin' : file
  if (trace.sampleCount > 0) {
    throw new CliError(
      `${name} contains ${count(trace.sampleCount, 'telemetry sample')} but no event.`,
    )
  }
  const { coverage, unknownKeys } = reading
  if (coverage !== undefined) throw new CliError(`${name} ${emptyReason(coverage)}.`)
  if (unknownKeys !== undefined) throw new CliError(`${name} ${unknownReason(unknownKeys)}.`)
  const first = unreadable[0]
  if (first !== undefined) {
    const which = lines === 1 ? 'its only line is not' : `none of its ${count(lines, 'line')} is`
    throw new CliError(
      `${name} is not a Wattline log: ${which} an event (line ${first.line}: ${first.reason}).`,
    )
  }
  const { tornLine, tornReason } = reading
  if (tornReason !== undefined) {
    throw new CliError(`${name} is not a Wattline log (line ${tornLine}: ${tornReason}).`)
  }
  throw new CliError(
    `${name} contains no event${tornLine === undefined ? '' : ': its only line is incomplete'}.`,
  )
}
