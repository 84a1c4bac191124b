/** The options of a recorder, documented and validated. */
import type { Redact } from '../snapshot/redact.ts'
import type { Sink } from '../sinks/sink.ts'
import type { Environment } from './environment.ts'

export interface RecorderOptions {
  /**
   * The id of the run that the events belong to. Recorders in several processes or workers use the
   * same id to record one run.
   * @default WATTLINE_RUN, else a new readable one such as `brave-otter-1124-031822-7f3a`
   */
  readonly run?: string | undefined
  /** The name of this recorder's writer, shown beside the other writers of the run. */
  readonly name?: string | undefined
  /**
   * A Wattline server, `http://127.0.0.1:9288`. Events are sent as they are recorded. While the
   * server cannot be reached, they wait in memory, then in a temporary file (Node).
   * @default WATTLINE_URL; without either, nothing is sent
   */
  readonly url?: string | undefined
  /** The server's token. @default WATTLINE_TOKEN */
  readonly token?: string | undefined
  /** A JSONL file to append to (Node). With `url` as well, both get every event. */
  readonly file?: string | undefined
  /**
   * Custom sinks, used instead of those for `file`, `url` and the environment. `[]` keeps
   * everything in memory and ignores the environment.
   */
  readonly sinks?: readonly Sink[] | undefined
  /**
   * How many of the latest events `getEvents()` returns.
   * @default Infinity without a sink, 10_000 with one
   */
  readonly retain?: number | undefined
  /**
   * Removes secrets before an event is kept, passed to a subscriber or sent. `redactSecrets`
   * recognizes common shapes.
   */
  readonly redact?: Redact | undefined
  /** Metadata longer than about this many characters is cut and marked. @default 262_144 */
  readonly maxEventChars?: number | undefined
  /**
   * Reads this machine's power (nvidia-smi, RAPL, rocm-smi, powermetrics) and records it as samples
   * until the recorder is closed (Node, and only with a sink). A meter that cannot be read is
   * reported once. `intervalMs` is 50 to 1,000.
   * @default false; `true` reads every 100 ms
   */
  readonly power?: boolean | { readonly intervalMs?: number | undefined } | undefined
  /** Memory for lines that the server has not acknowledged, in bytes. @default 8_388_608 */
  readonly outboxBytes?: number | undefined
  /** Largest temporary file for lines that do not fit in memory (Node); 0 = none. @default 1_073_741_824 */
  readonly spillBytes?: number | undefined
  /** How long `close()` and a process that runs out of work wait for delivery. @default 5_000 */
  readonly closeTimeoutMs?: number | undefined
  /** Does not print the run's URL to stderr. Problems are still printed. @default false */
  readonly silent?: boolean | undefined
  /**
   * The source of `WATTLINE_*` and `traceparent`. In a worker, pass the `recorder.env()` of the
   * thread that started it.
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

/** Throws a TypeError that names the wrong option, what was expected and the value given. */
export function validateOptions(options: RecorderOptions): void {
  for (const name of ['run', 'name', 'token', 'file', 'url'] as const) text(name, options[name])
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

/** Checks custom sinks early: an incomplete one would fail only when events are delivered. */
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

/** Checks the limits of the meters here, because the meters are loaded later. */
function powerOption(power: unknown): void {
  if (power === undefined || typeof power === 'boolean') return
  const { intervalMs = DEFAULTS.powerIntervalMs } = Object(power) as { intervalMs?: unknown }
  const isInRange = typeof intervalMs === 'number' && intervalMs >= 50 && intervalMs <= 1_000
  if (typeof power === 'object' && isInRange) return
  throw new TypeError(
    `power must be true or { intervalMs: 50 to 1000 }, got ${JSON.stringify(power)}`,
  )
}

/** Parses a server's URL. Throws a TypeError if it is not an http, https, ws or wss URL. */
export function serverUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && /^(?:https?|wss?):$/.test(parsed.protocol)) return parsed
  throw new TypeError(`url must look like http://127.0.0.1:9288, got ${JSON.stringify(url)}`)
}
