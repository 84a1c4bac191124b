/** What a tool that is run beside this process needs: it ends with us, and never keeps us from ending. */
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Ends a child, if it was started at all. One that could not be (there is no such command) has no pid
 * until its error is told, and Node's `kill` would take that for 0: every process of our own group.
 */
export function endChild(child: ChildProcess | undefined): void {
  if (child?.pid !== undefined) child.kill()
}

/** The child and its pipes do not keep this process alive. */
export function letGo(child: ChildProcess): void {
  child.unref()
  // A child's pipes are sockets, whatever their type says.
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref()
}
