/** Checks a log after the faults. Each violation is reported as a sentence. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Written } from './writers.ts'

export interface LogReport {
  readonly bytes: number
  readonly lines: number
  readonly digest: string
  readonly faults: readonly string[]
}

/** Checks the server's log: each writer's numbers start at 1, occur once, in order, and are complete. */
export async function checkLog(path: string, writers: readonly Written[]): Promise<LogReport> {
  const faults: string[] = []
  const { last, lines, isWhole, torn } = await countLines(path, faults)
  for (const { writer, acknowledged, recorded, undelivered, crash } of writers) {
    if (crash !== undefined) faults.push(`${writer} crashed: ${crash}`)
    const held = last.get(writer) ?? 0
    if (held < acknowledged) {
      faults.push(`${writer}: ${acknowledged} events were acknowledged, the log contains ${held}`)
    }
    if (recorded !== undefined && held !== recorded) {
      faults.push(`${writer}: ${recorded} events were recorded, the log contains ${held}`)
    }
    if (undelivered > 0)
      faults.push(`${writer}: ${undelivered} events were undelivered when it closed`)
  }
  if (torn > 0) faults.push(`${torn} lines of the log are torn`)
  if (!isWhole) faults.push('the log ends inside a line')
  const { digest, bytes } = await digestOf(path)
  return { bytes, lines, digest, faults }
}

/** Checks the recorder's own file: it contains, in order, what was flushed before a kill. */
export async function checkFile({ writer, file, acknowledged }: Written): Promise<string[]> {
  const faults: string[] = []
  // A recorder that was killed early may not have created its file.
  if (acknowledged === 0 && !existsSync(file)) return faults
  const { last } = await countLines(file, faults)
  const held = last.get(writer) ?? 0
  if (held < acknowledged) {
    faults.push(`${file}: ${acknowledged} events were flushed, the file contains ${held}`)
  }
  return faults
}

interface Counted {
  /** The last number of each writer. */
  readonly last: ReadonlyMap<string, number>
  readonly lines: number
  readonly isWhole: boolean
  readonly torn: number
}

async function countLines(path: string, faults: string[]): Promise<Counted> {
  const last = new Map<string, number>()
  let lines = 0
  let torn = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines += 1
    const event = parse(line)
    if (event === undefined) torn += 1
    else if (event.event_type === 'recorder_dropped') faults.push(`${path}: dropped: ${line}`)
    const { writer, n } = event?.metadata ?? {}
    if (writer === undefined || n === undefined) continue
    const before = last.get(writer) ?? 0
    if (n !== before + 1 && faults.length < 20) {
      faults.push(`${path}, line ${lines}: ${writer} has ${n} after ${before}`)
    }
    last.set(writer, n)
  }
  return { last, lines, isWhole: await endsWithNewline(path), torn }
}

interface Line {
  readonly event_type?: string
  readonly metadata?: { readonly writer?: string; readonly n?: number }
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line
  } catch {
    // The caller counts it.
    return undefined
  }
}

async function endsWithNewline(path: string): Promise<boolean> {
  let last = 10
  for await (const part of createReadStream(path)) last = (part as Buffer).at(-1) ?? last
  return last === 10
}

async function digestOf(path: string): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of createReadStream(path)) {
    hash.update(part as Buffer)
    bytes += (part as Buffer).length
  }
  return { digest: hash.digest('hex'), bytes }
}
