/** Shared by the server's tests: servers in temporary folders, and simple clients. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { onTestFinished } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import type { RunInfo } from '@wattline/trace'
import type { ServerOptions, WattlineServer } from '../options.ts'
import { createServer } from '../server.ts'
import type { RunStore } from '../storage/store.ts'

/** A temporary folder, deleted after the test. */
export async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wattline-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }), 60_000)
  return dir
}

/** A server on a free port, closed after the test. */
export async function startServer(options: ServerOptions = {}): Promise<WattlineServer> {
  const dir = options.dir ?? (await tempDir())
  const server = await createServer({ port: 0, ...options, dir })
  onTestFinished(() => server.close(100))
  return server
}

/** Bytes of live buffers, after a garbage collection. */
export function heldBufferBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Buffers are freed in the background; the second collection waits for the first.
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}

/** One event line with a unique number. */
export function line(number: number, writer = 'w'): string {
  const metadata = { writer, number }
  return `${JSON.stringify({ event_type: 'step', timestamp: 1_700_000_000 + number, metadata })}\n`
}

/** Lines `from` to `to`, inclusive. */
export function lines(from: number, to: number, writer = 'w'): string {
  let text = ''
  for (let number = from; number <= to; number += 1) text += line(number, writer)
  return text
}

/** A WebSocket client whose messages and close can be awaited. */
export class Client {
  readonly socket: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #messages: Buffer[] = []
  #wake: () => void = () => undefined
  #isClosed = false

  constructor(url: string, options: ClientOptions & { protocols?: string[] } = {}) {
    const { protocols = ['wattline.v1'], ...rest } = options
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, rest)
    this.socket.on('message', (data) => {
      this.#messages.push(data as Buffer)
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        this.#isClosed = true
        this.#wake()
        resolve({ code, reason: reason.toString() })
      })
    })
    this.socket.on('error', () => this.#wake())
    onTestFinished(() => this.socket.terminate())
  }

  /** The next message. Rejects when the connection ends before it. */
  async next(): Promise<Buffer> {
    for (;;) {
      const message = this.#messages.shift()
      if (message !== undefined) return message
      if (this.#isClosed) throw new Error('the connection closed before the next message')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Reads until a control message has the key, and returns its value. */
  async control(key: string): Promise<unknown> {
    for (;;) {
      const message = await this.next()
      if (message[0] !== 0x7b) continue
      const json = JSON.parse(message.toString()) as Record<string, unknown>
      if (key in json) return json[key]
    }
  }

  /** Reads until the server has acked `n`. */
  async acked(n: number): Promise<void> {
    let ack = -1
    while (ack < n) ack = (await this.control('ack')) as number
  }

  send(firstSeq: number, text: string): void {
    this.#whenOpen(() => this.socket.send(Buffer.from(`${firstSeq}\n${text}`)))
  }

  end(): void {
    this.#whenOpen(() => this.socket.send('{"end":true}'))
  }

  #whenOpen(act: () => void): void {
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.once('open', act)
    else act()
  }
}

export function record(server: { url: string }, run: string, writer: string): Client {
  return new Client(`${server.url}/record?run=${encodeURIComponent(run)}&writer=${writer}`)
}

/** A viewer that keeps the log that it has received. */
export class Viewer extends Client {
  text = ''
  cursor = 0
  gen = ''
  run: RunInfo | undefined
  resets = 0
  readonly controls: Record<string, unknown>[] = []

  /** Processes the next message. */
  async step(): Promise<void> {
    const message = await this.next()
    if (message[0] !== 0x7b) {
      this.cursor = Number(message.readBigUInt64BE(0))
      this.text += message.toString('utf8', 8)
      return
    }
    const control = JSON.parse(message.toString()) as Record<string, unknown>
    this.controls.push(control)
    if (typeof control['gen'] === 'string') this.gen = control['gen']
    if (control['run'] !== undefined) this.run = control['run'] as RunInfo
    if (typeof control['reset'] === 'string') {
      this.gen = control['reset']
      this.text = ''
      this.resets += 1
    }
  }

  async until(done: (viewer: this) => boolean): Promise<void> {
    while (!done(this)) await this.step()
  }

  /** Processes messages until the server has sent all committed lines. */
  caughtUp(): Promise<void> {
    const before = this.controls.length
    return this.until(() => this.controls.slice(before).some((c) => 'caughtUp' in c))
  }
}

export function watch(server: { url: string }, run: string, query = ''): Viewer {
  return new Viewer(`${server.url}/watch?run=${encodeURIComponent(run)}${query}`)
}

/** Waits until the run satisfies `done`. It is checked after each change, without polling. */
export async function untilRun(
  store: RunStore,
  run: string,
  done: (info: RunInfo) => boolean,
): Promise<RunInfo> {
  for (;;) {
    let unsubscribe: () => void = () => undefined
    const changed = new Promise<void>((resolve) => {
      unsubscribe = store.subscribe(() => resolve())
    })
    try {
      const info = await store.info(run)
      if (info !== undefined && done(info)) return info
      await changed
    } finally {
      unsubscribe()
    }
  }
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
