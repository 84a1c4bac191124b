/** Places: where a span says it ran (host, device, a cloud), each combination numbered once. */

/** Text numbers of PLACE_KEYS. */
export type Place = readonly [host: number, device: number, isCloud: number]

const NOWHERE: Place = [0, 0, 0]

/** Numbers equal places once; 0 is the place that says nothing. */
export class PlaceTable {
  readonly #places: Place[] = [NOWHERE]
  readonly #ids = new Map<string, number>()
  /** Found last, and likely to be asked for again. */
  #last = 0

  get count(): number {
    return this.#places.length
  }

  place(id: number): Place {
    return this.#places[id] ?? NOWHERE
  }

  /** The number of a place given as text numbers, one a key. */
  id(place: ArrayLike<number>): number {
    const host = place[0]!
    const device = place[1]!
    const isCloud = place[2]!
    if (host === 0 && device === 0 && isCloud === 0) return 0
    const last = this.#places[this.#last]!
    if (last[0] === host && last[1] === device && last[2] === isCloud) return this.#last
    const key = `${host},${device},${isCloud}`
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = this.#places.push([host, device, isCloud]) - 1
      this.#ids.set(key, id)
    }
    this.#last = id
    return id
  }
}
