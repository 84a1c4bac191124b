/**
 * GitHub Copilot CLI: `~/.copilot/session-state/ID/events.jsonl`.
 *
 * | span       | from                   | to                                          |
 * |------------|------------------------|---------------------------------------------|
 * | model call | `assistant.turn_start` | the `assistant.message` of the same agent   |
 * | tool call  | `tool.execution_start` | `tool.execution_complete` of its id         |
 * | agent      | `subagent.started`     | `subagent.completed`, `subagent.failed`     |
 * | wait       | `permission.requested` | `permission.completed` of its request       |
 * | hook       | `hook.start`           | `hook.end` of its invocation                |
 *
 * A turn is one model call and its tools. A call has its output tokens only; the input is logged for the
 * whole session.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Reader, Taken } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const copilotCliReader: CreateReader = (host) => new CopilotCliReader(host)

type Metadata = Record<string, JsonValue>

const MAIN_AGENT = 'Copilot CLI'
/** The model is chosen for each call. */
const AUTO_MODEL = 'auto'
/** Tools that wait for a person. */
const QUESTIONS: ReadonlySet<string> = new Set(['ask_user'])

/** Types without a span. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `abort assistant.intent assistant.message_delta assistant.reasoning assistant.reasoning_delta
   assistant.usage command.completed command.execute session.background_tasks_changed
   session.context_changed session.handoff session.idle session.info session.mode_changed
   session.plan_changed session.resume session.shutdown session.snapshot_rewind session.start
   session.task_complete session.title_changed session.truncation session.usage_checkpoint
   session.usage_info session.warning session.workspace_file_changed skill.invoked
   subagent.deselected subagent.selected system.message system.notification
   tool.execution_partial_result tool.execution_progress tool.user_requested user.message`.split(
    /\s+/,
  ),
)

/** The model call of a turn. */
interface ModelCall {
  readonly span: string
  /** The message that answers; undefined until it is written. */
  answer:
    | { timeS: number; readonly apiCall: string | undefined; tokens: number | undefined }
    | undefined
}

interface Agent {
  readonly owner: Metadata
  call: ModelCall | undefined
}

class CopilotCliReader implements Reader {
  readonly #host: Host
  /** By id; '' is the session itself. */
  readonly #agents = new Map<string, Agent>([
    ['', { owner: { agent_name: MAIN_AGENT }, call: undefined }],
  ])
  readonly #questions = new Set<string>()
  #model: string | undefined

  constructor(host: Host) {
    this.#host = host
  }

  push(record: unknown): Taken {
    const line = fieldsOf(record)
    const type = textOf(line['type'])
    const data = fieldsOf(line['data'])
    if (type === undefined) return { unknown: 'no type' }
    if (WITHOUT_SPAN.has(type)) return 'known'
    const timeS = isoSeconds(line['timestamp'])
    if (timeS === undefined) return 'untimed'
    const agent = this.#agentOf(idOf(line['agentId']) ?? idOf(data['parentToolCallId']) ?? '')
    switch (type) {
      case 'session.model_change':
        this.#setModel(textOf(data['newModel']))
        return 'used'
      case 'session.auto_mode_resolved':
        this.#setModel(textOf(data['chosenModel']))
        return 'used'
      case 'session.compaction_complete':
        this.#host.emit('compaction', timeS, agent.owner)
        return 'used'
      case 'session.compaction_start':
        return 'known'
      case 'session.error':
      case 'model.call_failure': {
        const error = shortText(textOf(data['message']) ?? textOf(data['error']) ?? 'error')
        this.#host.emit('error_classified', timeS, { ...agent.owner, error })
        return 'used'
      }
      case 'assistant.turn_start':
        this.#startTurn(agent, idOf(line['id']) ?? `${timeS}`, timeS)
        return 'used'
      case 'assistant.message':
        return this.#answered(agent, data, timeS)
      case 'assistant.turn_end':
        this.#endCall(agent, timeS)
        return 'used'
      case 'tool.execution_start':
        return this.#startTool(agent, data, timeS)
      case 'tool.execution_complete':
        return this.#endTool(data, timeS)
      case 'subagent.started':
        return this.#startAgent(data, timeS)
      case 'subagent.completed':
      case 'subagent.failed':
        return this.#endAgent(data, type === 'subagent.failed', timeS)
      case 'permission.requested':
      case 'permission.completed':
        return this.#permission(agent, data, type, timeS)
      case 'hook.start':
      case 'hook.end':
        return this.#hook(agent, data, type, timeS)
      default:
        return { unknown: type }
    }
  }

  settle(): void {
    for (const agent of this.#agents.values()) {
      if (agent.call?.answer !== undefined) this.#endCall(agent, agent.call.answer.timeS)
    }
  }

  end(): void {
    this.settle()
  }

  #agentOf(id: string): Agent {
    let agent = this.#agents.get(id)
    if (agent === undefined) {
      // Its start is missing, or stands in an older log without one.
      agent = { owner: { agent_name: 'subagent', agent_id: id, parent_id: id }, call: undefined }
      this.#agents.set(id, agent)
    }
    return agent
  }

  #setModel(model: string | undefined): void {
    if (model !== undefined && model !== AUTO_MODEL) this.#model = model
  }

  #startTurn(agent: Agent, id: string, timeS: number): void {
    this.#endCall(agent, timeS)
    agent.call = { span: `model:${id}`, answer: undefined }
    const metadata = {
      ...agent.owner,
      span_id: agent.call.span,
      ...defined({ model: this.#model }),
    }
    this.#host.emit('lm_inference_start', timeS, metadata)
  }

  /** A message may come in parts with the same call. One outside of a turn is put in by the program. */
  #answered(agent: Agent, data: Fields, timeS: number): Taken {
    const { call } = agent
    if (call === undefined) return 'known'
    this.#setModel(textOf(data['model']))
    const apiCall = idOf(data['apiCallId'])
    const tokens = countOf(data['outputTokens'])
    if (call.answer === undefined) call.answer = { timeS, apiCall, tokens }
    else if (call.answer.apiCall === apiCall) {
      call.answer.timeS = timeS
      call.answer.tokens = Math.max(call.answer.tokens ?? 0, tokens ?? 0)
    }
    return 'used'
  }

  /** Ends the model call of a turn with its answer, or at `timeS` if it has none. */
  #endCall(agent: Agent, timeS: number): void {
    const { call } = agent
    if (call === undefined) return
    agent.call = undefined
    const { answer } = call
    this.#host.emit('lm_inference_end', answer?.timeS ?? timeS, {
      span_id: call.span,
      ...defined({ model: this.#model, output_tokens: answer?.tokens }),
      ...(answer === undefined ? { status: 'cancelled' } : {}),
    })
  }

  #startTool(agent: Agent, data: Fields, timeS: number): Taken {
    const id = idOf(data['toolCallId'])
    if (id === undefined) return 'known'
    if (agent.call?.answer !== undefined) this.#endCall(agent, timeS)
    const tool = textOf(data['toolName']) ?? 'tool'
    const given = data['arguments']
    this.#host.emit('tool_call_start', timeS, {
      ...agent.owner,
      span_id: id,
      tool,
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
    if (QUESTIONS.has(tool)) {
      this.#questions.add(id)
      const wait = { ...agent.owner, span_id: `wait:${id}`, parent_id: id, for: 'human' }
      this.#host.emit('wait_start', timeS, wait)
    }
    return 'used'
  }

  #endTool(data: Fields, timeS: number): Taken {
    const id = idOf(data['toolCallId'])
    if (id === undefined) return 'known'
    const output = textOf(at(data, 'result', 'content'))
    const error = textOf(at(data, 'error', 'message')) ?? textOf(data['error']) ?? output
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(output === undefined ? {} : { output: shortText(output) }),
      ...(data['success'] === false ? { error: shortText(error ?? 'failed') } : {}),
    })
    if (this.#questions.has(id)) this.#host.emit('wait_end', timeS, { span_id: `wait:${id}` })
    return 'used'
  }

  #startAgent(data: Fields, timeS: number): Taken {
    const id = idOf(data['toolCallId'])
    if (id === undefined) return 'known'
    const name = textOf(data['agentDisplayName']) ?? textOf(data['agentName']) ?? 'subagent'
    const names = { agent_name: name, agent_id: id }
    const span = `agent:${id}`
    this.#agents.set(id, { owner: { ...names, parent_id: span }, call: undefined })
    this.#host.emit('agent_start', timeS, { ...names, span_id: span, parent_id: id })
    return 'used'
  }

  #endAgent(data: Fields, hasFailed: boolean, timeS: number): Taken {
    const id = idOf(data['toolCallId'])
    if (id === undefined) return 'known'
    const error = shortText(textOf(data['error']) ?? 'failed')
    const outcome = hasFailed ? { error } : {}
    this.#host.emit('agent_end', timeS, { span_id: `agent:${id}`, ...outcome })
    return 'used'
  }

  #permission(agent: Agent, data: Fields, type: string, timeS: number): Taken {
    const id = idOf(data['requestId'])
    if (id === undefined) return 'known'
    const span_id = `permission:${id}`
    if (type === 'permission.completed') {
      const result = defined({ result: textOf(at(data, 'result', 'kind')) })
      this.#host.emit('wait_end', timeS, { span_id, ...result })
      return 'used'
    }
    const call = idOf(at(data, 'permissionRequest', 'toolCallId'))
    this.#host.emit('wait_start', timeS, {
      ...agent.owner,
      ...defined({ parent_id: call }),
      span_id,
      for: 'permission',
    })
    return 'used'
  }

  #hook(agent: Agent, data: Fields, type: string, timeS: number): Taken {
    const id = idOf(data['hookInvocationId'])
    if (id === undefined) return 'known'
    const span_id = `hook:${id}`
    if (type === 'hook.end') {
      const failed = data['success'] === false
      this.#host.emit('hook_end', timeS, { span_id, ...(failed ? { status: 'failed' } : {}) })
    } else {
      const name = textOf(data['hookType']) ?? 'hook'
      this.#host.emit('hook_start', timeS, { ...agent.owner, span_id, name })
    }
    return 'used'
  }
}
