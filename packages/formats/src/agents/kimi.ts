/**
 * Kimi Code: `agents/ID/wire.jsonl`, one file per agent. A step is a model call and its tools, and ends
 * after them; so the model call ends after its first token and its stream. A call is written after its
 * approval, and the wait for it lies before the call.
 */
import type { JsonValue } from '@wattline/trace'
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  numberOf,
  short,
  shortText,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host, Taken } from '../read/reader.ts'
import { msSeconds } from '../read/time.ts'

export const kimiReader: CreateReader = (host) => {
  host.want('../*/wire.jsonl')
  const agents = new Map<string, Agent>()
  const shared: Shared = { host, startedBy: new Map() }
  return {
    push(record, place) {
      const name = /([^/]+)\/wire\.jsonl$/.exec(place.file)?.[1] ?? ''
      let agent = agents.get(name)
      if (agent === undefined) agents.set(name, (agent = new Agent(shared, name)))
      return agent.push(fieldsOf(record))
    },
    end: () => agents.forEach((agent) => agent.end()),
  }
}

interface Shared {
  readonly host: Host
  /** The call that started an agent, by the name of its folder. */
  readonly startedBy: Map<string, { readonly call: string; readonly endS: number }>
}

/** Lines of other types than these are counted as unknown. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(
  `metadata tools.set_active_tools context.append_message llm.tools_snapshot turn.steer turn.cancel
   turn.ended permission.set_mode profile.bind plugin.session_start runtime.set_binding
   token_counting.measured token_counting.turn_recorded content.part context.clear
   context.compacted`.split(/\s+/),
)

interface Step {
  readonly span: string
  /** Time of the first request. */
  requestS: number | undefined
  readonly approvals: { readonly call: string; readonly timeS: number }[]
}

class Agent {
  readonly #shared: Shared
  readonly #host: Host
  /** Name of its folder; '' is the file that was opened. */
  readonly #folder: string
  #name: string | undefined
  #model: string | undefined
  #step: Step | undefined
  #compaction: { readonly span: string; readonly startS: number } | undefined
  #firstS: number | undefined
  #lastS: number | undefined
  #count = 0

  constructor(shared: Shared, folder: string) {
    this.#shared = shared
    this.#host = shared.host
    this.#folder = folder
  }

  push(line: Fields): Taken {
    const type = textOf(line['type'])
    if (type === undefined) return { unknown: 'no type' }
    if (type === 'config.update') {
      this.#name = textOf(line['profileName']) ?? this.#name
      return 'known'
    }
    if (WITHOUT_SPAN.has(type)) return 'known'
    const timeS = msSeconds(line['time'])
    if (timeS === undefined) return 'untimed'
    this.#firstS ??= timeS
    this.#lastS = timeS
    switch (type) {
      case 'turn.prompt':
        return 'known'
      case 'llm.request':
        return this.#request(line, timeS)
      case 'usage.record':
        return this.#usage(line, timeS)
      case 'permission.record_approval_result': {
        const call = idOf(line['toolCallId'])
        if (call !== undefined) this.#step?.approvals.push({ call, timeS })
        return 'used'
      }
      case 'context.append_loop_event':
        return this.#loop(fieldsOf(line['event']), timeS)
      default:
        return { unknown: type }
    }
  }

  end(): void {
    if (this.#folder === '' || this.#firstS === undefined) return
    const started = this.#shared.startedBy.get(this.#folder)
    const span_id = `agent:${this.#folder}`
    const names = { agent_name: this.#agentName, agent_id: this.#folder, span_id }
    this.#host.emit('agent_start', this.#firstS, {
      ...names,
      ...defined({ parent_id: started?.call }),
    })
    this.#host.emit('agent_end', started?.endS ?? this.#lastS!, { span_id })
  }

  get #agentName(): string {
    return this.#folder === '' ? 'Kimi' : (this.#name ?? this.#folder)
  }

  get #owner(): Record<string, JsonValue> {
    const isMain = this.#folder === ''
    return {
      agent_name: this.#agentName,
      ...(isMain ? {} : { agent_id: this.#folder, parent_id: `agent:${this.#folder}` }),
    }
  }

  /** Ids repeat in each agent. */
  #id(id: string): string {
    return this.#folder === '' ? id : `${this.#folder}/${id}`
  }

  #request(line: Fields, timeS: number): Taken {
    this.#model = textOf(line['model']) ?? this.#model
    const attempt = textOf(line['attempt'])
    if (line['kind'] === 'compaction') {
      this.#compaction = { span: this.#id(`compaction${++this.#count}`), startS: timeS }
    } else if (attempt !== undefined) {
      this.#host.emit('retry_attempt', timeS, { ...this.#owner, attempt })
    } else if (this.#step !== undefined && this.#step.requestS === undefined) {
      this.#step.requestS = timeS
      this.#host.emit('lm_inference_start', timeS, {
        ...this.#owner,
        span_id: this.#step.span,
        ...defined({ model: this.#model }),
      })
    }
    return 'used'
  }

  /** The usage of a compaction; that of a turn repeats the ends of its steps. */
  #usage(line: Fields, timeS: number): Taken {
    const compaction = this.#compaction
    if (line['usageScope'] !== 'session' || compaction === undefined) return 'known'
    this.#compaction = undefined
    const { span, startS } = compaction
    const start = { ...this.#owner, span_id: span, ...defined({ model: this.#model }) }
    this.#host.emit('lm_inference_start', startS, start)
    this.#host.emit('lm_inference_end', timeS, {
      span_id: span,
      ...tokensOf(fieldsOf(line['usage'])),
    })
    return 'used'
  }

  #loop(event: Fields, timeS: number): Taken {
    const type = textOf(event['type']) ?? ''
    switch (type) {
      case 'step.begin':
        this.#step = {
          span: this.#id(`step:${idOf(event['uuid']) ?? ++this.#count}`),
          requestS: undefined,
          approvals: [],
        }
        return 'used'
      case 'step.end':
        return this.#endStep(event, timeS)
      case 'tool.call':
        return this.#call(event, timeS)
      case 'tool.result':
        return this.#result(event, timeS)
      case 'content.part':
        return 'known'
      default:
        return { unknown: type }
    }
  }

  #endStep(event: Fields, timeS: number): Taken {
    const step = this.#step
    this.#step = undefined
    if (step?.requestS === undefined) return 'known'
    const firstMs = numberOf(event['llmFirstTokenLatencyMs'])
    const streamMs = numberOf(event['llmStreamDurationMs'])
    const tookS = firstMs === undefined ? undefined : (firstMs + (streamMs ?? 0)) / 1000
    const endS = tookS === undefined ? timeS : step.requestS + tookS
    this.#host.emit('lm_inference_end', endS, {
      span_id: step.span,
      ...tokensOf(fieldsOf(event['usage'])),
      ...defined({ time_to_first_token_ms: firstMs }),
    })
    for (const { call, timeS: approvedS } of step.approvals) {
      const wait = { ...this.#owner, span_id: this.#id(`wait:${call}`), for: 'permission' }
      this.#host.emit('wait_start', Math.min(endS, approvedS), wait)
      this.#host.emit('wait_end', approvedS, { span_id: wait.span_id })
    }
    return 'used'
  }

  #call(event: Fields, timeS: number): Taken {
    const id = idOf(event['toolCallId'])
    if (id === undefined) return 'known'
    const given = event['args']
    this.#host.emit('tool_call_start', timeS, {
      ...this.#owner,
      span_id: this.#id(id),
      tool: textOf(event['name']) ?? 'tool',
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
    return 'used'
  }

  #result(event: Fields, timeS: number): Taken {
    const id = idOf(event['toolCallId'])
    if (id === undefined) return 'known'
    const output = textOf(at(event, 'result', 'output'))
    const started = /^agent_id: (\S{1,100})/.exec(output ?? '')?.[1]
    if (started !== undefined) {
      this.#shared.startedBy.set(started, { call: this.#id(id), endS: timeS })
    }
    const isError = at(event, 'result', 'isError') === true
    this.#host.emit('tool_call_end', timeS, {
      span_id: this.#id(id),
      ...(output === undefined ? {} : { output: shortText(output) }),
      ...(isError ? { error: shortText(output ?? 'failed') } : {}),
    })
    return 'used'
  }
}

/** Cached tokens are not part of the other input. */
function tokensOf(usage: Fields): Record<string, JsonValue> {
  const other = countOf(usage['inputOther'])
  const read = countOf(usage['inputCacheRead'])
  const created = countOf(usage['inputCacheCreation'])
  return defined({
    input_tokens: other === undefined ? undefined : other + (read ?? 0) + (created ?? 0),
    cache_read_tokens: read,
    cache_creation_tokens: created,
    output_tokens: countOf(usage['output']),
  })
}
