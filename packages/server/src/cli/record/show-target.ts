/** Shows a file or folder in a running server. */
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { showHiddenInLine } from '@wattline/trace'
import { readHead, sniff } from '../../files/sniff.ts'
import { CliError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { describeTarget, type Target } from '../input/targets.ts'
import { handOver, type RunningServer } from '../server/running-server.ts'
import { newRunId } from './run-id.ts'
import { RunWriter } from './run-writer.ts'
import { relayTo } from './stream-run.ts'

/**
 * A server of the same user follows the file or folder. Another server, which may not be able to read
 * it, receives a copy of the file as it is now.
 *
 * @returns the id of its run; undefined for a folder that has no log yet
 */
export async function showTarget(
  server: RunningServer,
  target: Target,
  io: CliIo,
): Promise<string | undefined> {
  const { secret } = server
  if (secret !== undefined) return await handOver({ ...server, secret }, target.path)
  if (target.type === 'folder') {
    throw new CliError(
      `The server at ${server.url} was not started by you on this machine, so it cannot watch ${target.given}; name the files in it.`,
    )
  }
  const name = describeTarget(target, io)
  const run = newRunId(name.replace(/\.(jsonl|ndjson)(\.gz)?$/i, ''))
  const isGzip = sniff(await readHead(target.path)) === 'gzip'
  const file = createReadStream(target.path)
  const stream = isGzip ? file.pipe(createGunzip()) : file
  await relayTo(new RunWriter({ ...server, run, name }), stream, name, io.stopSignal())
  io.stderr.write(
    `Sent a copy of ${showHiddenInLine(name)} to ${server.url}, which does not follow the file.\n`,
  )
  return run
}
