/** Reads a curve of energy at times that only grow: its value, and what bounds it. */

/** Joules over time, straight between knots and flat outside of them. */
export interface Curve {
  readonly count: number
  readonly timeS: Float64Array
  readonly energyJ: Float64Array
}

export class CurveReader {
  /** Joules at the time it stands. */
  atJ = 0
  /** Joules that were certainly used by then: those at the sample before. */
  lowerJ = 0
  /** Joules that may have been used by then: those at the sample behind. */
  upperJ = 0
  readonly #curve: Curve
  /** The first knot behind the time it stands. */
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
