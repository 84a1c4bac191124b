/** Reads an energy curve at ascending times: its value and bounds. */

/**
 * Joules over time, constant before the first knot and after the last. Between two knots, power is a
 * straight line. So with a rise of R joules and a bend of B, after a share s of the time the curve has
 * risen by R·s − B·s·(1 − s). A bend of 0 is constant power.
 */
export interface Curve {
  readonly count: number
  readonly timeS: Float64Array
  readonly energyJ: Float64Array
  /** By knot, of the interval before it: half the rise of its power times its length. */
  readonly bendJ: Float64Array
}

/** Joules at a time between the knots `next - 1` and `next`. */
export function energyWithin({ timeS, energyJ, bendJ }: Curve, next: number, atS: number): number {
  const fromJ = energyJ[next - 1]!
  const share = (atS - timeS[next - 1]!) / (timeS[next]! - timeS[next - 1]!)
  return fromJ + share * (energyJ[next]! - fromJ - bendJ[next]! * (1 - share))
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
    this.atJ = energyWithin(this.#curve, next, timeS)
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
