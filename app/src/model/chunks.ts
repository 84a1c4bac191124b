/**
 * Growing columns of numbers by slot. They grow by whole chunks, so nothing is ever copied, no
 * patch costs more than it brings, and what is reserved and not used is less than one chunk.
 *
 * ```
 *   slot  0 ─────── 16383 │ 16384 ────── 32767 │ 32768 ──
 *         [   chunk 0    ]  [    chunk 1      ]  [ chunk 2
 * ```
 */
const CHUNK_SHIFT = 14
const CHUNK_SLOTS = 1 << CHUNK_SHIFT
const CHUNK_MASK = CHUNK_SLOTS - 1

type Chunk = Float64Array | Int32Array | Uint16Array | Uint8Array

/** What readers see of a column. A slot that was never written is 0. */
export interface Column {
  at(slot: number): number
}

/**
 * Each kind of number is a class of its own: an access that meets one kind of array only is what
 * the compiler turns into plain loads.
 */
export abstract class Chunked<T extends Chunk = Chunk> implements Column {
  protected readonly chunks: T[] = []

  abstract at(slot: number): number
  protected abstract create(): T

  /** Writes `values[i]` at `slots[i]`. New spans come as runs of slots, which are one copy a chunk. */
  write(slots: Int32Array, values: T): void {
    for (let from = 0; from < slots.length;) {
      const slot = slots[from]!
      const limit = Math.min(slots.length, from + CHUNK_SLOTS - (slot & CHUNK_MASK))
      let to = from + 1
      while (to < limit && slots[to] === slot + to - from) to++
      const chunk = this.chunkOf(slot)
      if (to - from === 1) chunk[slot & CHUNK_MASK] = values[from]!
      else chunk.set(values.subarray(from, to), slot & CHUNK_MASK)
      from = to
    }
  }

  clear(): void {
    this.chunks.length = 0
  }

  private chunkOf(slot: number): T {
    const at = slot >> CHUNK_SHIFT
    while (this.chunks.length <= at) this.chunks.push(this.create())
    return this.chunks[at]!
  }
}

export class Float64Column extends Chunked<Float64Array> {
  at(slot: number): number {
    const chunk = this.chunks[slot >> CHUNK_SHIFT]
    return chunk === undefined ? 0 : chunk[slot & CHUNK_MASK]!
  }

  protected create(): Float64Array {
    return new Float64Array(CHUNK_SLOTS)
  }
}

export class Int32Column extends Chunked<Int32Array> {
  at(slot: number): number {
    const chunk = this.chunks[slot >> CHUNK_SHIFT]
    return chunk === undefined ? 0 : chunk[slot & CHUNK_MASK]!
  }

  protected create(): Int32Array {
    return new Int32Array(CHUNK_SLOTS)
  }
}

export class Uint16Column extends Chunked<Uint16Array> {
  at(slot: number): number {
    const chunk = this.chunks[slot >> CHUNK_SHIFT]
    return chunk === undefined ? 0 : chunk[slot & CHUNK_MASK]!
  }

  protected create(): Uint16Array {
    return new Uint16Array(CHUNK_SLOTS)
  }
}

export class Uint8Column extends Chunked<Uint8Array> {
  at(slot: number): number {
    const chunk = this.chunks[slot >> CHUNK_SHIFT]
    return chunk === undefined ? 0 : chunk[slot & CHUNK_MASK]!
  }

  protected create(): Uint8Array {
    return new Uint8Array(CHUNK_SLOTS)
  }
}
