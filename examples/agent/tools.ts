/** The agent's tools. Each call is a span. An error is recorded on the span and thrown to the agent. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { EventRecorder } from '@wattline/recorder'

const exec = promisify(execFile)
const SKIPPED = new Set(['node_modules', 'dist', 'dashboard'])

export interface FileMatch {
  readonly path: string
  readonly lines: number
}

export class Tools {
  readonly #recorder: EventRecorder

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder
  }

  /** Finds the files below `folder` that contain `text`. */
  searchFiles(folder: string, ending: string, text: string): Promise<FileMatch[]> {
    const args = { folder, ending, text }
    return this.#recorder.span('tool_call', { tool: 'search_files', args }, async (span) => {
      const matches: FileMatch[] = []
      for await (const path of walk(folder, ending)) {
        const content = await readFile(path, 'utf8')
        if (content.includes(text)) matches.push({ path, lines: content.split('\n').length })
      }
      span.add({ matches: matches.length, success: true })
      return matches
    })
  }

  /** Runs a program and returns its output. */
  run(program: string, args: readonly string[]): Promise<string> {
    return this.#recorder.span('tool_call', { tool: 'run', program, args }, async (span) => {
      const { stdout } = await exec(program, args)
      span.add({ bytes: stdout.length, success: true })
      return stdout.trim()
    })
  }

  fetchJson(url: string): Promise<unknown> {
    return this.#recorder.span('tool_call', { tool: 'http_get', url }, async (span) => {
      const response = await fetch(url)
      span.add({ status: response.status })
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      const body: unknown = await response.json()
      span.add({ success: true })
      return body
    })
  }

  /** Passes a file to another agent, in another process. Its spans nest under this one. */
  delegate(path: string, options: readonly string[]): Promise<unknown> {
    return this.#recorder.span('tool_call', { tool: 'delegate', path }, async (span) => {
      const program = process.argv[1] as string
      const child = spawn(process.execPath, [program, 'sub', path, ...options], {
        env: { ...process.env, ...this.#recorder.env() },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [answer, [exitCode]] = await Promise.all([json(child.stdout), once(child, 'close')])
      if (exitCode !== 0) throw new Error(`the sub-agent ended with ${String(exitCode)}`)
      span.add({ pid: child.pid, success: true })
      return answer
    })
  }
}

async function* walk(folder: string, ending: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path, ending)
    else if (entry.isFile() && entry.name.endsWith(ending)) yield path
  }
}

/** Repeats a failed attempt once, after a pause. The pause and the retry are on the timeline. */
export async function withRetry<T>(
  recorder: EventRecorder,
  pauseMs: number,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    recorder.point('error_classified', { category: 'transient', message: String(error) })
    await recorder.span(
      'wait',
      { for: 'backoff' },
      () => new Promise((done) => setTimeout(done, pauseMs)),
    )
    recorder.point('retry_attempt', { attempt: 2 })
    return await attempt()
  }
}
