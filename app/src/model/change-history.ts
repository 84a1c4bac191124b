/**
 * Records which existing slots changed in which version, for indexes that update themselves. It is
 * limited, since an index that is far behind is cheaper to rebuild. New slots are not recorded: readers
 * see them by the count.
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
  /** All changes after this version are recorded. */
  #knownFrom = 0

  /** Records that `version` changed those of `slots` that are below `count`. Versions increase. */
  add(version: number, changed: Int32Array, count: number): void {
    const slots = changed.filter((slot) => slot < count)
    if (slots.length === 0) return
    this.#entries.push({ version, slots })
    this.#slotCount += slots.length
    while (this.#entries.length > MAX_PATCHES || this.#slotCount > MAX_SLOTS) this.#dropOldest()
  }

  /** Drops all changes up to `version`. */
  restart(version: number): void {
    this.#entries = []
    this.#slotCount = 0
    this.#knownFrom = version
  }

  /** Slots that changed after `version`, possibly repeated; undefined if that is too long ago. */
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
