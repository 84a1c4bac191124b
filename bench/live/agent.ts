/** Starts the other processes of the live benchmark and sends them messages. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Load, Written } from './protocol.ts'

export interface Agent {
  write(load: Load): Promise<Written>
  close(): Promise<void>
}

/** Starts `load.ts`, which writes to `address` in the way that its scheme selects. */
export async function startAgent(address: string, run: string): Promise<Agent> {
  const script = path.resolve('bench/live/load.ts')
  const child = fork(path.resolve('scripts/run-ts.mjs'), [script, address, run])
  await answerOf(child)
  return {
    async write(load) {
      child.send(load)
      return (await answerOf(child)) as Written
    },
    async close() {
      const exit = once(child, 'exit')
      child.send('close')
      await exit
    },
  }
}

export interface Minimal {
  readonly url: string
  readonly writeUrl: string
  stop(): void
}

export async function startMinimal(): Promise<Minimal> {
  const child = fork(path.resolve('bench/live/minimal.mjs'))
  const port = String(await answerOf(child))
  return {
    url: `http://127.0.0.1:${port}/`,
    writeUrl: `ws://127.0.0.1:${port}/write`,
    stop: () => void child.kill(),
  }
}

/** Resolves with the next message of the process. @throws {Error} when the process ends first */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const end = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with code ${String(code)}; see above`)
  })
  end.catch(() => undefined)
  try {
    const [message] = await Promise.race([once(child, 'message'), end])
    return message
  } finally {
    ended.abort()
  }
}
