/**
 * The end of a Node process, for every recorder in it.
 *
 * Covered: running out of work, `process.exit()`, an uncaught exception or rejection (Node emits
 * `exit` after both), and SIGINT, SIGTERM, SIGHUP where the program has no handler of its own.
 * Nothing can be done at SIGKILL, at a native crash, or in a worker that is terminated.
 */
import { isMainThread } from 'node:worker_threads'
import type { ExitHooks } from './recorder.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** One set a process: a listener for each recorder would end in Node's leak warning. */
const hooks = new Set<ExitHooks>()

/** Returns what takes the hooks back. */
export function onProcessExit(hook: ExitHooks): () => void {
  if (hooks.size === 0) listen()
  hooks.add(hook)
  return () => {
    hooks.delete(hook)
    if (hooks.size === 0) unlisten()
  }
}

function listen(): void {
  process.on('beforeExit', onIdle)
  process.on('exit', onExit)
  if (isMainThread) for (const signal of SIGNALS) process.on(signal, onSignal)
}

function unlisten(): void {
  process.off('beforeExit', onIdle)
  process.off('exit', onExit)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function onIdle(): void {
  for (const hook of hooks) hook.idle()
}

function onExit(): void {
  for (const hook of hooks) hook.exit()
}

/** A listener takes away the signal's default; without another one the default is what we want. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  onExit()
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
}
