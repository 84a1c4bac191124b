/**
 * Generates realistic runs of any size from a seed: agents that call models and tools, wait, fail and
 * retry, and the power of their machine. For the demo, tests and benchmarks. Events are generated
 * lazily, so memory depends on the open spans only.
 */
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { parallel, World } from './activity.ts'
import { Agent } from './agent.ts'
import { agentName, MODELS } from './catalog.ts'
import { withPower } from './power.ts'

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

/**
 * Generates the events and samples of a run in order of time.
 *
 * @example for (const line of generateRun({ seed: 7, agents: 8, spans: 1_000_000 })) { … }
 */
export function generateRun(
  options: GenerateOptions = {},
): Generator<AgentEvent | TelemetrySample, void, void> {
  const { startS = 1_800_000_000, power = false } = options
  const events = generateEvents({ ...options, startS })
  return power ? withPower(events, startS) : events
}

function* generateEvents(
  options: GenerateOptions & { readonly startS: number },
): Generator<AgentEvent, void, void> {
  const { seed = 1, startS, agents = 3, ids = true, errorRate = 0.04, hanging = 0 } = options
  const { spans = Infinity, durationS = spans === Infinity ? 120 : Infinity } = options
  const world = new World({ seed, ids, errorRate, endS: startS + durationS, maxSpans: spans })
  const activities = Array.from({ length: agents }, (_, index) => {
    const model = MODELS[index % MODELS.length]!
    return new Agent(world, agentName(index), model, index >= agents - hanging).work(startS)
  })
  for (const event of parallel(activities)) {
    // Only hanging activities are left.
    if (event.timestamp === Infinity) return
    yield event
  }
}
