/** `wattline power`: shows the power of this machine, writes it as samples or sends it to a run. */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { PowerTotals, type PowerSample, samplePower } from '@wattline/power'
import { encodeSample, formatDuration, formatJoules, showHidden } from '@wattline/trace'
import { CliError, fileError, orFileError, usageError } from '../base/errors.ts'
import type { CliIo, Output } from '../base/io.ts'
import { LiveLines, powerLines, sampleLine } from '../report/power-table.ts'
import { RunWriter } from '../record/run-writer.ts'
import { namedServer, viewOf } from '../server/running-server.ts'
import { newRunId, requestedRunId } from '../record/run-id.ts'
import { SampleRelay } from '../record/sample-relay.ts'
import { parseIntervalMs, type ServerFlags, serverSettings } from '../input/settings.ts'
import { count, layoutFor } from '../base/terminal.ts'

export interface PowerFlags extends ServerFlags {
  readonly interval?: string
  readonly json?: boolean
  readonly out?: string
  readonly url?: string
  readonly run?: string
}

/** Where samples are written. */
interface Destination {
  readonly take: (sample: PowerSample) => void
  /** Called a few times per second; a table redraws itself. */
  readonly tick?: () => void
  /** Called before other text is written to the terminal. */
  readonly beforeOtherText?: () => void
  /** Resolves when the destination has failed; `end` then rejects with the reason. */
  readonly broken?: Promise<unknown>
  readonly end: (stop: AbortSignal) => Promise<void>
}

const TICK_MS = 250

export async function power(flags: PowerFlags, io: CliIo): Promise<void> {
  const intervalMs = parseIntervalMs(flags.interval)
  const stop = io.stopSignal()
  const tally = new PowerTotals()
  const destination = await destinationOf(flags, tally, io)
  const onSample = (sample: PowerSample) => {
    tally.add(sample)
    destination.take(sample)
  }
  const onWarning = (text: string) => {
    destination.beforeOtherText?.()
    io.stderr.write(`power: ${showHidden(text)}\n`)
  }
  const { env, platform } = io
  const startMs = performance.now()
  const sampling = samplePower({ onSample, onWarning }, { intervalMs, env, platform })
  // Also keeps the process alive, which the meters do not.
  const ticking = setInterval(() => destination.tick?.(), TICK_MS)
  const isStopped = stop.aborted ? undefined : once(stop, 'abort')
  try {
    const isOver = Promise.race([isStopped, destination.broken ?? isStopped])
    const isFound = await Promise.race([sampling.found, isOver.then(() => true)])
    if (isFound === false) throw new CliError('No power meter found on this machine.')
    await isOver
  } finally {
    clearInterval(ticking)
    sampling.stop()
    await destination.end(stop)
  }
  io.stderr.write(`${summary(tally, (performance.now() - startMs) / 1000)}\n`)
}

function summary(tally: PowerTotals, lengthS: number): string {
  const { totalJ, sources } = tally
  const used = totalJ === undefined ? '' : `: ${formatJoules(totalJ)}`
  return `${count(sources.length, 'source')} in ${formatDuration(lengthS)}${used}`
}

async function destinationOf(
  flags: PowerFlags,
  tally: PowerTotals,
  io: CliIo,
): Promise<Destination> {
  if (flags.url !== undefined || flags.run !== undefined) {
    if (flags.out !== undefined || flags.json === true) {
      throw usageError('Choose one destination: a run (--url, --run) or output (--json, --out).')
    }
    return toServer(flags, io)
  }
  if (flags.out !== undefined && flags.out !== '-') return toFile(flags.out, io)
  if (flags.json === true || flags.out === '-') return toStdout(encodeSample, io.stdout)
  return io.stdout.isTTY === true ? toTable(tally, io) : toStdout(sampleLine, io.stdout)
}

function toTable(tally: PowerTotals, io: CliIo): Destination {
  const live = new LiveLines(io.stdout)
  const draw = () => {
    if (tally.sources.length > 0) live.draw(powerLines(tally, layoutFor(io.stdout, io.env)))
  }
  return {
    take: () => undefined,
    tick: draw,
    beforeOtherText: () => live.keep(),
    end: () => Promise.resolve(draw()),
  }
}

function toStdout(text: (sample: PowerSample) => string, out: Output): Destination {
  return {
    take: (sample) => void out.write(`${text(sample)}\n`),
    end: () => Promise.resolve(),
  }
}

async function toFile(path: string, io: CliIo): Promise<Destination> {
  const file = createWriteStream(resolve(io.cwd, path), { flags: 'a' })
  await orFileError('write', path, once(file, 'open'))
  let failure: unknown
  const broken = new Promise<void>((resolve) => {
    file.on('error', (error) => {
      failure = error
      resolve()
    })
  })
  io.stderr.write(`Appending samples to ${path}; press Ctrl+C to stop.\n`)
  return {
    take: (sample) => void file.write(`${encodeSample(sample)}\n`),
    broken,
    end: async () => {
      file.end()
      if (failure === undefined) await finished(file)
      else throw fileError('write', path, failure)
    },
  }
}

async function toServer(flags: PowerFlags, io: CliIo): Promise<Destination> {
  const settings = serverSettings(flags, io)
  const server = await namedServer(flags, settings, io)
  if (server === undefined) {
    throw new CliError('No Wattline server is running; start one with wattline serve.')
  }
  const run = requestedRunId(flags.run, io) ?? newRunId('power')
  const client = new RunWriter({ ...server, run, name: 'power' })
  const relay = new SampleRelay(client)
  io.stderr.write(`Sending samples to ${server.url}; press Ctrl+C to stop.\n`)
  io.stdout.write(`${(await viewOf(server, run)).url}\n`)
  return {
    take: (sample) => relay.add(sample),
    broken: relay.refused,
    end: async (stop) => {
      await client.end(stop)
      if (relay.loss !== undefined) io.stderr.write(`power: ${relay.loss}\n`)
    },
  }
}
