/**
 * The group and the row of each span, stored as one number per span, because a run has few different
 * pairs of both. `group` and `row` read it as columns.
 */
import { SmallColumn, type Column } from '@wattline/trace'

export class PlaceColumns {
  readonly #placeOf = new SmallColumn()
  readonly #groups: number[] = []
  readonly #rows: number[] = []
  /** The number of a place, by group and row. */
  readonly #numbers: (number[] | undefined)[] = []
  readonly group: Column = { at: (slot) => this.#groups[this.#placeOf.at(slot)] ?? 0 }
  readonly row: Column = { at: (slot) => this.#rows[this.#placeOf.at(slot)] ?? 0 }

  /**
   * Writes the place of each of `slots`. Returns whether one of the first `known` slots moved, because a
   * late event gave it another row.
   */
  write(slots: Int32Array, groups: Int32Array, rows: Int32Array, known: number): boolean {
    const places = new Int32Array(slots.length)
    let hasMoved = false
    for (let i = 0; i < places.length; i++) {
      const place = this.#numberOf(groups[i]!, rows[i]!)
      places[i] = place
      const slot = slots[i]!
      if (slot < known && this.#placeOf.at(slot) !== place) hasMoved = true
    }
    this.#placeOf.write(slots, places)
    return hasMoved
  }

  clear(): void {
    this.#placeOf.clear()
    this.#groups.length = 0
    this.#rows.length = 0
    this.#numbers.length = 0
  }

  #numberOf(group: number, row: number): number {
    const rows = (this.#numbers[group] ??= [])
    const known = rows[row]
    if (known !== undefined) return known
    this.#rows.push(row)
    return (rows[row] = this.#groups.push(group) - 1)
  }
}
