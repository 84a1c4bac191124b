/**
 * Codex CLI: rollouts in `~/.codex/sessions`, one thread per file. Subagents are threads of their own.
 *
 * | span       | from                                           | to                                    |
 * |------------|------------------------------------------------|---------------------------------------|
 * | turn       | `task_started`                                 | `task_complete`, `turn_aborted`       |
 * | tool call  | the end minus the duration, else the call's line | `exec_command_end` …, else its output |
 * | model call | the last output, prompt or start before it     | `token_count` with a larger total     |
 * | agent      | first line of a subagent's rollout             | the end of its last turn              |
 *
 * A call is written when its end is known, or when the file rests. So a saved log shows when a command
 * began to run, and a log that is followed shows a running call since its line.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  isFields,
  isPlainId,
  listOf,
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Place, Taken } from '../read/reader.ts'
import { isoSeconds, msSeconds } from '../read/time.ts'

type Metadata = Record<string, JsonValue>

/** Calls that have a line of their own, and the field with their arguments. */
const CALLS: ReadonlyMap<string, string> = new Map([
  ['function_call', 'arguments'],
  ['custom_tool_call', 'input'],
  ['local_shell_call', 'action'],
  ['tool_search_call', 'arguments'],
])
const OUTPUTS: ReadonlySet<string> = new Set([
  'function_call_output',
  'custom_tool_call_output',
  'local_shell_call_output',
  'mcp_tool_call_output',
  'tool_search_output',
  'tool_search_call_output',
])
/** Calls of the provider. They have neither an id nor an output. */
const PROVIDER_CALLS: ReadonlyMap<string, string> = new Map([
  ['web_search_call', 'web_search'],
  ['image_generation_call', 'image_generation'],
])
/** Events at the end of a call, and the tool of a call that has no line. */
const CALL_ENDS: ReadonlyMap<string, string> = new Map([
  ['exec_command_end', 'exec_command'],
  ['patch_apply_end', 'apply_patch'],
  ['mcp_tool_call_end', 'mcp'],
  ['dynamic_tool_call_response', 'dynamic_tool'],
])
/** Items of `item_completed` that are calls. */
const CALL_ITEMS: ReadonlyMap<string, string> = new Map([
  ['CommandExecution', 'exec_command'],
  ['McpToolCall', 'mcp'],
  ['FileChange', 'apply_patch'],
])
/** Response items and events without a span. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `agent_message agent_reasoning agent_reasoning_raw_content agent_reasoning_section_break
   background_event collab_agent_interaction_begin collab_agent_interaction_end
   collab_agent_spawn_begin collab_close_begin collab_close_end collab_resume_begin
   collab_resume_end collab_waiting_begin collab_waiting_end compaction context_compaction
   dynamic_tool_call_request entered_review_mode exec_command_begin exited_review_mode
   ghost_snapshot guardian_assessment image_generation_end item_started mcp_tool_call_begin
   patch_apply_begin plan_update reasoning session_configured stream_error sub_agent_activity
   thread_name_updated thread_rolled_back turn_diff undo_completed view_image_tool_call
   web_search_begin web_search_end`.split(/\s+/),
)

export const codexReader: CreateReader = (host) => {
  const shared: Shared = { host, done: new Set(), spawnedBy: new Map() }
  const threads = new Map<string, Thread>()
  return {
    push(record, place) {
      let thread = threads.get(place.file)
      if (thread === undefined) threads.set(place.file, (thread = new Thread(shared)))
      return thread.push(fieldsOf(record), place)
    },
    settle: () => threads.forEach((thread) => thread.settle()),
    end: () => threads.forEach((thread) => thread.end()),
  }
}

/** What the threads of one run share. */
interface Shared {
  readonly host: Host
  /** Ids of what was written. A forked thread begins with copies of its parent's lines. */
  readonly done: Set<string>
  /** The call that started a thread, by the id of the thread. */
  readonly spawnedBy: Map<string, string>
}

interface Call {
  readonly id: string
  readonly startS: number
  readonly place: Place
  readonly metadata: Metadata
  isOpen: boolean
  /** The output of a command that runs on, for logs without an event at its end. */
  answer: { readonly timeS: number; readonly outcome: Metadata } | undefined
}

/** One rollout. */
class Thread {
  readonly #shared: Shared
  readonly #host: Host
  readonly #calls = new Map<string, Call>()
  #id: string | undefined
  #agentName = 'Codex'
  /** Span of the subagent; undefined for the main thread. */
  #agentSpan: string | undefined
  #model: string | undefined
  #turn: string | undefined
  #turns = 0
  #lastTurnEndS: number | undefined
  /** Tokens of the thread so far. */
  #totalTokens = 0
  /** When the model was last given something to answer. */
  #asked: { readonly timeS: number; readonly place: Place } | undefined
  /** The model call that is written but has not ended. */
  #modelSpan: string | undefined
  #modelCalls = 0

  constructor(shared: Shared) {
    this.#shared = shared
    this.#host = shared.host
  }

  push(record: Fields, place: Place): Taken {
    const type = textOf(record['type'])
    const timeS = isoSeconds(record['timestamp'], 'utc')
    if (timeS === undefined) return type === undefined ? { unknown: 'no type' } : 'untimed'
    const payload = fieldsOf(record['payload'])
    const inner = textOf(payload['type']) ?? ''
    switch (type) {
      case 'session_meta':
        return this.#start(payload, timeS)
      case 'turn_context':
        this.#model = textOf(payload['model']) ?? this.#model
        return 'used'
      case 'response_item':
        return this.#item(inner, payload, timeS, place)
      case 'event_msg':
        return this.#event(inner, payload, timeS, place)
      case 'compacted':
        this.#host.emit('compaction', timeS, this.#owner)
        return 'used'
      case 'world_state':
      case 'thread_settings_applied':
        return 'known'
      default:
        return { unknown: type ?? 'no type' }
    }
  }

  /** Writes what is running: calls without an answer, or the model that has something to answer. */
  settle(): void {
    for (const call of this.#calls.values()) this.#open(call, call.startS)
    const isModelsTurn = [...this.#calls.values()].every(({ answer }) => answer !== undefined)
    if (this.#turn !== undefined && isModelsTurn && this.#asked !== undefined) this.#openModel()
  }

  end(): void {
    for (const { id, answer } of this.#calls.values()) {
      if (answer !== undefined) this.#finish(id, answer.timeS, answer.outcome)
    }
    for (const call of this.#calls.values()) this.#open(call, call.startS)
    if (
      this.#agentSpan !== undefined &&
      this.#turn === undefined &&
      this.#lastTurnEndS !== undefined
    ) {
      this.#host.emit('agent_end', this.#lastTurnEndS, { span_id: this.#agentSpan })
    }
  }

  /** Names of the agent, for all that it does. */
  get #owner(): Metadata {
    return defined({
      agent_name: this.#agentName,
      agent_id: this.#agentSpan === undefined ? undefined : this.#id,
      parent_id: this.#turn === undefined ? this.#agentSpan : `turn:${this.#turn}`,
    })
  }

  #start(payload: Fields, timeS: number): Taken {
    // The copies of a forked thread contain the description of its parent.
    if (this.#id !== undefined) return 'known'
    this.#id = idOf(payload['id']) ?? ''
    const subagent = at(payload, 'source', 'subagent')
    if (subagent === undefined) return 'used'
    const spawn = at(subagent, 'thread_spawn')
    this.#agentName =
      textOf(at(spawn, 'agent_nickname')) ??
      textOf(at(spawn, 'agent_role')) ??
      textOf(subagent) ??
      'subagent'
    this.#agentSpan = `agent:${this.#id}`
    const start = { agent_name: this.#agentName, agent_id: this.#id, span_id: this.#agentSpan }
    const parent = this.#shared.spawnedBy.get(this.#id)
    this.#host.emit('agent_start', timeS, { ...start, ...defined({ parent_id: parent }) })
    return 'used'
  }

  #item(type: string, item: Fields, timeS: number, place: Place): Taken {
    const argumentsField = CALLS.get(type)
    const provided = PROVIDER_CALLS.get(type)
    if (argumentsField !== undefined) {
      const id = idOf(item['call_id']) ?? idOf(item['id'])
      if (id === undefined) return 'known'
      const tool = textOf(item['name']) ?? type.replace(/_call$/, '')
      this.#addCall(id, tool, item[argumentsField], timeS, place)
      return 'used'
    }
    if (OUTPUTS.has(type)) {
      const id = idOf(item['call_id'])
      if (id !== undefined) this.#answer(id, timeS, item['output'])
      this.#ask(timeS, place)
      return 'used'
    }
    if (provided !== undefined) return this.#provider(provided, item, timeS, place)
    if (type === 'message') {
      if (item['role'] !== 'user') return 'known'
      this.#ask(timeS, place)
      return 'used'
    }
    return WITHOUT_SPAN.has(type) ? 'known' : { unknown: `response_item ${type}` }
  }

  #event(type: string, event: Fields, timeS: number, place: Place): Taken {
    const tool = CALL_ENDS.get(type)
    if (tool !== undefined) return this.#endEvent(tool, event, timeS, place)
    switch (type) {
      case 'token_count':
        return this.#tokens(event, timeS)
      case 'task_started':
      case 'turn_started':
        return this.#startTurn(event, timeS, place)
      case 'task_complete':
      case 'turn_complete':
        return this.#endTurn(event, timeS, {})
      case 'turn_aborted':
        return this.#endTurn(event, timeS, {
          status: 'cancelled',
          reason: shortText(textOf(event['reason']) ?? 'aborted'),
        })
      case 'user_message':
        this.#ask(timeS, place)
        return 'used'
      case 'context_compacted':
        this.#host.emit('compaction', timeS, this.#owner)
        return 'used'
      case 'item_completed':
        return this.#endItem(fieldsOf(event['item']), event, timeS, place)
      case 'collab_agent_spawn_end':
        return this.#spawned(idOf(event['new_thread_id']), idOf(event['call_id']))
      case 'error':
        this.#host.emit('error_classified', timeS, {
          ...this.#owner,
          error: shortText(textOf(event['message']) ?? 'error'),
        })
        return 'used'
      default:
        return WITHOUT_SPAN.has(type) ? 'known' : { unknown: `event_msg ${type}` }
    }
  }

  #spawned(thread: string | undefined, call: string | undefined): Taken {
    if (thread === undefined) return 'known'
    if (call !== undefined) this.#shared.spawnedBy.set(thread, call)
    if (isPlainId(thread)) this.#host.want(`rollout-*-${thread}.jsonl`)
    return 'used'
  }

  #startTurn(event: Fields, timeS: number, place: Place): Taken {
    const turn = idOf(event['turn_id']) ?? `${this.#id}:${timeS}`
    const parent = defined({ parent_id: this.#agentSpan })
    this.#turn = turn
    this.#ask(timeS, place)
    if (!this.#isFirst(`turn:${turn}`)) return 'known'
    const { parent_id: _, ...owner } = this.#owner
    this.#host.emit('turn_start', timeS, {
      ...owner,
      ...parent,
      span_id: `turn:${turn}`,
      turn_idx: ++this.#turns,
    })
    return 'used'
  }

  #endTurn(event: Fields, timeS: number, outcome: Metadata): Taken {
    const turn = idOf(event['turn_id']) ?? this.#turn
    if (turn !== undefined && this.#isFirst(`end:${turn}`)) {
      this.#host.emit('turn_end', timeS, {
        span_id: `turn:${turn}`,
        ...defined({ time_to_first_token_ms: numberOf(event['time_to_first_token_ms']) }),
        ...outcome,
      })
    }
    this.#turn = undefined
    this.#asked = undefined
    this.#lastTurnEndS = timeS
    return 'used'
  }

  /** Whether an id is seen for the first time. */
  #isFirst(id: string): boolean {
    if (this.#shared.done.has(id)) return false
    this.#shared.done.add(id)
    return true
  }

  #ask(timeS: number, place: Place): void {
    if (this.#modelSpan === undefined) this.#asked = { timeS, place }
  }

  #openModel(timeS = 0): void {
    if (this.#modelSpan !== undefined) return
    this.#modelSpan = `model:${this.#id}:${++this.#modelCalls}`
    const { timeS: startS, place } = this.#asked ?? { timeS, place: undefined }
    const metadata = {
      ...this.#owner,
      span_id: this.#modelSpan,
      ...defined({ model: this.#model }),
    }
    this.#host.emit('lm_inference_start', startS, metadata, place)
  }

  /** A model call ends when the total grows. Each total is written several times. */
  #tokens(event: Fields, timeS: number): Taken {
    const total = countOf(at(event, 'info', 'total_token_usage', 'total_tokens'))
    if (total === undefined || total === this.#totalTokens) return 'known'
    this.#totalTokens = total
    if (!this.#isFirst(`tokens:${this.#turn ?? timeS}:${total}`)) return 'known'
    this.#openModel(timeS)
    const usage = at(event, 'info', 'last_token_usage')
    this.#host.emit('lm_inference_end', timeS, {
      span_id: this.#modelSpan!,
      ...defined({
        model: this.#model,
        input_tokens: countOf(at(usage, 'input_tokens')),
        cache_read_tokens: countOf(at(usage, 'cached_input_tokens')),
        cache_creation_tokens: countOf(at(usage, 'cache_write_input_tokens')),
        output_tokens: countOf(at(usage, 'output_tokens')),
        reasoning_tokens: countOf(at(usage, 'reasoning_output_tokens')),
      }),
    })
    this.#modelSpan = undefined
    this.#asked = undefined
    return 'used'
  }

  #addCall(id: string, tool: string, given: unknown, startS: number, place: Place): void {
    if (!this.#isFirst(`call:${id}`)) return
    const metadata = {
      ...this.#owner,
      span_id: id,
      tool,
      ...(given === undefined ? {} : { arguments: short(objectIn(given) ?? given) }),
    }
    this.#calls.set(id, { id, startS, place, metadata, isOpen: false, answer: undefined })
  }

  #open(call: Call, startS: number): void {
    if (call.isOpen) return
    call.isOpen = true
    this.#host.emit('tool_call_start', startS, call.metadata, call.place)
  }

  /** A command that runs on answers after about a second; an event tells when it has ended. */
  #answer(id: string, timeS: number, output: unknown): void {
    const outcome = outcomeOf(output)
    const call = this.#calls.get(id)
    const spawned =
      call?.metadata['tool'] === 'spawn_agent' ? idOf(objectIn(output)?.['agent_id']) : undefined
    if (spawned !== undefined) this.#spawned(spawned, id)
    if (call !== undefined && RUNS_ON.test(headOf(outputText(output)))) {
      call.answer = { timeS, outcome }
    } else this.#finish(id, timeS, outcome)
  }

  /** The first end of a call counts. `durationS`: how long it ran, if the log tells. */
  #finish(id: string, timeS: number, outcome: Metadata, durationS?: number): void {
    const call = this.#calls.get(id)
    if (call === undefined) {
      if (this.#isFirst(`call:${id}`))
        this.#host.emit('tool_call_end', timeS, { span_id: id, ...outcome })
      return
    }
    this.#calls.delete(id)
    const startS = durationS === undefined ? call.startS : Math.max(call.startS, timeS - durationS)
    this.#open(call, Math.min(startS, timeS))
    this.#host.emit('tool_call_end', timeS, { span_id: id, ...outcome })
  }

  #provider(tool: string, item: Fields, timeS: number, place: Place): Taken {
    const id = idOf(item['id']) ?? `${tool}:${this.#id}:${place.line}`
    if (!this.#isFirst(`call:${id}`)) return 'known'
    this.#host.note('reconstructed', `start of ${tool}`)
    const given = item['action']
    this.#host.emit('tool_call_start', timeS, {
      ...this.#owner,
      span_id: id,
      tool,
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
    this.#host.emit('tool_call_end', timeS, {
      span_id: id,
      ...(item['status'] === 'failed' ? { status: 'failed' } : {}),
    })
    return 'used'
  }

  /** An event at the end of a call. It has the id of the call's line; a call without a line is added. */
  #endEvent(tool: string, event: Fields, timeS: number, place: Place): Taken {
    const id = idOf(event['call_id']) ?? idOf(event['callId'])
    if (id === undefined) return 'known'
    const invocation = fieldsOf(event['invocation'])
    const name = textOf(invocation['tool']) ?? textOf(event['tool']) ?? tool
    const given = event['command'] ?? invocation['arguments'] ?? event['arguments']
    const durationS = durationOf(event['duration'])
    this.#addCall(id, name, given, timeS - (durationS ?? 0), place)
    const text = textOf(event['aggregated_output']) ?? textOf(event['stdout'])
    this.#finish(id, timeS, { ...outputOf(text), ...resultOf(event) }, durationS)
    return 'used'
  }

  /** Newer logs tell of the same calls once more, with times of their own. */
  #endItem(item: Fields, event: Fields, timeS: number, place: Place): Taken {
    const tool = CALL_ITEMS.get(textOf(item['type']) ?? '')
    const id = idOf(item['id']) ?? idOf(item['call_id'])
    if (tool === undefined || id === undefined) return 'known'
    const startS = msSeconds(event['started_at_ms'] ?? item['started_at_ms'])
    const endS = msSeconds(event['completed_at_ms'] ?? item['completed_at_ms']) ?? timeS
    const given = item['command'] ?? item['arguments'] ?? item['changes']
    this.#addCall(id, textOf(item['tool']) ?? tool, given, startS ?? endS, place)
    const outcome = { ...outputOf(textOf(item['aggregated_output'])), ...resultOf(item) }
    this.#finish(id, endS, outcome, startS === undefined ? undefined : endS - startS)
    return 'used'
  }
}

const RUNS_ON = /^Process running with session ID /m
const EXIT_CODE = /^(?:Process exited with code|Exit code:) (-?\d{1,10})/m
const HEAD_CHARS = 400

/** The lines that Codex writes before the output of the command itself. */
function headOf(text: string): string {
  const head = text.slice(0, HEAD_CHARS)
  const end = head.search(/^Output:/m)
  return end === -1 ? head : head.slice(0, end)
}

/** Outputs are texts, JSON as a text, or lists of parts with a text. */
function outputText(output: unknown): string {
  if (typeof output === 'string') return output
  const parts = listOf(output).map((part) => textOf(at(part, 'text')) ?? '')
  return parts.length > 0
    ? parts.join('\n')
    : (textOf(at(output, 'content')) ?? textOf(at(output, 'output')) ?? '')
}

function outcomeOf(output: unknown): Metadata {
  const text = outputText(output)
  const parsed = objectIn(output)
  const written = EXIT_CODE.exec(headOf(text))?.[1]
  const exitCode =
    numberOf(at(parsed, 'metadata', 'exit_code')) ??
    (written === undefined ? undefined : Number(written))
  const shown = textOf(parsed?.['output']) ?? text
  return { ...outputOf(shown), ...failureOf(exitCode, parsed?.['success'] === false, shown) }
}

function outputOf(text: string | undefined): Metadata {
  return text === undefined || text === '' ? {} : { output: shortText(text) }
}

/** The outcome in an event or an item. */
function resultOf(event: Fields): Metadata {
  const result = event['result']
  const error = at(result, 'Err') ?? event['error']
  if (error !== undefined && error !== null) {
    return {
      error: shortText(textOf(error) ?? textOf(at(error, 'message')) ?? JSON.stringify(error)),
    }
  }
  const ok = at(result, 'Ok')
  const isError =
    event['success'] === false || at(ok, 'isError') === true || at(ok, 'is_error') === true
  return failureOf(numberOf(event['exit_code']), isError, textOf(event['stderr']) ?? '')
}

function failureOf(exitCode: number | undefined, isError: boolean, text: string): Metadata {
  if (exitCode !== undefined && exitCode !== 0) {
    return { exit_code: exitCode, error: `exit code ${exitCode}` }
  }
  return {
    ...defined({ exit_code: exitCode }),
    ...(isError ? { error: shortText(text === '' ? 'failed' : text) } : {}),
  }
}

/** An object, also one that is written as a text. */
function objectIn(value: unknown): Fields | undefined {
  if (typeof value !== 'string') return isFields(value) ? value : undefined
  if (!value.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    return isFields(parsed) ? parsed : undefined
  } catch {
    // It is a text that begins with a brace.
    return undefined
  }
}

/** A duration as `{secs, nanos}`, or as a text such as `1.5s`. */
function durationOf(duration: unknown): number | undefined {
  const secs = numberOf(at(duration, 'secs'))
  if (secs !== undefined) return secs + (numberOf(at(duration, 'nanos')) ?? 0) / 1e9
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(textOf(duration) ?? '') ?? []
  return digits === undefined ? undefined : Number(digits) / (unit === 'ms' ? 1000 : 1)
}
