/**
 * Which keys can be offered for grouping. Lines are looked at whole while the log is young and here
 * and there later on: a key worth grouping by is in many of them. One with nearly as many values as
 * lines (an id, a text) names spans, not groups of them, and is left out.
 */
import { BUILT_IN_GROUP_KEYS, groupableText, parseLine, splitEventType } from '@wattline/trace'

/** So much of a log's beginning is looked at line by line, and then so many lines of each chunk. */
const WHOLE_BYTES = 256 * 1024
const LINES_A_CHUNK = 4
const LONGEST_LINE_BYTES = 64 * 1024

const MAX_KEYS = 48
const MAX_VALUES = 500
const LF = 10

export class GroupKeys {
  readonly #values = new Map<string, Set<string>>()
  readonly #dropped = new Set<string>()
  readonly #utf8 = new TextDecoder()
  #seenBytes = 0

  /** Looks at a chunk of the log, cut anywhere; only lines that lie whole in it count. */
  sample(chunk: Uint8Array): void {
    const isYoung = this.#seenBytes < WHOLE_BYTES
    this.#seenBytes += chunk.length
    const strideBytes = isYoung ? 0 : Math.floor(chunk.length / LINES_A_CHUNK)
    // A chunk of the young log may begin inside a line; such a rest is no JSON and tells nothing.
    let from = isYoung ? 0 : chunk.indexOf(LF) + 1
    for (let taken = 0; isYoung || taken < LINES_A_CHUNK; taken++) {
      const end = chunk.indexOf(LF, from)
      if (end === -1) return
      if (end - from <= LONGEST_LINE_BYTES) this.#note(chunk.subarray(from, end))
      from = strideBytes === 0 ? end + 1 : chunk.indexOf(LF, Math.max(end, from + strideBytes)) + 1
      if (from === 0) return
    }
  }

  /** Keys that can be picked: the built-in ones, then those of the metadata by name. */
  offered(): string[] {
    const found = [...this.#values.keys()].filter((key) => !BUILT_IN_GROUP_KEYS.includes(key))
    return [...BUILT_IN_GROUP_KEYS, ...found.sort()]
  }

  #note(bytes: Uint8Array): void {
    const line = parseLine(this.#utf8.decode(bytes))
    if (line.type !== 'event' || splitEventType(line.event.event_type).phase === 'end') return
    for (const [key, value] of Object.entries(line.event.metadata)) {
      const text = groupableText(value)
      if (text !== undefined) this.#noteValue(key, text)
    }
  }

  #noteValue(key: string, text: string): void {
    if (this.#dropped.has(key)) return
    let values = this.#values.get(key)
    if (values === undefined) {
      if (this.#values.size >= MAX_KEYS) return
      values = new Set()
      this.#values.set(key, values)
    }
    values.add(text)
    if (values.size <= MAX_VALUES) return
    this.#values.delete(key)
    this.#dropped.add(key)
  }
}
