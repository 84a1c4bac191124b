/**
 * Which known slots changed in which version, as far back as is worth keeping: an index that was away
 * for longer is cheaper to build anew than to repair. New slots need no journal: there are more of them.
 */
const MAX_PATCHES = 512
const MAX_SLOTS = 262_144

interface Entry {
  readonly version: number
  readonly slots: Int32Array
}

export class ChangeHistory {
  #entries: Entry[] = []
  #slotCount = 0
  /** The journal knows every change after this version. */
  #knownFrom = 0

  /** Notes that `version` changed those of `slots` that there were: below `count`. Versions grow. */
  add(version: number, changed: Int32Array, count: number): void {
    const slots = changed.filter((slot) => slot < count)
    if (slots.length === 0) return
    this.#entries.push({ version, slots })
    this.#slotCount += slots.length
    while (this.#entries.length > MAX_PATCHES || this.#slotCount > MAX_SLOTS) this.#dropOldest()
  }

  /** Nothing before `version` is known any more. */
  forget(version: number): void {
    this.#entries = []
    this.#slotCount = 0
    this.#knownFrom = version
  }

  /** Slots changed after `version`, with repeats; undefined when that is too long ago. */
  since(version: number): Iterable<number> | undefined {
    if (version < this.#knownFrom) return undefined
    return slotsOf(this.#entries, version)
  }

  #dropOldest(): void {
    const oldest = this.#entries.shift()
    if (oldest === undefined) return
    this.#slotCount -= oldest.slots.length
    this.#knownFrom = oldest.version
  }
}

function* slotsOf(entries: readonly Entry[], version: number): Iterable<number> {
  for (const entry of entries) if (entry.version > version) yield* entry.slots
}
