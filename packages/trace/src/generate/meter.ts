/** A simulated device: its power depends on its load, and its counter integrates the power exactly. */

export interface MeterOptions {
  readonly startS: number
  readonly idleW: number
  readonly limitW: number
  /** The counter at the start, joules. */
  readonly startJ: number
}

export class Meter {
  readonly #idleW: number
  readonly #limitW: number
  #load = 0
  #energyJ: number
  #untilS: number

  constructor({ startS, idleW, limitW, startJ }: MeterOptions) {
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

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
