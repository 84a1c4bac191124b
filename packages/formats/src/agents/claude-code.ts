/**
 * Claude Code: sessions in `~/.claude/projects`, with their subagents in a folder beside them, inline, or
 * as copies in `progress` lines. iFlow and other tools write the same lines.
 *
 * | span       | from                                          | to                                        |
 * |------------|-----------------------------------------------|-------------------------------------------|
 * | model call | the user line (prompt or result) it answers   | the last line with its `message.id`       |
 * | tool call  | the line with the `tool_use`                  | the line with the `tool_result` of its id |
 * | agent      | the subagent's first line                     | the result of its call, or a notification |
 * | wait       | a failed request, a question, a queued prompt | the retry, the answer, its removal        |
 *
 * One message is several lines. Earlier ones have placeholders for the tokens, so the greatest figures
 * count. The session as a whole is no span.
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
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Place, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const claudeCodeReader: CreateReader = (host) => new ClaudeCodeReader(host)

type Metadata = Record<string, JsonValue>

const MAIN_AGENT = 'Claude Code'
const SUBAGENT_TOOLS: ReadonlySet<unknown> = new Set(['Task', 'Agent'])
/** Tools that wait for a person. */
const QUESTIONS: ReadonlySet<string> = new Set(['AskUserQuestion', 'ExitPlanMode'])
/** Between two parts of one message there is rarely more. */
const LONG_REST_S = 30
const SYNTHETIC_MODEL = '<synthetic>'

/** Types of lines without a call and without a wait. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `agent-color agent-name agent-setting ai-title bridge-session content-replacement custom-title
   file-history-snapshot frame-link last-prompt marble-origami-commit mode permission-mode pr-link
   relocated result speculation-accept started summary tag worktree-state`.split(/\s+/),
)

/** The session, or a subagent. */
interface Agent {
  readonly name: string
  /** Its id in the log. */
  readonly id: string | undefined
  /** Undefined for the session. */
  readonly span: string | undefined
  /** The call that started it, if that is known. */
  readonly task: Task | undefined
  /** The message that it writes. */
  message: Message | undefined
  isStarted: boolean
  isEnded: boolean
}

/** One API message. */
interface Message {
  readonly span: string
  readonly usage: Map<string, number>
  model: string | undefined
  lastS: number
  /** Whether its tokens are final. */
  isFinal: boolean
  isEnded: boolean
  /** Whether it was ended because the log had not grown for a while. */
  isSettled: boolean
}

/** A call that starts a subagent. */
interface Task {
  readonly id: string
  readonly name: string
  readonly prompt: string | undefined
  readonly startS: number
  readonly place: Place
  agent: Agent | undefined
}

/** A copy of a subagent's line. It counts if the line itself is missing. */
interface Copy {
  readonly line: Fields
  readonly timeS: number
  readonly place: Place
  readonly agentId: string
  readonly taskId: string | undefined
}

/** What is known of a line, to find the prompt before a message. */
interface Link {
  readonly parent: string | undefined
  readonly timeS: number
  readonly isUser: boolean
}

class ClaudeCodeReader implements Reader {
  readonly #host: Host
  readonly #main = newAgent(MAIN_AGENT)
  readonly #lines = new Map<string, Link>()
  readonly #messages = new Map<string, Message>()
  /** Tools of the calls without a result, by id. */
  readonly #openCalls = new Map<string, string>()
  readonly #calls = new Set<string>()
  readonly #tasks = new Map<string, Task>()
  /** Subagents by their id, or by the first line of their inline chain. */
  readonly #agents = new Map<string, Agent>()
  /** The first line of the chain of each inline line. */
  readonly #roots = new Map<string, string>()
  #copies: Copy[] = []
  readonly #queue: string[] = []
  #waits = 0
  /** Whether a message had a final state. */
  #hasFinal = false

  constructor(host: Host) {
    this.#host = host
    // The stars of a pattern are not those of a name.
    if (!host.stem.includes('*')) host.want(`${host.stem}/subagents/agent-*.jsonl`)
  }

  push(record: unknown, place: Place): Taken {
    const line = fieldsOf(record)
    const type = textOf(line['type'])
    if (type === undefined) return { unknown: 'no type' }
    if (WITHOUT_SPAN.has(type)) return 'known'
    const timeS = isoSeconds(line['timestamp'])
    const uuid = idOf(line['uuid'])
    // Sessions that were resumed or forked begin with copies of earlier lines.
    if (uuid !== undefined && this.#lines.has(uuid)) return 'known'
    if (uuid !== undefined && timeS !== undefined) {
      this.#lines.set(uuid, { parent: idOf(line['parentUuid']), timeS, isUser: type === 'user' })
    }
    switch (type) {
      case 'assistant':
      case 'user':
        if (timeS === undefined) return 'untimed'
        this.#read(line, this.#agentOf(line, timeS, place), timeS, place)
        return 'used'
      case 'progress':
        return this.#progress(line, timeS, place)
      case 'system':
        return timeS === undefined ? 'known' : this.#system(line, timeS)
      case 'queue-operation':
        return timeS === undefined ? 'untimed' : this.#queued(line, timeS)
      case 'attachment':
        return this.#notified(textOf(at(line, 'attachment', 'prompt')), timeS) ? 'used' : 'known'
      default:
        return { unknown: type }
    }
  }

  settle(quietS: number): void {
    this.#readRest()
    // Versions that never write a final state do not tell whether a message goes on.
    const isOver = !this.#hasFinal && quietS >= LONG_REST_S
    for (const message of this.#messages.values()) {
      if (message.isEnded || !(message.isFinal || isOver)) continue
      message.isSettled = true
      this.#endMessage(message)
    }
  }

  end(): void {
    this.#readRest()
    for (const message of this.#messages.values()) this.#endMessage(message)
  }

  /** Reads the message of a line. */
  #read(line: Fields, agent: Agent, timeS: number, place: Place): void {
    const message = fieldsOf(line['message'])
    const blocks = listOf(message['content']).map(fieldsOf)
    if (line['type'] === 'assistant') this.#answered(line, message, agent, timeS)
    else this.#notified(textOf(message['content']) ?? textOf(blocks[0]?.['text']), timeS)
    for (const block of blocks) {
      const type = textOf(block['type']) ?? ''
      const id = idOf(block['id'])
      const callId = idOf(block['tool_use_id'])
      if (type.endsWith('tool_use') && id !== undefined) {
        this.#startCall(id, block, agent, timeS, place)
      } else if (type.endsWith('tool_result') && callId !== undefined) {
        this.#endCall(callId, block, line['toolUseResult'], timeS)
      }
    }
  }

  /** A line of a message of the model. */
  #answered(line: Fields, message: Fields, agent: Agent, timeS: number): void {
    const model = textOf(message['model'])
    if (line['isApiErrorMessage'] === true) {
      const error = shortText(contentText(message['content']) || 'API error')
      this.#host.emit('error_classified', timeS, { ...ownerOf(agent), error })
      return
    }
    const id = idOf(message['id']) ?? idOf(line['requestId']) ?? idOf(line['uuid'])
    if (model === SYNTHETIC_MODEL || id === undefined) return
    let known = this.#messages.get(id)
    if (known === undefined) {
      if (agent.message !== undefined) this.#endMessage(agent.message)
      const span = `message:${id}`
      known = {
        span,
        usage: new Map(),
        model,
        lastS: timeS,
        isFinal: false,
        isEnded: false,
        isSettled: false,
      }
      agent.message = known
      this.#messages.set(id, known)
      const startS = this.#askedS(idOf(line['parentUuid'])) ?? timeS
      this.#host.emit('lm_inference_start', Math.min(startS, timeS), {
        ...ownerOf(agent),
        span_id: span,
        ...defined({ model }),
      })
    }
    if (known.isSettled) this.#host.stale()
    known.lastS = Math.max(known.lastS, timeS)
    known.model = answeringModel(message) ?? known.model
    known.isFinal ||= textOf(message['stop_reason']) !== undefined
    this.#hasFinal ||= known.isFinal
    addUsage(known.usage, message['usage'])
  }

  /** When the model was asked: the time of the next user line up the chain. */
  #askedS(uuid: string | undefined): number | undefined {
    const seen = new Set<string>()
    for (let next = uuid; next !== undefined && !seen.has(next);) {
      const link = this.#lines.get(next)
      if (link === undefined || link.isUser) return link?.timeS
      seen.add(next)
      next = link.parent
    }
    return undefined
  }

  #endMessage(message: Message): void {
    if (message.isEnded) return
    message.isEnded = true
    const isLowerBound = !message.isFinal && message.usage.has('output')
    if (isLowerBound) this.#host.note('lower-bound', 'output tokens')
    this.#host.emit('lm_inference_end', message.lastS, {
      span_id: message.span,
      ...defined({ model: message.model }),
      ...tokensOf(message.usage),
      ...(isLowerBound ? { output_tokens_lower_bound: true } : {}),
    })
  }

  #startCall(id: string, block: Fields, agent: Agent, timeS: number, place: Place): void {
    if (this.#calls.has(id)) return
    this.#calls.add(id)
    const tool = textOf(block['name']) ?? 'tool'
    const input = block['input']
    this.#openCalls.set(id, tool)
    this.#host.emit('tool_call_start', timeS, {
      ...ownerOf(agent),
      span_id: id,
      tool,
      ...(input === undefined ? {} : { arguments: short(input) }),
    })
    if (QUESTIONS.has(tool)) {
      const { parent_id: _, ...owner } = ownerOf(agent)
      const wait = { ...owner, span_id: `wait:${id}`, parent_id: id, for: 'human' }
      this.#host.emit('wait_start', timeS, wait)
    }
    if (!SUBAGENT_TOOLS.has(tool)) return
    const name = textOf(at(input, 'subagent_type')) ?? textOf(at(input, 'name')) ?? 'subagent'
    const prompt = textOf(at(input, 'prompt'))
    this.#tasks.set(id, { id, name, prompt, startS: timeS, place, agent: undefined })
  }

  #endCall(id: string, block: Fields, result: unknown, timeS: number): void {
    const tool = this.#openCalls.get(id)
    // A result that is repeated in another line or file counts once.
    if (tool === undefined && this.#calls.has(id)) return
    this.#openCalls.delete(id)
    this.#calls.add(id)
    const text = contentText(block['content'])
    const isError = block['is_error'] === true
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(text === '' ? {} : { output: shortText(text) }),
      ...(isError ? { error: shortText(text || 'failed') } : {}),
    })
    if (tool !== undefined && QUESTIONS.has(tool)) {
      this.#host.emit('wait_end', timeS, { span_id: `wait:${id}` })
    }
    const task = this.#tasks.get(id)
    if (task === undefined) return
    const agentId = idOf(at(result, 'agentId'))
    if (agentId !== undefined) {
      // Older versions keep the subagent's file beside the session.
      if (isPlainId(agentId)) this.#host.want(`agent-${agentId}.jsonl`)
      this.#bind(agentId, task)
    }
    const ran = numberOf(at(result, 'totalDurationMs')) ?? numberOf(at(result, 'totalToolUseCount'))
    if (ran !== undefined && task.agent === undefined) this.#bind(task.id, task)
    const { agent } = task
    if (agent !== undefined && at(result, 'isAsync') !== true) this.#endAgent(agent, timeS, isError)
  }

  /** The agent of a line, which has started by then. */
  #agentOf(line: Fields, timeS: number, place: Place): Agent {
    if (line['isSidechain'] !== true) return this.#main
    const key = idOf(line['agentId']) ?? this.#rootOf(line)
    const task = this.#agents.has(key) ? undefined : this.#taskWith(promptOf(line))
    return this.#subagent(key, task, timeS, place)
  }

  #subagent(key: string, task: Task | undefined, timeS: number, place: Place): Agent {
    if (task !== undefined) this.#bind(key, task)
    let agent = this.#agents.get(key)
    if (agent === undefined) {
      // Started by no call, as the one that compacts.
      const name = key.startsWith('acompact') ? 'compaction' : 'subagent'
      agent = newAgent(name, key, `agent:${key}`)
      this.#agents.set(key, agent)
    }
    this.#startAgent(agent, timeS, place)
    return agent
  }

  /** The first line of an inline chain. */
  #rootOf(line: Fields): string {
    const uuid = idOf(line['uuid']) ?? ''
    const parent = idOf(line['parentUuid'])
    const root = parent === undefined ? uuid : (this.#roots.get(parent) ?? parent)
    this.#roots.set(uuid, root)
    return root
  }

  /** The first call with this prompt whose subagent is not known. */
  #taskWith(prompt: string | undefined): Task | undefined {
    if (prompt === undefined) return undefined
    for (const task of this.#tasks.values()) {
      if (task.agent === undefined && task.prompt === prompt) return task
    }
    return undefined
  }

  /** Connects a subagent with the call that started it. */
  #bind(key: string, task: Task): void {
    if (this.#agents.has(key)) return
    task.agent ??= newAgent(task.name, key === task.id ? undefined : key, `agent:${task.id}`, task)
    this.#agents.set(key, task.agent)
  }

  #startAgent(agent: Agent, timeS: number, place: Place): void {
    if (agent.isStarted || agent.span === undefined) return
    agent.isStarted = true
    const { parent_id: _, ...owner } = ownerOf(agent)
    const metadata = { ...owner, span_id: agent.span, ...defined({ parent_id: agent.task?.id }) }
    this.#host.emit('agent_start', Math.max(timeS, agent.task?.startS ?? timeS), metadata, place)
  }

  #endAgent(agent: Agent, timeS: number, isError: boolean): void {
    if (agent.isEnded || agent.span === undefined) return
    agent.isEnded = true
    const outcome = isError ? { status: 'failed' } : {}
    this.#host.emit('agent_end', timeS, { span_id: agent.span, ...outcome })
  }

  #progress(record: Fields, timeS: number | undefined, place: Place): Taken {
    const data = fieldsOf(record['data'])
    const agentId = idOf(data['agentId'])
    if (data['type'] !== 'agent_progress' || agentId === undefined) return 'known'
    const line = fieldsOf(data['message'])
    const copiedS = isoSeconds(line['timestamp']) ?? timeS
    if (copiedS === undefined) return 'untimed'
    const taskId = idOf(record['parentToolUseID'])
    this.#copies.push({ line, timeS: copiedS, place, agentId, taskId })
    return 'used'
  }

  /** After the lines of subagents: copies of them, and subagents of which there are no lines. */
  #readRest(): void {
    for (const { line, timeS, place, agentId, taskId } of this.#copies) {
      this.#read(
        line,
        this.#subagent(agentId, this.#tasks.get(taskId ?? ''), timeS, place),
        timeS,
        place,
      )
    }
    this.#copies = []
    for (const { task, ...agent } of this.#agents.values()) {
      if (task === undefined || agent.isStarted) continue
      this.#host.note('reconstructed', 'subagents without their lines')
      this.#startAgent(task.agent!, task.startS, task.place)
    }
  }

  #system(line: Fields, timeS: number): Taken {
    switch (line['subtype']) {
      case 'api_error': {
        const span = `backoff:${++this.#waits}`
        const wait = defined({
          attempt: numberOf(line['retryAttempt']),
          max_attempts: numberOf(line['maxRetries']),
          http_status: numberOf(at(line, 'error', 'status')),
        })
        const waitS = Math.max(0, numberOf(line['retryInMs']) ?? 0) / 1000
        const owner = ownerOf(this.#main)
        this.#host.emit('wait_start', timeS, { ...owner, ...wait, span_id: span, for: 'backoff' })
        this.#host.emit('wait_end', timeS + waitS, { span_id: span })
        return 'used'
      }
      case 'compact_boundary':
      case 'microcompact_boundary': {
        const about = defined({
          trigger: textOf(at(line, 'compactMetadata', 'trigger')),
          tokens_before: countOf(at(line, 'compactMetadata', 'preTokens')),
        })
        this.#host.emit('compaction', timeS, { ...ownerOf(this.#main), ...about })
        return 'used'
      }
      default:
        return 'known'
    }
  }

  /** A prompt that waits while the agent works. */
  #queued(line: Fields, timeS: number): Taken {
    if (line['operation'] === 'enqueue') {
      if (this.#notified(textOf(line['content']), timeS)) return 'used'
      const span = `queue:${++this.#waits}`
      this.#queue.push(span)
      this.#host.emit('wait_start', timeS, { ...ownerOf(this.#main), span_id: span, for: 'queue' })
      return 'used'
    }
    const count = line['operation'] === 'popAll' ? this.#queue.length : 1
    for (const span of this.#queue.splice(0, count)) {
      this.#host.emit('wait_end', timeS, { span_id: span })
    }
    return 'used'
  }

  /** Ends the background agent that a text reports as finished. Returns whether it is such a text. */
  #notified(text: string | undefined, timeS: number | undefined): boolean {
    if (text === undefined || timeS === undefined) return false
    if (!text.includes('<task-notification>')) return false
    const id = /<task-id>([^<]{1,200})<\/task-id>/.exec(text)?.[1]
    const status = /<status>([^<]{1,200})<\/status>/.exec(text)?.[1]
    const agent = this.#agents.get(id?.trim() ?? '')
    if (agent !== undefined) this.#endAgent(agent, timeS, status?.trim() === 'failed')
    return true
  }
}

function newAgent(name: string, id?: string, span?: string, task?: Task): Agent {
  return { name, id, span, task, message: undefined, isStarted: false, isEnded: false }
}

/** The metadata of everything that an agent does. */
function ownerOf({ name, id, span }: Agent): Metadata {
  return { agent_name: name, ...defined({ agent_id: id, parent_id: span }) }
}

/** The prompt on the first line of a subagent. */
function promptOf(line: Fields): string | undefined {
  return line['type'] === 'user'
    ? contentText(at(line, 'message', 'content')) || undefined
    : undefined
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => textOf(at(part, 'text')) ?? '')
    .join('\n')
}

/** The model that answered, if another one was asked first. */
function answeringModel(message: Fields): string | undefined {
  const fallback = listOf(message['content']).findLast((block) => at(block, 'type') === 'fallback')
  const to = at(fallback, 'to')
  const iteration = listOf(at(message, 'usage', 'iterations')).at(-1)
  return textOf(at(to, 'model')) ?? textOf(to) ?? textOf(at(iteration, 'model'))
}

/** The figures of a message's usage, and where they are. */
const USAGE: readonly (readonly [name: string, ...path: string[]])[] = [
  ['input', 'input_tokens'],
  ['read', 'cache_read_input_tokens'],
  ['created', 'cache_creation_input_tokens'],
  ['created5m', 'cache_creation', 'ephemeral_5m_input_tokens'],
  ['created1h', 'cache_creation', 'ephemeral_1h_input_tokens'],
  ['output', 'output_tokens'],
  ['reasoning', 'output_tokens_details', 'thinking_tokens'],
]

function addUsage(greatest: Map<string, number>, usage: unknown): void {
  for (const [name, ...path] of USAGE) {
    const count = countOf(at(usage, ...path))
    if (count !== undefined) greatest.set(name, Math.max(greatest.get(name) ?? 0, count))
  }
}

/** The tokens in the normal form, where the input includes what was read from and written to the cache. */
function tokensOf(usage: ReadonlyMap<string, number>): Metadata {
  const input = usage.get('input')
  const read = usage.get('read')
  const created1h = usage.get('created1h')
  const parts = created1h === undefined ? undefined : created1h + (usage.get('created5m') ?? 0)
  const created = usage.get('created') ?? parts
  return defined({
    input_tokens: input === undefined ? undefined : input + (read ?? 0) + (created ?? 0),
    cache_read_tokens: read,
    cache_creation_tokens: created,
    cache_creation_1h_tokens: created1h,
    output_tokens: usage.get('output'),
    reasoning_tokens: usage.get('reasoning'),
  })
}
