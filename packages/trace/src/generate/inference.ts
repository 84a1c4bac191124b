/** Model calls of generated agents: prefill, decode, tokens, cost, failures and retries. */
import type { Metadata } from '../line/event.ts'
import { MODEL_ERRORS, type Model, type ModelError } from './catalog.ts'
import type { Process } from './scheduler.ts'
import type { OpenSpan, World } from './world.ts'

const MAX_ATTEMPTS = 4
const PREFILL_LOAD = 2.5
const DECODE_LOAD = 1

export interface Request {
  readonly turnIndex: number
  readonly contextTokens: number
  readonly parent: OpenSpan
}

/** Calls the model, and retries with growing pauses if the call fails. */
export function* infer(world: World, model: Model, request: Request): Process {
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
    if (!world.random.chance(world.errorRate)) break
    const error = world.random.pick(MODEL_ERRORS)
    yield* failingCall(world, model, request, error)
    world.point('retry_attempt', retryOf(request, attempt, error), request.parent)
    const backoff = world.start('wait', { for: 'backoff', attempt }, request.parent)
    yield 0.5 * 2 ** attempt * (0.75 + world.random.unit() / 2)
    world.end(backoff, { for: 'backoff' })
  }
  yield* succeedingCall(world, model, request)
}

function* failingCall(world: World, model: Model, request: Request, error: ModelError): Process {
  const span = world.start('lm_inference', { model: model.name }, request.parent)
  yield error.errorClass === 'timeout' ? 30 : world.random.around(0.2, 0.5)
  world.end(span, { model: model.name, success: false, error: error.text })
  world.classifyError(span, { fatal: false, error: error.text, error_class: error.errorClass })
}

function retryOf(request: Request, attempt: number, error: ModelError): Metadata {
  const { errorClass, errorType } = error
  return { turn_idx: request.turnIndex, attempt, error_class: errorClass, error_type: errorType }
}

function* succeedingCall(world: World, model: Model, request: Request): Process {
  const promptTokens = request.contextTokens
  const completionTokens = Math.max(1, Math.round(world.random.around(140, 0.8)))
  const started = model.local ? { model: model.name } : { model: model.name, is_cloud: true }
  const span = world.start('lm_inference', started, request.parent)
  yield world.random.around(model.local ? 0.004 : 0.12, 0.4)
  yield* phases(world, model, promptTokens, completionTokens, span)
  world.end(span, { model: model.name, ...usage(model, promptTokens, completionTokens) })
}

function* phases(
  world: World,
  model: Model,
  promptTokens: number,
  completionTokens: number,
  parent: OpenSpan,
): Process {
  const prefillS = world.random.around(promptTokens / model.prefillTokensPerS, 0.15)
  const prefill = world.start('prefill', { model: model.name, prompt_tokens: promptTokens }, parent)
  yield* underLoad(world, model, PREFILL_LOAD, prefillS)
  world.end(prefill, { model: model.name, prompt_tokens: promptTokens })
  const decodeS = world.random.around(completionTokens / model.decodeTokensPerS, 0.2)
  const decode = world.start('decode', { model: model.name }, parent)
  yield* underLoad(world, model, DECODE_LOAD, decodeS)
  world.end(decode, { model: model.name, completion_tokens: completionTokens })
}

function* underLoad(world: World, model: Model, load: number, seconds: number): Process {
  if (model.local) world.machine.gpu.addLoad(load, world.nowS)
  yield seconds
  if (model.local) world.machine.gpu.addLoad(-load, world.nowS)
}

/** A model call made by a tool. */
export function* submodelCall(world: World, model: Model, tool: string, parent: OpenSpan): Process {
  const promptTokens = world.random.int(200, 3_000)
  const completionTokens = world.random.int(20, 120)
  const names = { model_id: model.name, model_alias: 'summarizer', tool_name: tool }
  const span = world.start('submodel_call', { ...names, backend: 'vllm' }, parent)
  const seconds = promptTokens / model.prefillTokensPerS + completionTokens / model.decodeTokensPerS
  yield* underLoad(world, model, DECODE_LOAD, seconds)
  world.end(span, { ...names, ...usage(model, promptTokens, completionTokens) })
}

function usage(model: Model, promptTokens: number, completionTokens: number): Metadata {
  const microUsd = promptTokens * model.usdPerMInput + completionTokens * model.usdPerMOutput
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    cost_usd: Number((microUsd / 1e6).toFixed(8)),
  }
}
