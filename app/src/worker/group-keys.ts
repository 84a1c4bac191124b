/**
 * Finds the metadata keys that can be offered for grouping. Reads every line at the start of the log and
 * a sample of the later lines, since a useful key is in many lines. Leaves out ids, and keys with
 * too many values or a different one in nearly every line: they name spans, not groups.
 */
import {
  BUILT_IN_GROUP_KEYS,
  groupableText,
  isLinkKey,
  parseLine,
  splitEventType,
} from '@wattline/trace'

/** Every line of this much of the log is read, then a few lines of each chunk. */
const WHOLE_BYTES = 256 * 1024
const LINES_A_CHUNK = 4
const LONGEST_LINE_BYTES = 64 * 1024

const MAX_KEYS = 48
const MAX_VALUES = 500
/** A key that is in at least this many lines needs values that are in several lines. */
const JUDGED_LINES = 10
const MOST_VALUES_A_LINE = 0.9
const LF = 10

export class GroupKeys {
  readonly #values = new Map<string, { readonly texts: Set<string>; lines: number }>()
  readonly #dropped = new Set<string>()
  readonly #utf8 = new TextDecoder()
  #seenBytes = 0

  /** Reads a chunk of the log, cut anywhere; only whole lines count. */
  sample(chunk: Uint8Array): void {
    const isStart = this.#seenBytes < WHOLE_BYTES
    this.#seenBytes += chunk.length
    const strideBytes = isStart ? 0 : Math.floor(chunk.length / LINES_A_CHUNK)
    // Early chunks may start inside a line, whose rest is not JSON and is ignored.
    let from = isStart ? 0 : chunk.indexOf(LF) + 1
    for (let count = 0; isStart || count < LINES_A_CHUNK; count++) {
      const end = chunk.indexOf(LF, from)
      if (end === -1) return
      if (end - from <= LONGEST_LINE_BYTES) this.#addLine(chunk.subarray(from, end))
      from = strideBytes === 0 ? end + 1 : chunk.indexOf(LF, Math.max(end, from + strideBytes)) + 1
      if (from === 0) return
    }
  }

  /** The built-in keys, then the metadata keys by name. */
  offered(): string[] {
    const found = [...this.#values]
      .filter(
        ([, { texts, lines }]) => lines < JUDGED_LINES || texts.size <= lines * MOST_VALUES_A_LINE,
      )
      .map(([key]) => key)
    return [...BUILT_IN_GROUP_KEYS, ...found.sort()]
  }

  #addLine(bytes: Uint8Array): void {
    const line = parseLine(this.#utf8.decode(bytes))
    if (line.type !== 'event' || splitEventType(line.event.event_type).phase === 'end') return
    for (const [key, value] of Object.entries(line.event.metadata)) {
      const text = groupableText(value)
      if (text !== undefined) this.#addValue(key, text)
    }
  }

  #addValue(key: string, text: string): void {
    if (this.#dropped.has(key) || isLinkKey(key) || BUILT_IN_GROUP_KEYS.includes(key)) return
    let values = this.#values.get(key)
    if (values === undefined) {
      if (this.#values.size >= MAX_KEYS) return
      values = { texts: new Set(), lines: 0 }
      this.#values.set(key, values)
    }
    values.lines++
    values.texts.add(text)
    if (values.texts.size <= MAX_VALUES) return
    this.#values.delete(key)
    this.#dropped.add(key)
  }
}
