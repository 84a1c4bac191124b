/** A device whose power follows what runs on it, with a counter that has no rounding of its own. */

export interface MeterOptions {
  readonly startS: number
  readonly idleW: number
  readonly limitW: number
  /** What the counter says at the start. */
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

  /** Adds to (or takes from) its load from now on; 1 is one busy decode, or one busy core. */
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

/** Concurrent requests share the device: 0 → 0, 1 → 0.43, 2 → 0.67, never 1. */
function saturation(load: number): number {
  return 1 - Math.exp(-0.56 * load)
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
