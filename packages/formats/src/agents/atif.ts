/**
 * Agent trajectories in the format ATIF: `{schema_version, agent, steps}`. A step has one time, so that of a
 * model call is the time since the step before, and that of its tools the time to the next step.
 */
import {
  at,
  countOf,
  defined,
  fieldsOf,
  idOf,
  listOf,
  numberOf,
  short,
  textOf,
  type Fields,
} from '../read/fields.ts'
import type { CreateReader, Host } from '../read/reader.ts'
import { isoSeconds } from '../read/time.ts'

export const atifReader: CreateReader = (host) => ({
  push(record, place) {
    const steps = listOf(at(record, 'steps')).map(fieldsOf)
    const agent = textOf(at(record, 'agent', 'name')) ?? 'agent'
    const model = textOf(at(record, 'agent', 'model_name'))
    steps.forEach((step, index) =>
      readStep(host, {
        step,
        agent,
        model,
        prefix: `${place.line}/${index}`,
        around: steps,
        index,
      }),
    )
    return steps.length > 0 ? 'used' : 'known'
  },
  end: () => undefined,
})

interface StepPlace {
  readonly step: Fields
  readonly agent: string
  readonly model: string | undefined
  readonly prefix: string
  readonly around: readonly Fields[]
  readonly index: number
}

function timeOf(step: Fields | undefined): number | undefined {
  return isoSeconds(step?.['timestamp'], 'utc')
}

function readStep(host: Host, place: StepPlace): void {
  const { step, agent, prefix, around, index } = place
  if (step['source'] !== 'agent') return
  const timeS = timeOf(step)
  if (timeS === undefined) return host.emit('lm_inference_start', NaN, {})
  const beforeS = timeOf(around[index - 1])
  const nextS = timeOf(around[index + 1])
  host.note('reconstructed', 'lengths of steps')
  const metrics = fieldsOf(step['metrics'])
  const span_id = `${prefix}/model`
  const model = textOf(step['model_name']) ?? place.model
  const start = { agent_name: agent, span_id, ...defined({ model }) }
  host.emit('lm_inference_start', Math.min(beforeS ?? timeS, timeS), start)
  host.emit('lm_inference_end', timeS, {
    span_id,
    ...defined({
      input_tokens: countOf(metrics['prompt_tokens']),
      output_tokens: countOf(metrics['completion_tokens']),
      cache_read_tokens: countOf(metrics['cached_tokens']),
      cost_usd: numberOf(metrics['cost_usd']),
    }),
  })
  for (const [at_, call] of listOf(step['tool_calls']).map(fieldsOf).entries()) {
    const id = idOf(call['tool_call_id']) ?? `${prefix}/tool${at_}`
    const given = call['arguments']
    host.emit('tool_call_start', timeS, {
      agent_name: agent,
      span_id: `${prefix}/${id}`,
      tool_call_id: id,
      tool: textOf(call['function_name']) ?? 'tool',
      ...(given === undefined ? {} : { arguments: short(given) }),
    })
    if (nextS !== undefined)
      host.emit('tool_call_end', Math.max(nextS, timeS), { span_id: `${prefix}/${id}` })
  }
}
