/**
 * Believable runs of any size from a seed: agents that think, call tools, wait, fail and retry,
 * and the machine they heat. For the demo, tests and benchmarks. A run is produced as it is read:
 * memory is that of the spans open at one time.
 */
import type { AgentEvent, TelemetrySample } from '../line/event.ts'
import { makeAgent, work } from './agent.ts'
import { agentName } from './catalog.ts'
import type { Process } from './scheduler.ts'
import { World } from './world.ts'

export interface GenerateOptions {
  /** The same seed (and options) give the same run, on every platform. @default 1 */
  readonly seed?: number
  /** Unix seconds of the run's beginning. @default 1800000000 */
  readonly startS?: number
  /** Agents at work at one time, sub-agents not counted. @default 3 */
  readonly agents?: number
  /**
   * No new work begins this long after the start, and what runs comes to its end.
   *
   * @default 120, or unbounded where `spans` is given
   */
  readonly durationS?: number
  /** No new work begins after so many spans; those of turns under way still come. @default Infinity */
  readonly spans?: number
  /** `span_id` and `parent_id`, as the recorder writes them; without, as most IPW emitters. @default true */
  readonly ids?: boolean
  /** Share of model and tool calls that fail, 0 to 1. @default 0.04 */
  readonly errorRate?: number
  /** This many agents hang in a tool call at the end: their spans stay open. @default 0 */
  readonly hanging?: number
  /** Samples of `host/gpu0`, its machine's CPU included, every 100 ms. @default false */
  readonly power?: boolean
}

const SAMPLE_S = 0.1

/**
 * Generates a run's lines in the order of their times.
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

/** Samples as long as anything else is going to happen. */
function* samplePower(world: World): Process {
  do {
    world.sample(world.machine.reading(world.nowS), 'host/gpu0')
    yield SAMPLE_S
  } while (world.scheduler.sleeping > 0)
  world.sample(world.machine.reading(world.nowS), 'host/gpu0')
}
