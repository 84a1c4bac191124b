/** Ends child processes and lets this process exit before them. */
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Ends a child, if it was started. A child whose command does not exist has no pid before its `error`
 * event, and Node's `kill` would signal pid 0: every process of our own group.
 */
export function killChild(child: ChildProcess | undefined): void {
  if (child?.pid !== undefined) child.kill()
}

/** Lets this process exit while the child and its pipes are open. */
export function unrefChild(child: ChildProcess): void {
  child.unref()
  // The pipes of a child are sockets, although they are typed as streams.
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref()
}
