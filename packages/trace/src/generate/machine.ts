/** The machine of a generated run: a GPU that serves local models and a CPU that runs tools. */
import type { Metadata } from '../line/event.ts'

const GPU = { idleW: 62, limitW: 400, startJ: 1_250_000 }
const CPU = { idleW: 18, limitW: 120, startJ: 310_000 }
const MODEL_MB = 18_432
const CACHE_MB = 30_000

export class Machine {
  readonly gpu: Device
  readonly cpu: Device

  constructor(startS: number) {
    this.gpu = new Device({ ...GPU, startS })
    this.cpu = new Device({ ...CPU, startS })
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

interface DeviceOptions {
  readonly startS: number
  readonly idleW: number
  readonly limitW: number
  /** The counter at the start, joules. */
  readonly startJ: number
}

/** A simulated device: its power depends on its load, and its counter integrates the power exactly. */
class Device {
  readonly #idleW: number
  readonly #limitW: number
  #load = 0
  #energyJ: number
  #untilS: number

  constructor({ startS, idleW, limitW, startJ }: DeviceOptions) {
    this.#idleW = idleW
    this.#limitW = limitW
    this.#energyJ = startJ
    this.#untilS = startS
  }

  /** Changes the load from now on; 1 is one decode or one busy core. */
  addLoad(load: number, nowS: number): void {
    this.#advance(nowS)
    this.#load = Math.max(0, this.#load + load)
  }

  reading(nowS: number): {
    readonly watts: number
    readonly joules: number
    readonly busy: number
  } {
    this.#advance(nowS)
    return {
      watts: round(this.#watts(), 2),
      joules: round(this.#energyJ, 3),
      busy: saturation(this.#load),
    }
  }

  #watts(): number {
    return this.#idleW + (this.#limitW - this.#idleW) * saturation(this.#load)
  }

  #advance(nowS: number): void {
    this.#energyJ += this.#watts() * (nowS - this.#untilS)
    this.#untilS = nowS
  }
}

/** The used share of the device: load 0 → 0, 1 → 0.43, 2 → 0.67, never 1. */
function saturation(load: number): number {
  return 1 - Math.exp(-0.56 * load)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
