/**
 * Matches the bytes between JSON values with a trie built from earlier lines. Writers put the same bytes
 * between the values of every line. Once such a gap is parsed, later lines recognize it by comparing
 * bytes, four at a time:
 *
 *     {"event_type":"x_start","timestamp":1.5,"metadata":{"tool":"search","turn":3}}
 *     └────────────┘         └───────────┘   └──────────┘└──────┘        └──────┘
 *
 * A node of the trie is a gap; its children are the gaps that followed it.
 */

/** Limit of memory, for input whose lines all differ. */
const MAX_GAPS = 2048
/** To compare more children one by one takes longer than to parse the gap. */
const MAX_CHILDREN = 8
/** Longer gaps have an unusual key or much white space. */
const MAX_GAP_BYTES = 64

/** A gap and its children. The root is not a gap itself. */
export class GapNode {
  readonly size: number
  /** The key in the gap, a number of the caller. */
  readonly key: number
  /** The bytes of the gap, four in a word. Only the bits in `#lastMask` count in the last word. */
  readonly #words: Int32Array
  readonly #lastMask: number
  #firstChild: GapNode | undefined
  #childCount = 0
  /** The next child of the same parent. */
  #sibling: GapNode | undefined

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

  static root(): GapNode {
    return new GapNode(new Uint8Array(0), -1)
  }

  /** The child whose bytes are at `at`, followed by at least one more byte; undefined = none. */
  next(view: DataView, at: number, to: number): GapNode | undefined {
    let gap = this.#firstChild
    while (gap !== undefined && !gap.#isAt(view, at, to)) gap = gap.#sibling
    return gap
  }

  #isAt(view: DataView, from: number, to: number): boolean {
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

  /** Adds a child; false = the node has too many. */
  add(gap: GapNode): boolean {
    if (this.#childCount === MAX_CHILDREN) return false
    this.#childCount++
    gap.#sibling = this.#firstChild
    this.#firstChild = gap
    return true
  }
}

/** Adds gaps to tries and limits their number. */
export class GapLearner {
  #count = 0
  /** Returned for all gaps that are not stored. It has no children. */
  readonly #notStored = GapNode.root()

  /** Adds a gap as a child of `previous`, unless a limit is reached, and returns its node. */
  learn(previous: GapNode, bytes: Uint8Array, key: number): GapNode {
    const hasRoom = this.#count < MAX_GAPS && bytes.length <= MAX_GAP_BYTES
    if (previous === this.#notStored || !hasRoom) return this.#notStored
    const gap = new GapNode(bytes, key)
    if (!previous.add(gap)) return this.#notStored
    this.#count++
    return gap
  }
}
