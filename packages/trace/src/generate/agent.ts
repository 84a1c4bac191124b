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
import {
  GREP,
  MODELS,
  READ_FILE,
  SUBMODEL,
  TOOLS,
  WAITS,
  type Model,
  type Tool,
} from './catalog.ts'
import { infer, submodelCall } from './inference.ts'
import type { Process } from './scheduler.ts'
import type { OpenSpan, World } from './world.ts'

export interface Agent {
  readonly name: string
  readonly model: Model
  /** At the end of the run it hangs in a tool call that never ends. */
  readonly hangs: boolean
}

export function makeAgent(name: string, index: number, hangs: boolean): Agent {
  return { name, model: MODELS[index % MODELS.length] ?? MODELS[0], hangs }
}

/** Runs tasks until the run is over. */
export function* work(world: World, agent: Agent): Process {
  for (let task = 1; !isOver(world, agent); task++) {
    // Tasks come in bursts: most start immediately, some after a pause.
    yield world.random.chance(0.25) ? world.random.around(4, 0.8) : world.random.around(0.08, 1)
    yield* runTask(world, agent, `${agent.name}-${task}`)
  }
}

function isOver(world: World, agent: Agent): boolean {
  return world.isOver && !agent.hangs
}

function* runTask(world: World, agent: Agent, taskId: string, parent?: OpenSpan): Process {
  const named = { agent_name: agent.name, task_id: taskId }
  const span = world.start('agent', named, parent)
  const turns = world.random.int(2, 7)
  let contextTokens = Math.round(world.random.around(1_400, 0.5))
  let done = 0
  while (done < turns && (done === 0 || !isOver(world, agent))) {
    yield* runTurn(
      world,
      agent,
      { taskId, index: done, isFinal: done === turns - 1 },
      contextTokens,
      span,
    )
    contextTokens += Math.round(world.random.around(900, 0.7))
    done++
  }
  world.end(span, { agent_name: agent.name, status: 'completed', n_turns: done })
  if (parent === undefined) world.point('trajectory_end', { task_id: taskId, success: true }, span)
}

interface Turn {
  readonly taskId: string
  readonly index: number
  readonly isFinal: boolean
}

function* runTurn(
  world: World,
  agent: Agent,
  turn: Turn,
  contextTokens: number,
  parent: OpenSpan,
): Process {
  const span = world.start('turn', { turn_idx: turn.index, task_id: turn.taskId }, parent)
  yield* infer(world, agent.model, { turnIndex: turn.index, contextTokens, parent: span })
  yield world.random.around(0.002, 0.5)
  if (world.random.chance(0.05)) yield* wait(world, span)
  const calls = turn.isFinal && !agent.hangs ? [] : planCalls(world, agent, turn, span)
  // Half of the turns run their tool calls in parallel.
  if (calls.length > 4 || world.random.chance(0.5)) yield calls
  else for (const call of calls) yield* call
  world.end(span, { turn_idx: turn.index, is_final: turn.isFinal, n_tool_calls: calls.length })
}

function planCalls(world: World, agent: Agent, turn: Turn, span: OpenSpan): Process[] {
  const { random } = world
  if (random.chance(0.04)) {
    const burst = Array.from({ length: random.int(4, 7) }, () => random.pick([READ_FILE, GREP]))
    return burst.map((tool) => call(world, agent, tool, span))
  }
  const calls = Array.from({ length: random.int(1, 3) }, () =>
    call(world, agent, random.pick(TOOLS), span),
  )
  const isSubAgent = turn.taskId.includes('/')
  if (!isSubAgent && random.chance(0.06)) calls.push(delegate(world, agent, turn, span))
  if (random.chance(0.08)) calls.push(summarize(world, span))
  return calls
}

function* call(world: World, agent: Agent, tool: Tool, parent: OpenSpan): Process {
  const { random } = world
  const span = world.start('tool_call', { tool: tool.name, args: tool.args(random) }, parent)
  if (agent.hangs && world.isOver) yield Infinity
  world.machine.cpu.addLoad(tool.cores, world.nowS)
  // One call in fifty takes much longer than usual.
  yield random.around(tool.medianS, tool.spread) * (random.chance(0.02) ? random.int(8, 30) : 1)
  world.machine.cpu.addLoad(-tool.cores, world.nowS)
  if (random.chance(world.errorRate)) {
    const error = random.pick(tool.errors)
    world.end(span, { tool: tool.name, success: false, error })
    world.classifyError(span, { fatal: false, error, error_class: 'tool_error' })
  } else {
    world.end(span, { tool: tool.name, success: true, result_bytes: random.int(40, 20_000) })
  }
}

/** A tool call that runs a sub-agent. */
function* delegate(world: World, agent: Agent, turn: Turn, parent: OpenSpan): Process {
  const span = world.start('tool_call', { tool: 'task', args: { agent: 'scout' } }, parent)
  yield world.random.around(0.01, 0.4)
  const scout = { ...agent, name: `${agent.name}/scout`, model: world.random.pick(MODELS) }
  yield* runTask(world, scout, `${turn.taskId}/${turn.index}`, span)
  world.end(span, { tool: 'task', success: true })
}

/** A tool call that calls a small model. */
function* summarize(world: World, parent: OpenSpan): Process {
  const span = world.start('tool_call', { tool: 'summarize' }, parent)
  yield* submodelCall(world, SUBMODEL, 'summarize', span)
  world.end(span, { tool: 'summarize', success: true })
}

function* wait(world: World, parent: OpenSpan): Process {
  const what = world.random.pick(WAITS)
  const metadata: Metadata = { for: what.for, reason: what.reason }
  const span = world.start('wait', metadata, parent)
  yield world.random.around(what.medianS, 0.6)
  world.end(span, { for: what.for })
}
