/** Reads an energy curve at ascending times: its value and bounds. */

/** Joules over time, linear between knots and constant outside. */
export interface Curve {
  readonly count: number
  readonly timeS: Float64Array
  readonly energyJ: Float64Array
}

export class CurveReader {
  /** Joules at the current time. */
  atJ = 0
  /** The least joules used by then: those at the previous sample. */
  lowerJ = 0
  /** The most joules used by then: those at the next sample. */
  upperJ = 0
  readonly #curve: Curve
  /** The first knot after the current time. */
  #next = 0

  constructor(curve: Curve) {
    this.#curve = curve
  }

  moveTo(timeS: number): void {
    const { count, timeS: knotS, energyJ } = this.#curve
    while (this.#next < count && knotS[this.#next]! <= timeS) this.#next++
    const next = this.#next
    this.lowerJ = next === 0 ? 0 : energyJ[next - 1]!
    if (next === 0 || next === count || knotS[next - 1] === timeS) {
      this.atJ = this.lowerJ
      this.upperJ = this.lowerJ
      return
    }
    this.upperJ = energyJ[next]!
    const share = (timeS - knotS[next - 1]!) / (knotS[next]! - knotS[next - 1]!)
    this.atJ = this.lowerJ + (this.upperJ - this.lowerJ) * share
  }

  save(): readonly [next: number, atJ: number, lowerJ: number, upperJ: number] {
    return [this.#next, this.atJ, this.lowerJ, this.upperJ]
  }

  restore([next, atJ, lowerJ, upperJ]: ReturnType<CurveReader['save']>): void {
    this.#next = next
    this.atJ = atJ
    this.lowerJ = lowerJ
    this.upperJ = upperJ
  }
}
