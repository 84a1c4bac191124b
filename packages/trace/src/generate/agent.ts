/**
 * The behavior of a generated agent: one task after the other, each an `agent` span.
 *
 *     agent
 *     ├─ turn 0
 *     │  ├─ lm_inference ─ prefill, decode     (failed calls are classified and retried after a pause)
 *     │  ├─ wait                               (for a person, a permission, a slot)
 *     │  └─ tool_call …                        (in sequence, in parallel, in bursts, a sub-agent)
 *     └─ turn 1 …
 */
import type { Metadata } from '../line/event.ts'
import { LISTED } from '../stats/prices.ts'
import { parallel, type Activity, type SpanEvents, type World } from './activity.ts'
import { MODEL_ERRORS, MODELS, SUBMODEL, TOOLS, WAITS, type Model } from './catalog.ts'

const MAX_ATTEMPTS = 4

export class Agent {
  readonly #world: World
  readonly #name: string
  readonly #model: Model
  /** When the run is over, it hangs in a tool call that never ends. */
  readonly #hangs: boolean

  constructor(world: World, name: string, model: Model, hangs: boolean) {
    this.#world = world
    this.#name = name
    this.#model = model
    this.#hangs = hangs
  }

  /** Runs tasks until the run is over. */
  *work(startS: number): Activity {
    const { random } = this.#world
    let nowS = startS
    for (let task = 1; !this.#isOver(nowS); task++) {
      // Tasks come in bursts: most start immediately, some after a pause.
      nowS += random.chance(0.25) ? random.around(4, 0.8) : random.around(0.08, 1)
      nowS = yield* this.#runTask(nowS, `${this.#name}-${task}`)
    }
    return nowS
  }

  #isOver(nowS: number): boolean {
    return this.#world.isOver(nowS) && !this.#hangs
  }

  *#runTask(startS: number, taskId: string, parent?: SpanEvents): Activity {
    const { random } = this.#world
    const span = this.#world.span('agent', parent)
    yield span.start(startS, { agent_name: this.#name, task_id: taskId })
    const turns = random.int(2, 7)
    let contextTokens = Math.round(random.around(1_400, 0.5))
    let nowS = startS
    let done = 0
    while (done < turns && (done === 0 || !this.#isOver(nowS))) {
      const turn = { turn_idx: done, task_id: taskId }
      nowS = yield* this.#runTurn(nowS, turn, done === turns - 1, contextTokens, span)
      contextTokens += Math.round(random.around(900, 0.7))
      done++
    }
    yield span.end(nowS, { agent_name: this.#name, status: 'completed', n_turns: done })
    if (parent === undefined) {
      const result = { task_id: taskId, success: true }
      yield this.#world.event('trajectory_end', nowS, result, { parent_id: span.id })
    }
    return nowS
  }

  *#runTurn(
    startS: number,
    turn: { readonly turn_idx: number; readonly task_id: string },
    isFinal: boolean,
    contextTokens: number,
    parent: SpanEvents,
  ): Activity {
    const { random } = this.#world
    const span = this.#world.span('turn', parent)
    yield span.start(startS, turn)
    const { turn_idx } = turn
    let nowS = yield* this.#infer(startS, turn_idx, contextTokens, span)
    nowS += random.around(0.002, 0.5)
    if (random.chance(0.05)) {
      const { medianS, ...metadata } = random.pick(WAITS)
      nowS = yield* leaf(this.#world.span('wait', span), nowS, random.around(medianS), metadata)
    }
    const calls = isFinal && !this.#hangs ? [] : this.#planCalls(turn.task_id, span)
    const isParallel = calls.length > 1 && random.chance(0.5)
    if (isParallel) nowS = yield* parallel(calls.map((call) => call(nowS)))
    else for (const call of calls) nowS = yield* call(nowS)
    yield span.end(nowS, { turn_idx, is_final: isFinal, n_tool_calls: calls.length })
    return nowS
  }

  #planCalls(taskId: string, turn: SpanEvents): ((startS: number) => Activity)[] {
    const { random } = this.#world
    const count = random.chance(0.04) ? random.int(4, 7) : random.int(1, 3)
    const calls = Array.from(
      { length: count },
      () => (startS: number) => this.#callTool(startS, turn),
    )
    const isSubAgent = taskId.includes('/')
    if (!isSubAgent && random.chance(0.06)) {
      calls.push((startS) => this.#delegate(startS, `${taskId}/${random.int(1, 9)}`, turn))
    }
    if (random.chance(0.08)) calls.push((startS) => this.#summarize(startS, turn))
    return calls
  }

  *#callTool(startS: number, parent: SpanEvents): Activity {
    const { errorRate, random } = this.#world
    const { name: tool, medianS, args, error } = random.pick(TOOLS)
    const span = this.#world.span('tool_call', parent)
    const start = { tool, args: args(random) }
    if (this.#hangs && this.#world.isOver(startS)) return yield* leaf(span, startS, Infinity, start)
    // One call in fifty takes much longer than usual.
    const lengthS = random.around(medianS, 0.8) * (random.chance(0.02) ? random.int(8, 30) : 1)
    if (random.chance(errorRate)) {
      return yield* this.#fail(span, startS, lengthS, start, { error, error_class: 'tool_error' })
    }
    const end = { tool, success: true, result_bytes: random.int(40, 20_000) }
    return yield* leaf(span, startS, lengthS, start, end)
  }

  /** A tool call that runs a sub-agent. */
  *#delegate(startS: number, taskId: string, parent: SpanEvents): Activity {
    const { random } = this.#world
    const scout = new Agent(this.#world, `${this.#name}/scout`, random.pick(MODELS), this.#hangs)
    const span = this.#world.span('tool_call', parent)
    yield span.start(startS, { tool: 'task', args: { agent: 'scout' } })
    const endS = yield* scout.#runTask(startS + random.around(0.01, 0.4), taskId, span)
    yield span.end(endS, { tool: 'task', success: true })
    return endS
  }

  /** A tool call that calls a small model. */
  *#summarize(startS: number, parent: SpanEvents): Activity {
    const { random } = this.#world
    const { name, prefillTokensPerS, decodeTokensPerS } = SUBMODEL
    const [tokensIn, tokensOut] = [random.int(200, 3_000), random.int(20, 120)]
    const lengthS = tokensIn / prefillTokensPerS + tokensOut / decodeTokensPerS
    const names = { model_id: name, model_alias: 'summarizer', tool_name: 'summarize' }
    const end = { ...names, ...usage(SUBMODEL, tokensIn, tokensOut) }
    const span = this.#world.span('tool_call', parent)
    yield span.start(startS, { tool: 'summarize' })
    const call = this.#world.span('submodel_call', span)
    const endS = yield* leaf(call, startS, lengthS, { ...names, backend: 'vllm' }, end)
    yield span.end(endS, { tool: 'summarize', success: true })
    return endS
  }

  /** Calls the model, and retries with growing pauses if the call fails. */
  *#infer(startS: number, turnIndex: number, contextTokens: number, turn: SpanEvents): Activity {
    const { errorRate, random } = this.#world
    const start = startOf(this.#model)
    let nowS = startS
    for (let attempt = 1; attempt < MAX_ATTEMPTS && random.chance(errorRate); attempt++) {
      const [error_class, error_type, error] = random.pick(MODEL_ERRORS)
      const lengthS = error_class === 'timeout' ? 30 : random.around(0.2, 0.5)
      const span = this.#world.span('lm_inference', turn)
      nowS = yield* this.#fail(span, nowS, lengthS, start, { error, error_class })
      const retry = { turn_idx: turnIndex, attempt, error_class, error_type }
      yield this.#world.event('retry_attempt', nowS, retry, { parent_id: turn.id })
      const pauseS = 0.5 * 2 ** attempt * (0.75 + random.unit() / 2)
      nowS = yield* leaf(this.#world.span('wait', turn), nowS, pauseS, { for: 'backoff', attempt })
    }
    return yield* this.#callModel(nowS, contextTokens, turn)
  }

  *#callModel(startS: number, tokensIn: number, turn: SpanEvents): Activity {
    const { random } = this.#world
    const { name: model, cloud, prefillTokensPerS, decodeTokensPerS } = this.#model
    const tokensOut = Math.max(1, Math.round(random.around(140, 0.8)))
    const prefillS = random.around(tokensIn / prefillTokensPerS, 0.15)
    const decodeS = random.around(tokensOut / decodeTokensPerS, 0.2)
    const span = this.#world.span('lm_inference', turn)
    yield span.start(startS, startOf(this.#model))
    let nowS = startS + random.around(cloud === true ? 0.12 : 0.004, 0.4)
    const prompt = { model, prompt_tokens: tokensIn }
    nowS = yield* leaf(this.#world.span('prefill', span), nowS, prefillS, prompt)
    const completion = { model, completion_tokens: tokensOut }
    nowS = yield* leaf(this.#world.span('decode', span), nowS, decodeS, { model }, completion)
    yield span.end(nowS, { model, ...usage(this.#model, tokensIn, tokensOut) })
    return nowS
  }

  /** A failed call and the point that classifies its error. */
  *#fail(
    span: SpanEvents,
    startS: number,
    lengthS: number,
    start: Metadata,
    error: { readonly error: string; readonly error_class: string },
  ): Activity {
    const failed = { ...start, success: false, error: error.error }
    const endS = yield* leaf(span, startS, lengthS, start, failed)
    const classified = { fatal: false, ...error }
    yield this.#world.event('error_classified', endS, classified, { span_id: span.id })
    return endS
  }
}

/** The metadata of a call's start. */
function startOf({ name: model, cloud }: Model): Metadata {
  return cloud === true ? { model, is_cloud: true } : { model }
}

/** A span without children. */
function* leaf(
  span: SpanEvents,
  startS: number,
  lengthS: number,
  start: Metadata,
  end = start,
): Activity {
  yield span.start(startS, start)
  yield span.end(startS + lengthS, end)
  return startS + lengthS
}

/** Models without a list price cost nothing: they run on the local GPU. */
function usage({ name }: Model, tokensIn: number, tokensOut: number): Metadata {
  return {
    input_tokens: tokensIn,
    output_tokens: tokensOut,
    total_tokens: tokensIn + tokensOut,
    cost_usd: Number(
      (LISTED.estimate(name, { input: tokensIn, output: tokensOut }) ?? 0).toFixed(8),
    ),
  }
}
