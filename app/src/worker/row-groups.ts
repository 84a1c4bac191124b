/** Names the groups of rows, and stores the values of a group key that the trace does not keep. */
import {
  groupUnder,
  Int32Column,
  kindLabel,
  shortModel,
  type Interner,
  type Mark,
  type OwnValue,
  type Span,
} from '@wattline/trace'

/** A key with more values than this names spans, not groups: the rest becomes one group. */
const MAX_VALUES = 500

/** How the values of a key are shortened in labels. */
const SHORT_NAMES: ReadonlyMap<string, (value: string) => string> = new Map([
  ['kind', kindLabel],
  ['model', shortModel],
])

/**
 * The values of one metadata key, by slot of the span or position of the point. They are filled
 * while the log is read, or by reading it again.
 */
export class KeyValues {
  readonly key: string
  readonly #texts: Interner
  readonly #ofSpan = new Int32Column()
  readonly #ofPoint = new Map<number, number>()

  /** @param texts gives values their numbers; 0 = none */
  constructor(key: string, texts: Interner) {
    this.key = key
    this.#texts = texts
  }

  setSpan(slot: number, value: number): void {
    if (value !== 0) this.#ofSpan.set(slot, value)
  }

  setPoint(position: number, value: number): void {
    if (value !== 0) this.#ofPoint.set(position, value)
  }

  of(item: Span | Mark): string | undefined {
    const value = 'startS' in item ? this.#ofSpan.at(item.slot) : this.#ofPoint.get(item.position)
    return value === undefined || value < 0 ? undefined : this.#texts.text(value)
  }
}

/** The group of a span or mark under `key`; `values` are those of a key the trace does not keep. */
export function groupOf(key: string, values: KeyValues | undefined): OwnValue {
  return groupUnder(key, values?.key === key ? (item) => values.of(item) : undefined)
}

/**
 * The label of a span's or mark's row group; items without a group share one. Kinds and models get
 * the short names that bars have; a second model with the same short name keeps its full name.
 */
export function rowGroupOf(
  key: string,
  values: KeyValues | undefined,
): (item: Span | Mark) => string {
  const valueOf = groupOf(key, values)
  const shorten = SHORT_NAMES.get(key)
  const labels = new Map<string, string>()
  const used = new Set<string>()
  return (item) => {
    const value = valueOf(item)
    if (value === undefined) return `Events without ${key}`
    let label = labels.get(value)
    if (label === undefined) {
      if (labels.size >= MAX_VALUES) return `Other values of ${key}`
      const short = shorten?.(value) ?? value
      label = used.has(short) ? value : short
      labels.set(value, label)
      used.add(label)
    }
    return label
  }
}
