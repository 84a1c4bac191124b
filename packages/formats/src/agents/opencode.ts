/**
 * OpenCode: the events of a plugin (`["event", {event: {type, properties}}]`) or of its server
 * (`{type, properties}`), one per line. Messages and parts are written again whenever they change.
 *
 * | span       | from                      | to                                                    |
 * |------------|---------------------------|-------------------------------------------------------|
 * | model call | the message's creation    | its first tool, else the end of its last text         |
 * | tool call  | the part's first start    | `completed`, `error`                                  |
 * | agent      | creation of a child session | the end of the call that started it                 |
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  listOf,
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { msSeconds } from '../read/time.ts'

export const openCodeReader: CreateReader = (host) => new OpenCodeReader(host)

type Metadata = Record<string, JsonValue>

const MAIN_AGENT = 'OpenCode'
const TEXT_PARTS: ReadonlySet<string> = new Set(['text', 'reasoning'])

/** Types of events without a span. Hooks other than `event` have none either. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `command.executed file.edited file.watcher.updated global.disposed ide.installed
   installation.update-available installation.updated lsp.client.diagnostics lsp.updated
   mcp.tools.changed message.part.delta message.part.removed message.removed project.updated
   pty.created pty.deleted pty.exited pty.updated server.connected server.heartbeat
   server.instance.disposed session.compacted session.deleted session.diff session.idle
   session.status session.updated todo.updated tui.command.execute tui.prompt.append
   tui.toast.show vcs.branch.updated`.split(/\s+/),
)

/** An answer of the model. */
interface Message {
  readonly span: string
  readonly session: string
  /** The end of its last text so far. */
  textEndS: number | undefined
  /** The start of its first tool. */
  toolS: number | undefined
  completedS: number | undefined
  result: Metadata
  isEnded: boolean
}

interface Tool {
  isStarted: boolean
  isEnded: boolean
}

class OpenCodeReader implements Reader {
  readonly #host: Host
  readonly #messages = new Map<string, Message>()
  readonly #tools = new Map<string, Tool>()
  /** Child sessions: their names and the time of creation. */
  readonly #sessions = new Map<
    string,
    { readonly owner: Metadata; isStarted: boolean; readonly startS: number }
  >()

  /** The call that started a child session. */
  readonly #calledBy = new Map<string, string>()

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown): Taken {
    const [hook, input] = listOf(record)
    if (Array.isArray(record) && hook !== 'event') return 'known'
    const event = fieldsOf(Array.isArray(record) ? at(input, 'event') : record)
    const type = textOf(event['type'])
    const properties = fieldsOf(event['properties'])
    switch (type) {
      case undefined:
        return { unknown: 'no type' }
      case 'message.updated':
        return this.#message(fieldsOf(properties['info']))
      case 'message.part.updated':
        return this.#part(fieldsOf(properties['part']))
      case 'session.created':
        return this.#session(fieldsOf(properties['info']))
      case 'session.error':
      case 'permission.asked':
      case 'permission.replied':
      case 'permission.updated':
        return 'known'
      default:
        return WITHOUT_SPAN.has(type) ? 'known' : { unknown: type }
    }
  }

  settle(): void {
    for (const message of this.#messages.values()) {
      if (message.completedS !== undefined) this.#endMessage(message)
    }
  }

  end(): void {
    for (const message of this.#messages.values()) {
      const isOver = message.completedS ?? message.toolS ?? message.textEndS
      if (isOver !== undefined) this.#endMessage(message)
    }
  }

  /** The names of the agent of a session. */
  #ownerOf(session: string): Metadata {
    return this.#sessions.get(session)?.owner ?? { agent_name: MAIN_AGENT }
  }

  #session(info: Fields): Taken {
    const id = idOf(info['id'])
    const startS = msSeconds(at(info, 'time', 'created'))
    if (id === undefined || idOf(info['parentID']) === undefined) return 'known'
    if (startS === undefined) return 'untimed'
    const name = textOf(info['title']) ?? 'subagent'
    const owner = { agent_name: shortText(name, 60), agent_id: id, parent_id: `agent:${id}` }
    this.#sessions.set(id, { owner, isStarted: false, startS })
    return 'used'
  }

  #message(info: Fields): Taken {
    if (info['role'] !== 'assistant') return 'known'
    const id = idOf(info['id'])
    const startS = msSeconds(at(info, 'time', 'created'))
    if (id === undefined) return 'known'
    if (startS === undefined) return 'untimed'
    let message = this.#messages.get(id)
    const session = idOf(info['sessionID']) ?? ''
    if (message === undefined) {
      this.#startAgent(session)
      message = {
        span: `message:${id}`,
        session,
        textEndS: undefined,
        toolS: undefined,
        completedS: undefined,
        result: {},
        isEnded: false,
      }
      this.#messages.set(id, message)
      this.#host.emit('lm_inference_start', startS, {
        ...this.#ownerOf(session),
        span_id: message.span,
        ...defined({ model: textOf(info['modelID']), provider: textOf(info['providerID']) }),
      })
    }
    message.completedS = msSeconds(at(info, 'time', 'completed')) ?? message.completedS
    message.result = resultOf(info)
    // The last update has the tokens of the whole message.
    if (message.completedS !== undefined) this.#endMessage(message)
    return 'used'
  }

  #endMessage(message: Message): void {
    const { span, completedS, textEndS, toolS, isEnded, result } = message
    if (isEnded) return
    // The message is completed after its tools, so this is not the end of the model call.
    const endS = toolS === undefined ? (textEndS ?? completedS) : Math.max(toolS, textEndS ?? 0)
    if (endS === undefined) return
    message.isEnded = true
    this.#host.emit('lm_inference_end', endS, { span_id: span, ...result })
  }

  #part(part: Fields): Taken {
    const type = textOf(part['type']) ?? ''
    const message = this.#messages.get(idOf(part['messageID']) ?? '')
    if (type === 'tool') return this.#tool(part, message)
    const endS = msSeconds(at(part, 'time', 'end'))
    if (message === undefined || endS === undefined || !TEXT_PARTS.has(type)) return 'known'
    // A text after the first tool is an answer to nothing that ran.
    message.textEndS = Math.max(message.textEndS ?? 0, endS)
    return 'used'
  }

  #tool(part: Fields, message: Message | undefined): Taken {
    const id = idOf(part['callID']) ?? idOf(part['id'])
    const state = fieldsOf(part['state'])
    const status = textOf(state['status'])
    if (id === undefined || status === 'pending') return 'known'
    let tool = this.#tools.get(id)
    if (tool === undefined) this.#tools.set(id, (tool = { isStarted: false, isEnded: false }))
    const startS = msSeconds(at(state, 'time', 'start'))
    const session = idOf(part['sessionID']) ?? message?.session ?? ''
    // Each update writes the start again; the first one counts.
    if (!tool.isStarted && startS !== undefined) {
      tool.isStarted = true
      if (message !== undefined) message.toolS = Math.min(message.toolS ?? Infinity, startS)
      const input = state['input']
      this.#host.emit('tool_call_start', startS, {
        ...this.#ownerOf(session),
        span_id: id,
        tool: textOf(part['tool']) ?? 'tool',
        ...(input === undefined ? {} : { arguments: short(input) }),
      })
    }
    const child = idOf(at(state, 'metadata', 'sessionId'))
    if (child !== undefined) {
      this.#calledBy.set(child, id)
      this.#startAgent(child)
    }
    const endS = msSeconds(at(state, 'time', 'end'))
    if (endS === undefined || tool.isEnded) return 'used'
    tool.isEnded = true
    const output = textOf(state['output'])
    this.#host.emit('tool_call_end', endS, {
      span_id: id,
      ...(output === undefined ? {} : { output: shortText(output) }),
      ...(status === 'error' ? { error: shortText(textOf(state['error']) ?? 'failed') } : {}),
    })
    if (child !== undefined && this.#sessions.get(child)?.isStarted === true) {
      this.#host.emit('agent_end', endS, { span_id: `agent:${child}` })
    }
    return 'used'
  }

  /** Starts the agent of a child session, below the call that names it if that is known. */
  #startAgent(session: string): void {
    const child = this.#sessions.get(session)
    if (child === undefined || child.isStarted) return
    child.isStarted = true
    const { agent_name, agent_id } = child.owner
    this.#host.emit('agent_start', child.startS, {
      agent_name: agent_name!,
      agent_id: agent_id!,
      span_id: `agent:${session}`,
      ...defined({ parent_id: this.#calledBy.get(session) }),
    })
  }
}

/** Cached tokens and reasoning are not part of `input` and `output`, and are added. */
function resultOf(info: Fields): Metadata {
  const tokens = fieldsOf(info['tokens'])
  const read = countOf(at(tokens, 'cache', 'read'))
  const written = countOf(at(tokens, 'cache', 'write'))
  const input = countOf(tokens['input'])
  const output = countOf(tokens['output'])
  const reasoning = countOf(tokens['reasoning'])
  const error = at(info, 'error')
  const message = textOf(at(error, 'data', 'message')) ?? textOf(at(error, 'name'))
  return {
    ...defined({
      model: textOf(info['modelID']),
      input_tokens: input === undefined ? undefined : input + (read ?? 0) + (written ?? 0),
      cache_read_tokens: read,
      cache_creation_tokens: written,
      output_tokens: output === undefined ? undefined : output + (reasoning ?? 0),
      reasoning_tokens: reasoning,
      cost_usd: numberOf(info['cost']),
    }),
    ...(message === undefined ? {} : { error: shortText(message) }),
  }
}
