/**
 * `wattline run -- CMD`: runs a command with a server to record to and, with `--power`, samples the
 * power of this machine.
 *
 * ```
 * CMD ── its recorders ──▶ run at the server ◀── samples, and a span for CMD if it recorded nothing
 * ```
 */
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { PowerTotals, type PowerSampling, samplePower } from '@wattline/power'
import {
  encodeEvent,
  formatDuration,
  formatJoules,
  formatWatts,
  type RunInfo,
  showHidden,
} from '@wattline/trace'
import type { RunStore } from '../../storage/store.ts'
import { openBrowser } from '../server/browser.ts'
import { type ChildEnd, runChild } from '../record/child-command.ts'
import { messageOf } from '../../base/errors.ts'
import { usageError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'
import { RunWriter } from '../record/run-writer.ts'
import {
  namedServer,
  removeRun,
  type RunningServer,
  spansOf,
  viewOf,
  writersOf,
} from '../server/running-server.ts'
import { newRunId, requestedRunId } from '../record/run-id.ts'
import { SampleRelay } from '../record/sample-relay.ts'
import { type ServerSession, startSession } from '../server/server-session.ts'
import { parseIntervalMs, type ServerFlags, serverSettings, tildePath } from '../input/settings.ts'
import { count } from '../base/terminal.ts'

export interface RunFlags extends ServerFlags {
  readonly power?: boolean
  readonly interval?: string
  readonly name?: string
  readonly url?: string
  readonly run?: string
}

type Command = readonly [string, ...string[]]

/** How long the server may take to confirm the last lines after the command has ended. */
const DELIVER_WITHIN_MS = 5_000
/** Time for the last requests of other commands after their runs have ended. */
const LAST_ANSWERS_MS = 500

/** Resolves with the exit code of the command. */
export async function run(command: Command, flags: RunFlags, io: CliIo): Promise<number> {
  if (flags.interval !== undefined && flags.power !== true) {
    throw usageError('--interval needs --power.')
  }
  if (command[0] === '') {
    throw usageError('Expected a command after --, got an empty text; see wattline run --help.')
  }
  const intervalMs = parseIntervalMs(flags.interval)
  const settings = serverSettings(flags, io)
  const sinceS = Date.now() / 1000
  const running = await namedServer(flags, settings, io)
  const session = running === undefined ? await startSession(settings, [], io) : undefined
  const server = running ?? (session as ServerSession).server
  try {
    const recorded = new RecordedCommand(command, flags, server, io)
    if (flags.power === true) recorded.startPower(intervalMs)
    const exitCode = await recorded.run(flags.open === true, session?.dir)
    if (session !== undefined)
      await othersHaveEnded(session.server.store, recorded.runId, sinceS, io)
    return exitCode
  } finally {
    await session?.close()
    await session?.files.close()
  }
}

/**
 * Waits for the runs of other commands that record to this temporary server.
 *
 * @param sinceS when this command started; runs that an earlier server left live are not waited for
 */
async function othersHaveEnded(
  store: RunStore,
  own: string,
  sinceS: number,
  io: CliIo,
): Promise<void> {
  const isLive = ({ id, writers }: RunInfo) =>
    id !== own && writers.some(({ state, lastSeenAt }) => state === 'live' && lastSeenAt >= sinceS)
  const othersLive = async () => (await store.list()).some(isLive)
  if (!(await othersLive())) return
  io.stderr.write(
    'Wattline: other runs record to this server; waiting for them to end (press Ctrl+C to stop now).\n',
  )
  await new Promise<void>((resolve) => {
    io.stopSignal().addEventListener('abort', () => resolve(), { once: true })
    store.subscribe(({ run }) => {
      void store.info(run).then(async (info) => {
        if (info?.state !== 'live' && !(await othersLive())) setTimeout(resolve, LAST_ANSWERS_MS)
      })
    })
  })
}

/** `python3 agent.py`: the command and its first argument, without flags, which can contain secrets. */
function nameOf([file, first]: Command): string {
  const script = first === undefined || first.startsWith('-') ? [] : [basename(first)]
  return [basename(file), ...script].join(' ').slice(0, 60)
}

function outcomeOf({ exitCode, signal }: ChildEnd): string {
  if (signal !== null) return `was killed by ${signal} after`
  return exitCode === 0 ? 'took' : `failed with ${exitCode} after`
}

/** The command that shows a run whose server has ended, for a shell. */
function commandToShow(dir: string, run: string, io: CliIo): string {
  const path = join(dir, run, 'events.jsonl')
  const isPlain = /^[\w./-]+$/.test(path)
  return `wattline ${isPlain ? tildePath(path, io) : `'${path.replaceAll("'", String.raw`'\''`)}'`}`
}

/** One command, from its start to its end. */
class RecordedCommand {
  readonly #command: Command
  readonly #io: CliIo
  readonly #server: RunningServer
  readonly #name: string
  readonly runId: string
  readonly #client: RunWriter
  readonly #relay: SampleRelay
  readonly #tally = new PowerTotals()
  #sampling: PowerSampling | undefined

  constructor(command: Command, flags: RunFlags, server: RunningServer, io: CliIo) {
    this.#command = command
    this.#io = io
    this.#server = server
    this.#name = flags.name ?? nameOf(command)
    this.runId = requestedRunId(flags.run, io) ?? newRunId(this.#name)
    const { url, token } = server
    this.#client = new RunWriter({ url, token, run: this.runId, name: this.#name })
    this.#relay = new SampleRelay(this.#client)
  }

  startPower(intervalMs: number): void {
    const { env, platform } = this.#io
    this.#sampling = samplePower(
      {
        onSample: (sample) => {
          this.#tally.add(sample)
          this.#relay.add(sample)
        },
        onWarning: (text) => this.#say(`power: ${text}`),
      },
      { intervalMs, env, platform },
    )
  }

  async run(open: boolean, dir: string | undefined): Promise<number> {
    const view = await viewOf(this.#server, this.runId)
    this.#say(view.url)
    if (open) await openBrowser(view.browserUrl, this.#io)
    try {
      const before = new Set((await writersOf(this.#server, this.runId)).map(({ id }) => id))
      const startS = Date.now() / 1000
      const end = await this.#runCommand(before)
      const endS = Date.now() / 1000
      this.#sampling?.stop()
      await this.#deliver(before, startS, endS, end)
      if (this.#relay.loss !== undefined) this.#say(`power: ${this.#relay.loss}`)
      await this.#reportSum(endS - startS, end, dir)
      return end.exitCode
    } finally {
      this.#sampling?.stop()
      this.#client.close()
    }
  }

  /** If the command cannot be started, a run that did not exist before is removed again. */
  async #runCommand(before: ReadonlySet<string>): Promise<ChildEnd> {
    try {
      return await runChild(this.#command, this.#environment(), this.#io.cwd)
    } catch (error) {
      const isOurs = [...before].every((id) => id === this.#client.writerId)
      // Only after the server has seen the writer, which would create the run again.
      const isEnded = this.#client.end(AbortSignal.timeout(DELIVER_WITHIN_MS)).then(
        () => true,
        () => false,
      )
      if (isOurs && (await isEnded)) await removeRun(this.#server, this.runId)
      throw error
    }
  }

  /** WATTLINE_PARENT and traceparent are passed on unchanged. */
  #environment(): NodeJS.ProcessEnv {
    const { url, token } = this.#server
    const secret = token === undefined ? {} : { WATTLINE_TOKEN: token }
    return { ...this.#io.env, WATTLINE_URL: url, WATTLINE_RUN: this.runId, ...secret }
  }

  /** An error of the server does not change the exit code of the command. */
  async #deliver(
    before: ReadonlySet<string>,
    startS: number,
    endS: number,
    end: ChildEnd,
  ): Promise<void> {
    try {
      const writers = await writersOf(this.#server, this.runId)
      const hasRecorded = writers.some(
        ({ id, events }) => id !== this.#client.writerId && !before.has(id) && events > 0,
      )
      if (!hasRecorded) await this.#recordSpan(startS, endS, end)
      await this.#client.end(AbortSignal.timeout(DELIVER_WITHIN_MS))
    } catch (error) {
      this.#say(messageOf(error))
    }
  }

  /** Records one span for the whole command, so that energy can be attributed to it. */
  async #recordSpan(startS: number, endS: number, { exitCode, signal }: ChildEnd): Promise<void> {
    const span_id = randomBytes(8).toString('hex')
    const parent = this.#io.env['WATTLINE_PARENT']
    const ids = parent ? { span_id, parent_id: parent } : { span_id }
    const failed = {
      success: false,
      error: signal === null ? `exit code ${exitCode}` : `killed by ${signal}`,
    }
    const lines = [
      {
        event_type: 'agent_start',
        timestamp: startS,
        metadata: { ...ids, agent_name: this.#name },
      },
      {
        event_type: 'agent_end',
        timestamp: endS,
        metadata: { ...ids, exit_code: exitCode, ...(exitCode === 0 ? {} : failed) },
      },
    ].map((event) => `${encodeEvent(event)}\n`)
    await this.#client.send(new TextEncoder().encode(lines.join('')), lines.length)
  }

  /** @param dir the folder with the run, if its server ends with the command */
  async #reportSum(lengthS: number, end: ChildEnd, dir: string | undefined): Promise<void> {
    const spans = await spansOf(this.#server, this.runId)
    const { totalJ, meanW } = this.#tally
    const parts = [
      `${this.#name} ${outcomeOf(end)} ${formatDuration(lengthS)}`,
      ...(spans === undefined ? [] : [count(spans, 'span')]),
      ...(totalJ === undefined || meanW === undefined
        ? []
        : [`${formatJoules(totalJ)} (${formatWatts(meanW)} on average)`]),
    ]
    this.#say(parts.join(', '))
    if (dir !== undefined)
      this.#say(`show it again with ${commandToShow(dir, this.runId, this.#io)}`)
  }

  #say(text: string): void {
    this.#io.stderr.write(`Wattline: ${showHidden(text)}\n`)
  }
}
