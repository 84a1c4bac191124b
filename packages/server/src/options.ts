/** What `createServer` takes and gives. The options are the manual. */
import type { RunInfo } from '@wattline/trace'
import type { Logger } from './runs/context.ts'
import type { RunSource, RunStore } from './storage/store.ts'

export interface ServerOptions {
  /** Folder of the runs; made when absent. Ignored with `store`. @default the command's, see `defaultDir` */
  readonly dir?: string
  /** A store of your own instead of `dir`. It is closed with the server. */
  readonly store?: RunStore
  /** Read-only runs shown beside the store's. Closed with the server. */
  readonly sources?: readonly RunSource[]
  /** @default '127.0.0.1'. Anything that is not loopback needs a token; one is made if none is given. */
  readonly host?: string
  /** 0 = any free port. A busy port gives way to the next free one. @default 9288 */
  readonly port?: number
  /** Folder of the built dashboard. @default the one inside this package */
  readonly dashboardDir?: string
  /** Demanded from everybody when given. At least 16 characters of `A–Z a–z 0–9 . _ ~ -`. */
  readonly token?: string
  /** Host names (without port) answered beside localhost, loopback and `host`. */
  readonly allowedHosts?: readonly string[]
  /** Other origins whose pages may connect and change things, e.g. `http://localhost:5173`. */
  readonly allowedOrigins?: readonly string[]
  /** Makes `POST /api/open {path}` open a file; without it the route answers 404. */
  readonly openFile?: (path: string) => Promise<RunInfo>
  /** Survive power loss, not only kill -9, at the price of a disk flush a batch. @default false */
  readonly fsync?: boolean
  /** How many runs to keep; the oldest that are not live go first. @default all */
  readonly keep?: number
  /** Bytes all runs together may take; the oldest that are not live go first. @default no limit */
  readonly maxDiskBytes?: number
  /** Largest WebSocket frame, and largest line of a POST. @default 16 MiB */
  readonly maxLineBytes?: number
  /** Largest POST body after decompression. @default 1 GiB */
  readonly maxBodyBytes?: number
  /** Silence after which a writer counts as lost. @default 30_000 */
  readonly lostAfterMs?: number
  /** Time between heartbeats. @default 10_000 */
  readonly heartbeatMs?: number
  /** Most WebSockets, and most requests at a time. Beyond them the answer is 503. @default 1000 */
  readonly maxConnections?: number
  /** Most requests and new WebSockets a second from one address; beyond them 429. @default 5000 */
  readonly maxRequestsPerSecond?: number
  /** Most runs in the folder; a new one beyond them is refused. @default 100_000 */
  readonly maxRuns?: number
  /** How long a client may take to say what it wants, before it is cut. @default 10_000 */
  readonly headersTimeoutMs?: number
  /** One line a noteworthy happening (no request log, never a token). @default silent */
  readonly log?: Logger
}

export interface WattlineServer {
  /** `http://127.0.0.1:9288`, without a slash at the end. */
  readonly url: string
  /** What to open in a browser: `url`, with the token when there is one. */
  readonly openUrl: string
  readonly host: string
  /** The port that was really taken. */
  readonly port: number
  readonly token: string | undefined
  readonly store: RunStore
  /**
   * Stops accepting, commits what has arrived, closes every socket, then the store. Idempotent;
   * after `deadlineMs` (default 5,000) what still hangs is cut.
   */
  close(deadlineMs?: number): Promise<void>
}
