/** The machine of a generated run: a GPU that serves local models and a CPU that runs tools. */
import type { Metadata } from '../line/event.ts'
import { Meter, round } from './meter.ts'

const GPU = { idleW: 62, limitW: 400, startJ: 1_250_000 }
const CPU = { idleW: 18, limitW: 120, startJ: 310_000 }
const MODEL_MB = 18_432
const CACHE_MB = 30_000

export class Machine {
  readonly gpu: Meter
  readonly cpu: Meter

  constructor(startS: number) {
    this.gpu = new Meter({ ...GPU, startS })
    this.cpu = new Meter({ ...CPU, startS })
  }

  /** The reading of `host/gpu0` and the CPU. */
  reading(nowS: number): Metadata {
    const gpu = this.gpu.reading(nowS)
    const cpu = this.cpu.reading(nowS)
    return {
      power_watts: gpu.watts,
      energy_joules: gpu.joules,
      cpu_power_watts: cpu.watts,
      cpu_energy_joules: cpu.joules,
      gpu_compute_utilization_pct: round(100 * gpu.busy, 1),
      gpu_memory_usage_mb: Math.round(MODEL_MB + CACHE_MB * gpu.busy),
      temperature_celsius: round(38 + 40 * gpu.busy, 0),
    }
  }
}
