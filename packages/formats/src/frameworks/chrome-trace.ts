/**
 * Chrome Trace Event files, as of PyTorch, ROCm, vLLM and browsers: `{traceEvents: […]}` or a bare array.
 * Times are µs, absolute or relative.
 *
 * | phases           | a span is                                                                    |
 * |------------------|------------------------------------------------------------------------------|
 * | `X`              | one event with a duration                                                    |
 * | `B` `E`          | a pair on the stack of its thread, in order of time                          |
 * | `b` `e`          | a pair with the same category, id and name                                   |
 * | `S` `F`          | the same, only where both ends are there in order: state tracks write others |
 * | `i` `I` `R`, `n` | points                                                                       |
 */
import type { JsonValue } from '@wattline/trace'
import { at, fieldsOf, idOf, numberOf, short, textOf, type Fields } from '../read/fields.ts'
import type { CreateReader, Host, Place, Reader, Taken } from '../read/reader.ts'

export const chromeTraceReader: CreateReader = (host) => new ChromeTraceReader(host)

/** Counters, flows, samples, objects, memory dumps, marks of clocks. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set('C s t f P O N D v V c G a g ( ) T p'.split(' '))
const POINTS: ReadonlySet<string> = new Set(['i', 'I', 'R', 'n'])
/** Phases that are paired once all events are read, in order of time. */
const PAIRED: ReadonlySet<string> = new Set(['B', 'E', 'b', 'e', 'S', 'F'])

interface HalfSpan {
  readonly phase: string
  readonly timeS: number
  readonly key: string
  readonly event: Fields
  readonly place: Place
}

class ChromeTraceReader implements Reader {
  readonly #host: Host
  readonly #halves: HalfSpan[] = []
  readonly #processes = new Map<string, string>()
  readonly #threads = new Map<string, string>()
  /** The name of a thread's group, which stays as it was for its first event. */
  readonly #groups = new Map<string, string>()
  #baseS = 0
  #spans = 0

  constructor(host: Host) {
    this.#host = host
  }

  rest(fields: unknown): void {
    const baseNs = numberOf(at(fields, 'baseTimeNanoseconds'))
    if (baseNs !== undefined && this.#spans === 0) this.#baseS = baseNs / 1e9
  }

  push(record: unknown, place: Place): Taken {
    const event = fieldsOf(record)
    const phase = textOf(event['ph'])
    if (phase === undefined) return { unknown: 'no phase' }
    if (phase === 'M') return this.#name(event)
    if (WITHOUT_SPAN.has(phase)) return 'known'
    const us = numberOf(event['ts'])
    if (us === undefined) return 'untimed'
    const timeS = this.#baseS + us / 1e6
    if (phase === 'X') {
      const durationUs = numberOf(event['dur']) ?? 0
      const id = this.#start(event, timeS, place)
      this.#end(event, timeS + durationUs / 1e6, id, place)
      return 'used'
    }
    if (POINTS.has(phase)) {
      this.#host.emit('instant', timeS, { ...this.#names(event), ...argumentsOf(event) })
      return 'used'
    }
    if (!PAIRED.has(phase)) return { unknown: `phase ${phase}` }
    this.#halves.push({ phase, timeS, key: keyOf(phase, event), event, place })
    return 'used'
  }

  end(): void {
    const open = new Map<string, HalfSpan[]>()
    for (const half of this.#halves.sort((a, b) => a.timeS - b.timeS)) {
      const isStart = half.phase === 'B' || half.phase === 'b' || half.phase === 'S'
      if (isStart) {
        const stack = open.get(half.key)
        if (stack === undefined) open.set(half.key, [half])
        else stack.push(half)
        continue
      }
      const start = open.get(half.key)?.pop()
      // An end without a start is none.
      if (start === undefined) continue
      const id = this.#start(start.event, start.timeS, start.place)
      this.#end(start.event, half.timeS, id, half.place, half.event)
    }
    for (const { phase, event, timeS, place } of [...open.values()].flat()) {
      if (phase !== 'S') this.#start(event, timeS, place)
    }
    this.#halves.length = 0
  }

  /** Names of processes and threads. */
  #name(event: Fields): Taken {
    const name = textOf(at(event, 'args', 'name'))
    if (name === undefined) return 'known'
    if (event['name'] === 'process_name') this.#processes.set(processOf(event), name)
    else if (event['name'] === 'thread_name') this.#threads.set(threadOf(event), name)
    return 'known'
  }

  #start(event: Fields, timeS: number, place: Place): string {
    const id = `x${++this.#spans}`
    const metadata = { span_id: id, ...this.#names(event), ...argumentsOf(event) }
    this.#host.emit(`${kindOf(event)}_start`, timeS, metadata, place)
    return id
  }

  #end(start: Fields, timeS: number, id: string, place: Place, end?: Fields): void {
    const more = end === undefined ? {} : argumentsOf(end)
    this.#host.emit(`${kindOf(start)}_end`, timeS, { span_id: id, ...more }, place)
  }

  /** The thread is the agent, so that it has rows of its own. */
  #names(event: Fields): Record<string, JsonValue> {
    const thread = threadOf(event)
    let group = this.#groups.get(thread)
    if (group === undefined) {
      const process = processOf(event)
      const names = [this.#processes.get(process) ?? process, this.#threads.get(thread)]
      group = `${names[0]} · ${names[1] ?? `thread ${idOf(event['tid']) ?? ''}`}`
      this.#groups.set(thread, group)
    }
    return { agent_name: group, name: short(textOf(event['name']) ?? '') }
  }
}

function processOf(event: Fields): string {
  return `process ${idOf(event['pid']) ?? ''}`
}

function threadOf(event: Fields): string {
  return `${idOf(event['pid']) ?? ''} ${idOf(event['tid']) ?? ''}`
}

/** What the start and the end of a pair have in common. */
function keyOf(phase: string, event: Fields): string {
  if (phase === 'B' || phase === 'E') return `stack ${threadOf(event)}`
  const type = phase === 'S' || phase === 'F' ? 'old' : 'async'
  const local = idOf(at(event, 'id2', 'local'))
  const id = idOf(event['id']) ?? idOf(at(event, 'id2', 'global'))
  const scope = local === undefined ? `${id}` : `${idOf(event['pid'])} ${local}`
  return JSON.stringify([type, textOf(event['cat']), scope, textOf(event['name'])])
}

const KIND_CHARS = 60

/** The category, as in `kernel` and `cpu_op`. */
function kindOf(event: Fields): string {
  const category = (textOf(event['cat']) ?? '').replace(/[^\w.-]+/g, '_').slice(0, KIND_CHARS)
  return category === '' ? 'span' : category
}

function argumentsOf(event: Fields): Record<string, JsonValue> {
  const given = fieldsOf(event['args'])
  return Object.keys(given).length === 0 ? {} : { arguments: short(given) }
}
