/** The recorder's options: this is their manual. Validated once, when a recorder is made. */
import type { Environment } from './environment.ts'
import type { Redact } from './snapshot/redact.ts'
import type { Sink } from './sinks/sink.ts'

export interface RecorderOptions {
  /**
   * The run's id: what the server files the events under. Recorders of one run in several
   * processes or workers share it.
   * @default WATTLINE_RUN, else a new readable one such as `brave-otter-1124-031822-7f3a`
   */
  readonly run?: string | undefined
  /** What this recorder's process is called beside others of the run. Shown with its writer. */
  readonly name?: string | undefined
  /**
   * A Wattline server, `http://127.0.0.1:9288`. Events are sent as they are recorded; while the
   * server is away they are kept, in memory first and then in a temporary file (Node).
   * @default WATTLINE_URL; without either nothing is sent
   */
  readonly url?: string | undefined
  /** The server's token. @default WATTLINE_TOKEN */
  readonly token?: string | undefined
  /** A JSONL file to append to (Node). May be given beside `url`: then both get every event. */
  readonly file?: string | undefined
  /**
   * Sinks of your own, in place of those that `file`, `url` and the environment would make. `[]`
   * keeps everything in memory whatever the environment says.
   */
  readonly sinks?: readonly Sink[] | undefined
  /**
   * How many of the last events `getEvents()` gives back.
   * @default Infinity without a sink, 10_000 with one
   */
  readonly retain?: number | undefined
  /**
   * Takes secrets out before an event is kept, seen by a subscriber or sent. `redactSecrets` knows
   * common shapes.
   */
  readonly redact?: Redact | undefined
  /** Longer metadata is cut, with a marker, to about so many characters. @default 262_144 */
  readonly maxEventChars?: number | undefined
  /**
   * Reads this machine's power (nvidia-smi, RAPL, rocm-smi, powermetrics) and records it as samples
   * until the recorder is closed (Node). What cannot be read is said once, and nothing else happens.
   * Only where there is a sink. `intervalMs` is 50 to 1,000.
   * @default false; `true` reads every 100 ms
   */
  readonly power?: boolean | { readonly intervalMs?: number | undefined } | undefined
  /** Memory for what the server has not acknowledged. @default 8_388_608 */
  readonly outboxBytes?: number | undefined
  /** Temporary file for what memory does not hold, at most (Node). 0 = none. @default 1_073_741_824 */
  readonly spillBytes?: number | undefined
  /** How long `close()`, and the end of the process's work, wait for delivery. @default 5_000 */
  readonly closeTimeoutMs?: number | undefined
  /** Keeps the run's URL from being printed to stderr. Troubles are still said. @default false */
  readonly silent?: boolean | undefined
  /**
   * Where `WATTLINE_*` and `traceparent` are read from: in a worker the `recorder.env()` of the
   * thread that made it.
   * @default process.env
   */
  readonly env?: Environment | undefined
}

export const DEFAULTS = {
  retainWithSink: 10_000,
  maxEventChars: 262_144,
  outboxBytes: 8 * 1024 * 1024,
  spillBytes: 1024 * 1024 * 1024,
  closeTimeoutMs: 5_000,
  powerIntervalMs: 100,
} as const

/** Throws a TypeError that says which option is wrong, what was expected and what came. */
export function validateOptions(options: RecorderOptions): void {
  text('run', options.run)
  text('name', options.name)
  text('token', options.token)
  text('file', options.file)
  text('url', options.url)
  if (options.url !== undefined) serverUrl(options.url)
  amount('retain', options.retain, 0)
  if (options.retain !== undefined && options.retain % 1 > 0) {
    throw new TypeError(`retain must be a whole number or Infinity, got ${options.retain}`)
  }
  amount('maxEventChars', options.maxEventChars, 256)
  amount('outboxBytes', options.outboxBytes, 65_536)
  amount('spillBytes', options.spillBytes, 0)
  amount('closeTimeoutMs', options.closeTimeoutMs, 0)
  powerOption(options.power)
  sinksOption(options.sinks)
  if (options.redact !== undefined && typeof options.redact !== 'function') {
    throw new TypeError(`redact must be a function, got ${typeof options.redact}`)
  }
}

function text(name: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  throw new TypeError(`${name} must be a non-empty string, got ${JSON.stringify(value)}`)
}

function amount(name: string, value: unknown, least: number): void {
  if (value === undefined || (typeof value === 'number' && value >= least)) return
  const given = typeof value === 'number' ? String(value) : JSON.stringify(value)
  throw new TypeError(`${name} must be a number of at least ${least}, got ${given}`)
}

/** A sink that lacks something would only fail when there is something to lose. */
function sinksOption(sinks: unknown): void {
  if (sinks === undefined) return
  if (!Array.isArray(sinks)) throw new TypeError(`sinks must be an array, got ${typeof sinks}`)
  for (const sink of sinks) {
    const { name, counts, write, flush, close } = Object(sink) as Partial<Sink>
    const methods = [write, flush, close].every((method) => typeof method === 'function')
    if (typeof name === 'string' && typeof counts === 'object' && methods) continue
    throw new TypeError('a sink must have name, counts, write(), flush() and close(); see Sink')
  }
}

/** The meters' own limits, checked here since they are loaded later. */
function powerOption(power: unknown): void {
  if (power === undefined || typeof power === 'boolean') return
  const { intervalMs = DEFAULTS.powerIntervalMs } = Object(power) as { intervalMs?: unknown }
  const isInRange = typeof intervalMs === 'number' && intervalMs >= 50 && intervalMs <= 1_000
  if (typeof power === 'object' && isInRange) return
  throw new TypeError(
    `power must be true or { intervalMs: 50 to 1000 }, got ${JSON.stringify(power)}`,
  )
}

/** A server's address. Throws a TypeError for what is none. */
export function serverUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && /^(?:https?|wss?):$/.test(parsed.protocol)) return parsed
  throw new TypeError(`url must look like http://127.0.0.1:9288, got ${JSON.stringify(url)}`)
}
