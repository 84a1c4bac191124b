/**
 * Gemini CLI: one document `{sessionId, projectHash, messages}` before version 0.40, since then JSON lines
 * with a header, messages, `{$set}` and `{$rewindTo}`. Subagents have files of their own.
 *
 * A message is written again with more in it; the newest state counts. Its time is that of the answer. The
 * time of a tool call is that of its batch; ids such as `read_file-1785001009950-1f2e` contain the time of
 * the request.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  isPlainId,
  listOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Place, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const geminiCliReader: CreateReader = (host) => {
  const sessions = new Map<string, Session>()
  const each = (action: (session: Session) => void): void => sessions.forEach(action)
  const reader: Reader = {
    push(record, place) {
      let session = sessions.get(place.file)
      if (session === undefined) {
        session = new Session(host, sessions.size === 0)
        sessions.set(place.file, session)
      }
      return session.push(fieldsOf(record), place)
    },
    settle: () => each((session) => session.write()),
    end: () =>
      each((session) => {
        session.write()
        session.end()
      }),
  }
  return reader
}

type Metadata = Record<string, JsonValue>

const MAIN_AGENT = 'Gemini CLI'
/** States of tool calls that are over. */
const OVER: ReadonlySet<string> = new Set(['success', 'error', 'cancelled'])
const REQUEST_MS = /-(\d{13})-[0-9a-f]+$/

interface Message {
  readonly id: string
  readonly timeS: number
  readonly askedS: number | undefined
  place: Place
  state: Fields
  isWritten: boolean
  isRewound: boolean
  /** Calls that are written: true = with their ends. */
  readonly calls: Map<string, boolean>
}

/** One file. */
class Session {
  readonly #host: Host
  readonly #isMain: boolean
  readonly #messages = new Map<string, Message>()
  #id = 'main'
  /** When the model was last given something to answer. */
  #askedS: number | undefined
  #firstS: number | undefined
  #lastS: number | undefined

  constructor(host: Host, isMain: boolean) {
    this.#host = host
    this.#isMain = isMain
  }

  push(record: Fields, place: Place): Taken {
    if (typeof record['sessionId'] === 'string') this.#header(record)
    const messages = record['messages'] ?? at(record, '$set', 'messages')
    if (Array.isArray(messages)) {
      for (const message of messages) this.#message(fieldsOf(message), place)
      return 'used'
    }
    const rewound = idOf(record['$rewindTo'])
    if (rewound !== undefined) {
      this.#rewind(rewound)
      return 'used'
    }
    if (record['type'] === undefined) return 'known'
    return this.#message(record, place)
  }

  /** Writes the messages that have changed. */
  write(): void {
    for (const message of this.#messages.values()) this.#write(message)
  }

  end(): void {
    if (this.#isMain || this.#firstS === undefined) return
    const { agent_name, agent_id } = this.#owner
    const names = { span_id: `agent:${this.#id}`, agent_name: agent_name!, agent_id: agent_id! }
    this.#host.emit('agent_start', this.#firstS, names)
    this.#host.emit('agent_end', this.#lastS ?? this.#firstS, { span_id: `agent:${this.#id}` })
  }

  get #owner(): Metadata {
    if (this.#isMain) return { agent_name: MAIN_AGENT }
    return { agent_name: 'subagent', agent_id: this.#id, parent_id: `agent:${this.#id}` }
  }

  #header(record: Fields): void {
    this.#id = textOf(record['sessionId']) ?? this.#id
    if (this.#isMain && isPlainId(this.#id)) this.#host.want(`${this.#id}/*.jsonl`)
  }

  #message(state: Fields, place: Place): Taken {
    const id = idOf(state['id'])
    const timeS = isoSeconds(state['timestamp'], 'utc')
    if (timeS === undefined || id === undefined) return 'untimed'
    this.#firstS = Math.min(this.#firstS ?? timeS, timeS)
    this.#lastS = Math.max(this.#lastS ?? timeS, timeS)
    if (state['type'] === 'user') {
      this.#askedS = timeS
      return 'used'
    }
    if (state['type'] !== 'gemini') return 'known'
    let message = this.#messages.get(id)
    if (message === undefined) {
      // The message before is complete.
      this.write()
      message = {
        id,
        timeS,
        askedS: this.#askedS,
        place,
        state,
        isWritten: false,
        isRewound: false,
        calls: new Map(),
      }
      this.#messages.set(id, message)
    }
    message.state = state
    message.place = place
    for (const call of listOf(state['toolCalls'])) {
      const batchS = isoSeconds(at(call, 'timestamp'), 'utc')
      if (batchS === undefined) continue
      // The next call of the model answers the last results.
      this.#askedS = batchS
      this.#lastS = Math.max(this.#lastS, batchS)
    }
    return 'used'
  }

  /** What was rewound did run and did cost, so it is kept and marked. */
  #rewind(id: string): void {
    this.write()
    let isBehind = false
    for (const message of this.#messages.values()) {
      if (message.id === id) isBehind = true
      if (!isBehind || message.isRewound) continue
      message.isRewound = true
      for (const span of [this.#span(message), ...message.calls.keys()]) {
        this.#host.emit(
          'span_update',
          message.timeS,
          { span_id: span, rewound: true },
          message.place,
        )
      }
    }
  }

  #span(message: Message): string {
    return `message:${this.#id}:${message.id}`
  }

  #write(message: Message): void {
    const { state, timeS, askedS, place } = message
    if (!message.isWritten) {
      message.isWritten = true
      const span_id = this.#span(message)
      const model = defined({ model: textOf(state['model']) })
      const startS = askedS === undefined ? timeS : Math.min(askedS, timeS)
      const start = { ...this.#owner, ...model, span_id }
      this.#host.emit('lm_inference_start', startS, start, place)
      const tokens = tokensOf(fieldsOf(state['tokens']))
      this.#host.emit('lm_inference_end', timeS, { span_id, ...tokens }, place)
    }
    for (const call of listOf(state['toolCalls'])) this.#call(fieldsOf(call), message)
  }

  #call(call: Fields, message: Message): void {
    const id = idOf(call['id'])
    if (id === undefined || message.calls.get(id) === true) return
    const status = textOf(call['status']) ?? ''
    const endS = isoSeconds(call['timestamp'], 'utc')
    const isOver = endS !== undefined && OVER.has(status)
    if (!message.calls.has(id)) this.#startCall(id, call, message)
    message.calls.set(id, isOver)
    if (!isOver) return
    const output = textOf(call['resultDisplay'])
    this.#host.emit(
      'tool_call_end',
      endS,
      {
        span_id: id,
        ...(output === undefined ? {} : { output: shortText(output) }),
        ...(status === 'error' ? { error: shortText(output ?? 'failed') } : {}),
        ...(status === 'cancelled' ? { status } : {}),
      },
      message.place,
    )
  }

  #startCall(id: string, call: Fields, message: Message): void {
    const requestMs = REQUEST_MS.exec(id)?.[1]
    if (requestMs === undefined) this.#host.note('reconstructed', 'starts of tool calls')
    const startS = requestMs === undefined ? message.timeS : Number(requestMs) / 1000
    const given = call['args']
    this.#host.emit(
      'tool_call_start',
      startS,
      {
        ...this.#owner,
        span_id: id,
        tool: textOf(call['name']) ?? 'tool',
        ...(given === undefined ? {} : { arguments: short(given) }),
      },
      message.place,
    )
  }
}

/** Cached tokens are part of the input; thoughts are not part of the output, and are added. */
function tokensOf(tokens: Fields): Metadata {
  const output = countOf(tokens['output'])
  const thoughts = countOf(tokens['thoughts'])
  return defined({
    input_tokens: countOf(tokens['input']),
    cache_read_tokens: countOf(tokens['cached']),
    output_tokens: output === undefined ? undefined : output + (thoughts ?? 0),
    reasoning_tokens: thoughts,
  })
}
