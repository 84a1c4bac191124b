/** The places where spans run: host, device, cloud or not. Energy of a source goes to spans of its place. */

/** Text numbers of PLACE_KEYS. */
export type Place = readonly [host: number, device: number, isCloud: number]

const UNKNOWN_PLACE: Place = [0, 0, 0]

/** Stores equal places once, by number; 0 is the unknown place. */
export class PlaceTable {
  readonly #places: Place[] = [UNKNOWN_PLACE]
  readonly #ids = new Map<string, number>()
  /** The last result: the next event is often at the same place. */
  #last = 0

  get count(): number {
    return this.#places.length
  }

  place(id: number): Place {
    return this.#places[id] ?? UNKNOWN_PLACE
  }

  /** The number of a place, new if needed. `place` has the text numbers of PLACE_KEYS. */
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
