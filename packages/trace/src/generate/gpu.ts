/** A GPU whose power follows what runs on it, with a counter that has no rounding of its own. */
import type { Metadata } from '../event.ts'

const IDLE_W = 62
const LIMIT_W = 400

export class Gpu {
  #load = 0
  #energyJ = 1_250_000
  #untilS: number

  constructor(startS: number) {
    this.#untilS = startS
  }

  /** Adds to (or takes from) its load from now on; 1 is one busy decode. */
  addLoad(load: number, nowS: number): void {
    this.#advance(nowS)
    this.#load = Math.max(0, this.#load + load)
  }

  reading(nowS: number): Metadata {
    this.#advance(nowS)
    return {
      power_watts: round(this.#watts(), 2),
      energy_joules: round(this.#energyJ, 3),
      gpu_compute_utilization_pct: round(100 * saturation(this.#load), 1),
      temperature_celsius: round(38 + 40 * saturation(this.#load), 0),
    }
  }

  #watts(): number {
    return IDLE_W + (LIMIT_W - IDLE_W) * saturation(this.#load)
  }

  #advance(nowS: number): void {
    this.#energyJ += this.#watts() * (nowS - this.#untilS)
    this.#untilS = nowS
  }
}

/** Concurrent requests share the device: 0 → 0, 1 → 0.43, 2 → 0.67, never 1. */
function saturation(load: number): number {
  return 1 - Math.exp(-0.56 * load)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
