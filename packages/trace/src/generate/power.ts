/** Adds the power of a machine to a generated run: a GPU that serves local models, and a CPU. */
import { splitEventType, type AgentEvent, type TelemetrySample } from '../line/event.ts'
import { MODELS, SUBMODEL } from './catalog.ts'

const SAMPLE_S = 0.1
/** Load of the GPU by kind of span; the CPU has a load of 1 for each tool call. */
const GPU_LOADS = new Map([
  ['prefill', 2.5],
  ['decode', 1],
  ['submodel_call', 1],
])
const LOCAL_MODELS = new Set<unknown>(
  [...MODELS, SUBMODEL].filter(({ cloud }) => cloud !== true).map(({ name }) => name),
)
const MODEL_MB = 18_432
const CACHE_MB = 30_000

/** Adds samples of `host/gpu0` and the CPU every 100 ms, until after the last event. */
export function* withPower(
  events: Iterable<AgentEvent>,
  startS: number,
): Generator<AgentEvent | TelemetrySample, void, void> {
  const gpu = new Device(62, 400, 1_250_000)
  const cpu = new Device(18, 120, 310_000)
  let samples = 0
  let nowS = startS
  const advance = (untilS: number) => {
    for (const device of [gpu, cpu]) device.energyJ += device.watts * (untilS - nowS)
    nowS = untilS
  }
  const sample = (): TelemetrySample => {
    advance(startS + samples++ * SAMPLE_S)
    return {
      timestamp: round(nowS, 6),
      reading: {
        power_watts: round(gpu.watts, 2),
        energy_joules: round(gpu.energyJ, 3),
        cpu_power_watts: round(cpu.watts, 2),
        cpu_energy_joules: round(cpu.energyJ, 3),
        gpu_compute_utilization_pct: round(100 * gpu.busy, 1),
        gpu_memory_usage_mb: Math.round(MODEL_MB + CACHE_MB * gpu.busy),
        temperature_celsius: Math.round(38 + 40 * gpu.busy),
      },
      source: 'host/gpu0',
    }
  }
  for (const event of events) {
    while (startS + samples * SAMPLE_S <= event.timestamp) yield sample()
    yield event
    advance(event.timestamp)
    const { kind, phase } = splitEventType(event.event_type)
    if (phase !== 'start' && phase !== 'end') continue
    const sign = phase === 'start' ? 1 : -1
    const { model, model_id = model } = event.metadata
    if (LOCAL_MODELS.has(model_id)) gpu.load += sign * (GPU_LOADS.get(kind) ?? 0)
    if (kind === 'tool_call') cpu.load += sign
  }
  yield sample()
}

/** A simulated device: its power depends on its load, and its counter integrates the power exactly. */
class Device {
  readonly #idleW: number
  readonly #limitW: number
  energyJ: number
  load = 0

  /** @param energyJ the counter at the start */
  constructor(idleW: number, limitW: number, energyJ: number) {
    this.#idleW = idleW
    this.#limitW = limitW
    this.energyJ = energyJ
  }

  /** The used share: load 0 → 0, 1 → 0.43, 2 → 0.67, never 1. */
  get busy(): number {
    return 1 - Math.exp(-0.56 * this.load)
  }

  get watts(): number {
    return this.#idleW + (this.#limitW - this.#idleW) * this.busy
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
