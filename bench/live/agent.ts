/** The other processes of the live bench, as its main one speaks to them. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Load, Written } from './protocol.ts'

export interface Agent {
  write(load: Load): Promise<Written>
  close(): Promise<void>
}

/** Starts `load.ts`; `address` says how it writes. */
export async function startAgent(address: string, run: string): Promise<Agent> {
  const load = path.resolve('bench/live/load.ts')
  const child = fork(path.resolve('scripts/run-ts.mjs'), [load, address, run])
  await answerOf(child)
  return {
    async write(what) {
      child.send(what)
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

/** Its next message. @throws {Error} when it ends instead */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  const end = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${String(code)}; see above`)
  })
  end.catch(() => undefined)
  try {
    const [message] = await Promise.race([once(child, 'message'), end])
    return message
  } finally {
    ended.abort()
  }
}
