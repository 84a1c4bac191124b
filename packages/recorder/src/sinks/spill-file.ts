/**
 * The outbox's room on disk (Node): temporary files, written at the end, read from the front.
 *
 * ```
 * ░░░░░░▓▓▓▓ │ ▓▓▓▓▓▓▓▓▓▓ │ ▓▓▓▓
 * read, not    next          push() writes here
 * yet freed
 * ```
 *
 * Several files, because a file gives back its front only as a whole: a recorder that drains while
 * it records would fill a single one with what was read long ago. They are written and read without
 * a queue of their own, 64 KiB at a time into the page cache: the agent may be recording in a loop
 * that never yields, and memory has just been found full.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BATCH_BYTES } from './batch.ts'
import type { Spill } from './outbox.ts'
import type { Batch } from './sink.ts'
import { SpillSegment } from './spill-segment.ts'

const MAX_SEGMENTS = 16

export class SpillFile implements Spill {
  readonly #path: string
  readonly #maxBytes: number
  readonly #segmentBytes: number
  #segments: SpillSegment[] = []
  #made = 0

  /** Nothing is created before the first `push`. */
  constructor(name: string, maxBytes: number, folder: string = tmpdir()) {
    this.#path = join(folder, name)
    this.#maxBytes = maxBytes
    this.#segmentBytes = Math.max(BATCH_BYTES, Math.ceil(maxBytes / MAX_SEGMENTS))
  }

  get isEmpty(): boolean {
    return this.#segments.every((segment) => segment.isEmpty)
  }

  get count(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.count, 0)
  }

  push(batch: Batch): void {
    const taken = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
    if (taken + batch.bytes.length > this.#maxBytes) {
      throw new RangeError(`spill of ${this.#maxBytes} bytes is full`)
    }
    this.#lastSegment().push(batch)
  }

  shift(): Batch {
    const [segment] = this.#segments
    if (segment === undefined) throw new RangeError('the spill is empty')
    const batch = segment.shift()
    if (!segment.isEmpty) return batch
    if (this.#segments.length === 1) segment.startOver()
    else {
      segment.close()
      this.#segments.shift()
    }
    return batch
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
    this.#segments = []
  }

  #lastSegment(): SpillSegment {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.bytes < this.#segmentBytes) return last
    const segment = new SpillSegment(`${this.#path}-${(this.#made += 1)}.spill`)
    this.#segments.push(segment)
    return segment
  }
}
