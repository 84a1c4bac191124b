/**
 * What writers put between the values of a line is the same again and again. Once it is understood, it
 * is kept with what it says, and known later by its bytes alone, four at a time:
 *
 *     {"event_type":"x_start","timestamp":1.5,"metadata":{"tool":"search","turn":3}}
 *     └────────────┘         └───────────┘   └──────────┘└──────┘        └──────┘
 *
 * Gaps form a tree, in which each is followed by those that were seen behind it.
 */

/** What has so many different ones is no log. */
const MOST_GAPS = 2048
/** To look at more one by one takes longer than to understand the line again. */
const MOST_BRANCHES = 8
/** Longer ones have an odd key, or much white space. */
const MOST_BYTES = 64

/** A gap, and in the tree all that is known behind it. A root is one that is no gap itself. */
export class Gap {
  readonly size: number
  /** What the tree's owner takes the key in it for. */
  readonly key: number
  /** Its bytes, four in one. Of the last of them, what is in the mask counts. */
  readonly #words: Int32Array
  readonly #lastMask: number
  #first: Gap | undefined
  #branches = 0
  /** The next one behind the same gap. */
  #sibling: Gap | undefined

  constructor(bytes: Uint8Array, key: number) {
    const padded = new Uint8Array((bytes.length + 3) & ~3)
    padded.set(bytes)
    const view = new DataView(padded.buffer)
    this.size = bytes.length
    this.key = key
    this.#words = Int32Array.from({ length: padded.length / 4 }, (_, index) =>
      view.getInt32(index * 4, true),
    )
    this.#lastMask = -1 >>> (8 * (padded.length - bytes.length))
  }

  static root(): Gap {
    return new Gap(new Uint8Array(0), -1)
  }

  /** The gap behind this one that stands at `at`, with something behind it; undefined = none that is known. */
  next(view: DataView, at: number, to: number): Gap | undefined {
    let gap = this.#first
    while (gap !== undefined && !gap.#standsAt(view, at, to)) gap = gap.#sibling
    return gap
  }

  #standsAt(view: DataView, from: number, to: number): boolean {
    const words = this.#words
    const last = words.length - 1
    const lastAt = from + last * 4
    if (lastAt + 4 >= to) return false
    if (((view.getInt32(lastAt, true) ^ words[last]!) & this.#lastMask) !== 0) return false
    for (let index = 0, at = from; index < last; index++, at += 4) {
      if (view.getInt32(at, true) !== words[index]) return false
    }
    return true
  }

  /** Says whether there was room for it. */
  add(gap: Gap): boolean {
    if (this.#branches === MOST_BRANCHES) return false
    this.#branches++
    gap.#sibling = this.#first
    this.#first = gap
    return true
  }
}

/** Makes the gaps of some trees, and not too many of them. */
export class GapMaker {
  #count = 0
  /** Stands for all that are not kept: nothing is known behind it. */
  readonly #unkept = Gap.root()

  /** The gap of these bytes; from now on it is known behind `previous`. */
  learn(previous: Gap, bytes: Uint8Array, key: number): Gap {
    const hasRoom = this.#count < MOST_GAPS && bytes.length <= MOST_BYTES
    if (previous === this.#unkept || !hasRoom) return this.#unkept
    const gap = new Gap(bytes, key)
    if (!previous.add(gap)) return this.#unkept
    this.#count++
    return gap
  }
}
