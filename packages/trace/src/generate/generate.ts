/**
 * Generates realistic runs of any size from a seed: agents that call models and tools, wait, fail and
 * retry, and the power of their machine. For the demo, tests and benchmarks. Events are generated
 * lazily, so memory depends on the open spans only.
 */
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { makeAgent, work } from './agent.ts'
import { agentName } from './catalog.ts'
import type { Process } from './scheduler.ts'
import { World } from './world.ts'

export interface GenerateOptions {
  /** The same seed and options give the same run on every platform. @default 1 */
  readonly seed?: number
  /** Start of the run, Unix seconds. @default 1800000000 */
  readonly startS?: number
  /** Concurrent agents, without sub-agents. @default 3 */
  readonly agents?: number
  /**
   * Time after which no new task starts; running tasks finish.
   *
   * @default 120, or unbounded if `spans` is given
   */
  readonly durationS?: number
  /** Number of spans after which no new task starts; running turns finish. @default Infinity */
  readonly spans?: number
  /** Whether events have `span_id` and `parent_id`, as the recorder writes them. @default true */
  readonly ids?: boolean
  /** Share of model and tool calls that fail, 0 to 1. @default 0.04 */
  readonly errorRate?: number
  /** Number of agents that hang in a tool call, so that their spans stay open. @default 0 */
  readonly hanging?: number
  /** Adds samples of `host/gpu0` and the CPU every 100 ms. @default false */
  readonly power?: boolean
}

const SAMPLE_S = 0.1

/**
 * Generates the events and samples of a run in order of time.
 *
 * @example for (const line of generateRun({ seed: 7, agents: 8, spans: 1_000_000 })) { … }
 */
export function* generateRun(
  options: GenerateOptions = {},
): Generator<AgentEvent | TelemetrySample, void, void> {
  const { seed = 1, startS = 1_800_000_000, agents = 3, ids = true, errorRate = 0.04 } = options
  const { spans = Infinity, durationS = spans === Infinity ? 120 : Infinity, hanging = 0 } = options
  const world = new World({
    seed,
    startS,
    ids,
    errorRate,
    endS: startS + durationS,
    maxSpans: spans,
  })
  for (let index = 0; index < agents; index++) {
    const agent = makeAgent(agentName(index), index, index >= agents - hanging)
    world.scheduler.spawn(work(world, agent))
  }
  if (options.power === true) world.scheduler.spawn(samplePower(world))
  while (world.scheduler.step()) yield* world.take()
}

/** Samples power as long as another process is active. */
function* samplePower(world: World): Process {
  do {
    world.sample(world.machine.reading(world.nowS), 'host/gpu0')
    yield SAMPLE_S
  } while (world.scheduler.sleeping > 0)
  world.sample(world.machine.reading(world.nowS), 'host/gpu0')
}
