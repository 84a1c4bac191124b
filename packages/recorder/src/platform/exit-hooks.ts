/**
 * Runs the exit hooks of every recorder when the Node process ends.
 *
 * Covers a process that runs out of work, `process.exit()`, uncaught exceptions and rejections
 * (Node emits `exit` after both), and SIGINT, SIGTERM and SIGHUP unless the program handles them.
 * Nothing can run at SIGKILL, at a native crash, or in a worker that is terminated.
 */
import { isMainThread } from 'node:worker_threads'
import type { ExitHooks } from './platform.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The kernel ignores signals to process 1 of a container unless the program handles them, so they do
 * not end the process.
 */
const IS_INIT = process.pid === 1

interface Shared {
  readonly hooks: Set<ExitHooks>
  /** Removes the listeners of the copy of this module that has added them. */
  unlisten: () => void
}

/**
 * One set per process, shared by all copies of this module, such as those of a development server
 * that reloads it: a listener per recorder or copy would trigger Node's leak warning.
 */
const KEY = Symbol.for('@wattline/recorder.exit')
const shared = ((globalThis as { [KEY]?: Shared })[KEY] ??= {
  hooks: new Set(),
  unlisten: () => undefined,
})
const { hooks } = shared

/** Registers `hook`; returns a function that removes it. */
export function onProcessExit(hook: ExitHooks): () => void {
  if (hooks.size === 0) listen()
  hooks.add(hook)
  return () => {
    hooks.delete(hook)
    if (hooks.size === 0) shared.unlisten()
  }
}

function listen(): void {
  shared.unlisten = unlisten
  process.on('beforeExit', onIdle)
  process.on('exit', onExit)
  if (isMainThread && !IS_INIT) for (const signal of SIGNALS) listenTo(signal)
}

/** Listens first: Node removes a `once` handler of the program from the list before it runs. */
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

/** A listener replaces the signal's default action; without other listeners, we restore it. */
function onSignal(signal: NodeJS.Signals): void {
  process.off(signal, onSignal)
  if (othersListenTo(signal)) {
    stepAside(signal)
    return
  }
  onExit()
  // With several copies of this package in one program, the last one ends the process.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

/** Marks our listener for other copies of this package, which must not count it as the program's. */
const OURS = Symbol.for('@wattline/recorder.onSignal')
Object.defineProperty(onSignal, OURS, { value: true })

function othersListenTo(signal: NodeJS.Signals): boolean {
  return process.listeners(signal).some((listener) => !(OURS in listener))
}

/**
 * Leaves the signal to the program's handlers. Our listener stays removed until they have all run,
 * because some libraries (signal-exit) end the process only if they are the only listener. They
 * then remove themselves and send the signal again, so we listen again as soon as they are gone.
 */
function stepAside(signal: NodeJS.Signals): void {
  const listenAgain = () => {
    process.off('removeListener', onRemoved)
    if (hooks.size > 0) listenTo(signal)
  }
  const onRemoved = (event: string | symbol) => {
    if (event === signal && !othersListenTo(signal)) listenAgain()
  }
  process.on('removeListener', onRemoved)
  process.nextTick(listenAgain)
}
