/** The options and the result of `createServer`. */
import type { Logger, Opening } from './runs/context.ts'
import type { RunSource, RunStore } from './storage/store.ts'

export interface ServerOptions {
  /** Folder of the runs, created if necessary. Ignored with `store`. @default that of the command, see `defaultDir` */
  readonly dir?: string
  /** Another store instead of the folder `dir`. It is closed with the server. */
  readonly store?: RunStore
  /** Read-only runs, served in addition to those of the store. Closed with the server. */
  readonly sources?: readonly RunSource[]
  /** Address to listen on. Other than loopback it needs a token, which is generated if not given. @default '127.0.0.1' */
  readonly host?: string
  /** If the port is busy, the next free one is used. 0 = any free port. @default 9288 */
  readonly port?: number
  /** Folder of the built dashboard. @default the one in this package */
  readonly dashboardDir?: string
  /** Required from every client if given. At least 16 characters of `A–Z a–z 0–9 . _ ~ -`. */
  readonly token?: string | undefined
  /** Accepted host names (without port) in addition to localhost, loopback and `host`. Other than loopback they need a token, as `host` does. */
  readonly allowedHosts?: readonly string[]
  /** Other origins whose pages may connect and make changes, e.g. `http://localhost:5173`. Other than loopback they need a token, as `host` does. */
  readonly allowedOrigins?: readonly string[]
  /**
   * Opens files for programs that send `POST /api/open` and prove that they know `secret`. Without it
   * the route responds with 404.
   */
  readonly opening?: Opening | undefined
  /** While it returns true, everything but recording needs the token, also without the option `token`. */
  readonly isPrivate?: () => boolean
  /** Flush each batch to disk, so that acknowledged lines also survive a power loss. @default false */
  readonly fsync?: boolean
  /** How many runs to keep. The oldest that are not live are deleted first. @default all */
  readonly keep?: number | undefined
  /** Limit of the bytes of all runs. The oldest that are not live are deleted first. @default no limit */
  readonly maxDiskBytes?: number | undefined
  /** Largest WebSocket frame, and largest posted line. @default 16 MiB */
  readonly maxLineBytes?: number
  /** Largest posted body with a known length, and largest gzipped body after decompression. @default 1 GiB */
  readonly maxBodyBytes?: number
  /** Memory for lines and frames that clients have begun and not finished, all together. @default 256 MiB */
  readonly maxUnfinishedBytes?: number
  /** A body, line or frame is dropped when it grows by less than 16 KiB in this time. @default 30_000 */
  readonly unfinishedTimeoutMs?: number
  /** How long a writer may be silent before it is lost, or quiet if it has no connection. @default 30_000 */
  readonly lostAfterMs?: number
  /** How long a quiet writer without an open call may be silent before it ends. @default 1_800_000 */
  readonly endAfterMs?: number
  /** Time between heartbeats. @default 10_000 */
  readonly heartbeatMs?: number
  /** Most concurrent WebSockets, and most concurrent requests. Others get 503. @default 1000 */
  readonly maxConnections?: number
  /** Most requests and new WebSockets per second and address. Others get 429. @default 5000 */
  readonly maxRequestsPerSecond?: number
  /** Most runs in the folder. Further runs are refused. @default 100_000 */
  readonly maxRuns?: number
  /** How long a client may take to send its request headers. @default 10_000 */
  readonly headersTimeoutMs?: number
  /** Receives a line for each notable event. Requests are not logged, tokens never. @default silent */
  readonly log?: Logger
}

export interface WattlineServer {
  /** For example `http://127.0.0.1:9288`, without a trailing slash. */
  readonly url: string
  /** The address for a browser: `url`, with the token if the page needs one. */
  readonly openUrl: string
  /** Like `openUrl`, but with a code instead of the token. It is valid once, for 60 s. */
  browserUrl(): string
  readonly host: string
  /** The port that the server listens on. */
  readonly port: number
  /** Required from every client; undefined when none is. */
  readonly token: string | undefined
  /** The same, or the token that reading needs while the server is private. */
  readonly ownerToken: string
  readonly store: RunStore
  /**
   * Stops accepting connections, commits all received lines, and closes every socket, then the store.
   * Connections that are still open after `deadlineMs` (default 5,000) are terminated. Idempotent.
   */
  close(deadlineMs?: number): Promise<void>
}
