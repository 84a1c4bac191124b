/**
 * The end of a Node process, for every recorder in it.
 *
 * Covered: running out of work, `process.exit()`, an uncaught exception or rejection (Node emits
 * `exit` after both), and SIGINT, SIGTERM, SIGHUP where nobody else handles them. Nothing can be
 * done at SIGKILL, at a native crash, or in a worker that is terminated.
 */
import { isMainThread } from 'node:worker_threads'
import type { ExitHooks } from '../recorder.ts'

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
  if (isMainThread) for (const signal of SIGNALS) listenTo(signal)
}

/** In front: a `once` handler of the program is not among the listeners any more when it runs. */
function listenTo(signal: NodeJS.Signals): void {
  if (!process.listeners(signal).includes(onSignal)) process.prependListener(signal, onSignal)
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
  process.off(signal, onSignal)
  if (othersListenTo(signal)) {
    stepAside(signal)
    return
  }
  onExit()
  // Where the program has several copies of this package, the last of them ends it.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

/** Marks our listener for other copies of this package: it is no decision of the program. */
const OURS = Symbol.for('@wattline/recorder.onSignal')
Object.defineProperty(onSignal, OURS, { value: true })

function othersListenTo(signal: NodeJS.Signals): boolean {
  return process.listeners(signal).some((listener) => !(OURS in listener))
}

/**
 * Somebody else decides. Until they all have heard of it we do not listen, since some (signal-exit,
 * which many packages bring along) only end the process where nobody but them listens. They leave
 * first and send the signal again: that is when we are needed once more.
 */
function stepAside(signal: NodeJS.Signals): void {
  const comeBack = () => {
    process.off('removeListener', onRemoved)
    if (hooks.size > 0) listenTo(signal)
  }
  const onRemoved = (event: string | symbol) => {
    if (event === signal && !othersListenTo(signal)) comeBack()
  }
  process.on('removeListener', onRemoved)
  process.nextTick(comeBack)
}
