/** One port for everything: recorders, viewers, HTTP and the dashboard. */
import type { ServerOptions, WattlineServer } from './options.ts'

/** Starts a server. The store is repaired and listed before it resolves. */
export function createServer(_options: ServerOptions): Promise<WattlineServer> {
  return Promise.reject(new Error('not built yet'))
}
